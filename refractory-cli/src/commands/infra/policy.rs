//! `infra policy`.
use anyhow::Result;
use refractory_aws::infra::policy::{self, PolicyScope, PolicySubject};
use serde_json::{Map, Value, json};

use super::site::Site;
use crate::args::infra::Policy;
use crate::exit::Exit;
use crate::output::Out;

pub(super) async fn run(site: &Site<'_>, args: Policy) -> Result<Exit> {
    let whose = PolicySubject::from(args.whose);
    let names = names(site, &args).await?;
    if args.why {
        return why(site, whose, &names);
    }
    let policies = policy::policies(whose, &names).into_iter();
    let all: Map<String, Value> = policies
        .map(|policy| (format!("{}-{}", site.name(), policy.name), policy.document))
        .collect();
    Out::value(&all)?;
    Ok(Exit::Done)
}

/// What the policies name: as it was said, or else as AWS says.
async fn names(site: &Site<'_>, args: &Policy) -> Result<PolicyScope> {
    let deployment = site.name();
    if let (Some(account), Some(region)) = (&args.account, &site.config.region) {
        return Ok(PolicyScope::new(deployment, region, account, args.zone.as_deref()));
    }
    let clients = site.clients().await?;
    let infra = site.infra().await?;
    let account = match &args.account {
        Some(account) => account.clone(),
        None => infra.account().await?,
    };
    let zone = match &args.zone {
        Some(zone) => Some(zone.clone()),
        None => infra.zone().await?,
    };
    Ok(PolicyScope::new(deployment, &clients.region, &account, zone.as_deref()))
}

fn why(site: &Site<'_>, whose: PolicySubject, names: &PolicyScope) -> Result<Exit> {
    let rows: Vec<_> = policy::reasons(whose, names)
        .into_iter()
        .map(|row| {
            let value =
                json!({ "policy": row.policy, "action": row.action, "on": row.on, "why": row.why });
            (value, vec![row.action.to_owned(), row.why.to_owned(), row.on.join("\n")])
        })
        .collect();
    site.desk.out.list(&["action", "why", "on"], &rows, "")?;
    Ok(Exit::Done)
}
