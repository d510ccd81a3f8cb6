//! `infra deploy`, `infra diff`.
use anyhow::{Result, bail};
use refractory_aws::infra::{Change, Infra, Proposal, ProposalKind};
use serde::Serialize;
use serde_json::json;

use super::progress::StackReporter;
use super::site::Site;
use crate::args::infra::{Chosen, Deploy};
use crate::exit::Exit;
use crate::input;
use crate::output::{Failure, Out, Spinner};

/// A change as programs are shown it.
#[derive(Debug, Serialize)]
struct ChangeJson {
    action: &'static str,
    name: String,
    kind: String,
    handle: Option<String>,
    what: Vec<String>,
    data: bool,
    loses_data: bool,
}

impl From<&Change> for ChangeJson {
    fn from(change: &Change) -> Self {
        Self {
            action: change.action.label(),
            name: change.name.clone(),
            kind: change.kind.clone(),
            handle: change.resource_id.clone(),
            what: change.properties.clone(),
            data: change.is_data,
            loses_data: change.loses_data(),
        }
    }
}

pub(super) async fn diff(site: &Site<'_>, args: Chosen) -> Result<Exit> {
    let infra = site.infra().await?;
    let spinner = Spinner::begin(site.desk.out, "asking CloudFormation what would change");
    let proposal = infra.propose(&args.choices(&site.config)).await;
    if let Ok(Some(proposal)) = &proposal {
        infra.cancel(proposal).await?;
    }
    spinner.finish();
    let Some(proposal) = proposal? else {
        let said = format!("No changes: `{}` is up to date.", site.name());
        site.desk.out.say(&said, &json!({ "kind": "none", "changes": [] }))?;
        return Ok(Exit::Done);
    };
    if site.desk.out.is_json() {
        Out::value(&json!({ "kind": kind(proposal.kind), "changes": changes(&proposal) }))?;
    } else {
        show(site, &proposal, Out::line)?;
    }
    Ok(Exit::Done)
}

pub(super) async fn deploy(site: &Site<'_>, args: Deploy) -> Result<Exit> {
    let infra = site.infra().await?;
    let choices = args.chosen.choices(&site.config);
    let mut done = Vec::new();
    loop {
        let mut reporter = StackReporter::begin(site.desk.out, "looking at the stack");
        infra.prepare(&mut |progress| reporter.report(progress)).await?;
        let proposal = infra.propose(&choices).await;
        drop(reporter);
        let Some(proposal) = proposal? else { break };
        if let Err(error) = agreed(site, &proposal, args.yes, args.part_with_data) {
            infra.cancel(&proposal).await?;
            return Err(error);
        }
        let mut reporter = StackReporter::begin(site.desk.out, "beginning");
        infra.apply(&proposal, &mut |progress| reporter.report(progress)).await?;
        drop(reporter);
        done.extend(changes(&proposal));
        if proposal.kind != ProposalKind::Adopt {
            break;
        }
    }
    finish(site, &infra, &done).await
}

async fn finish(site: &Site<'_>, infra: &Infra, done: &[ChangeJson]) -> Result<Exit> {
    let status = infra.status(false).await?;
    let url = status.outputs.get("Url").cloned().unwrap_or_default();
    let said = if done.is_empty() {
        format!("No changes: `{}` is up to date.", site.name())
    } else if status.parameters.get("Image").is_some_and(|image| !image.is_empty()) {
        format!("`{}` is deployed. Portal: {url}", site.name())
    } else {
        format!(
            "`{}` is deployed. Next: run the portal there with `refractory infra deploy --image IMAGE`, or here with `backend = \"aws\"` in `[core]` and `refractory up`.",
            site.name()
        )
    };
    site.desk.out.say(
        &said,
        &json!({ "stack": site.name(), "url": url, "changes": done, "outputs": status.outputs }),
    )?;
    Ok(Exit::Done)
}

/// Shows what would happen, and hears whether it may.
fn agreed(site: &Site<'_>, proposal: &Proposal, yes: bool, part_with_data: bool) -> Result<()> {
    if !site.desk.out.is_json() {
        show(site, proposal, |line| {
            site.desk.out.note(line);
            Ok(())
        })?;
    }
    let losing: Vec<_> = proposal.changes.iter().filter(|change| change.loses_data()).collect();
    if !losing.is_empty() && !part_with_data {
        let names: Vec<_> = losing.iter().map(|change| format!("`{}`", change.name)).collect();
        bail!(Failure::new(
            Exit::Conflict,
            format!(
                "This would replace {} with something empty. The old data is kept, but the deployment would no longer use it. If you want that, add `--part-with-data`.",
                names.join(", ")
            )
        ));
    }
    if yes {
        return Ok(());
    }
    match input::line("Apply these changes? Type `yes` to continue: ")?.as_deref() {
        Some("yes" | "y") => Ok(()),
        Some(_) => bail!(Failure::new(Exit::Interrupted, "Nothing was changed.")),
        None => bail!(Failure::new(
            Exit::Invalid,
            "There is no terminal to confirm on. Add `--yes` to continue without asking."
        )),
    }
}

fn changes(proposal: &Proposal) -> Vec<ChangeJson> {
    proposal.changes.iter().map(ChangeJson::from).collect()
}

fn kind(kind: ProposalKind) -> &'static str {
    match kind {
        ProposalKind::Create => "create",
        ProposalKind::Adopt => "adopt",
        ProposalKind::Update => "update",
    }
}

fn show(
    site: &Site<'_>,
    proposal: &Proposal,
    mut line: impl FnMut(&str) -> Result<()>,
) -> Result<()> {
    let name = site.name();
    line(&match proposal.kind {
        ProposalKind::Create => format!("A new stack `{name}` with:"),
        ProposalKind::Adopt => format!(
            "A new stack `{name}` around data that an earlier one kept; everything else follows:"
        ),
        ProposalKind::Update => format!("In the stack `{name}`:"),
    })?;
    for change in &proposal.changes {
        let what = if change.properties.is_empty() {
            String::new()
        } else {
            format!(" ({})", change.properties.join(", "))
        };
        let data = match (change.is_data, change.loses_data()) {
            (_, true) => "   <- HOLDS DATA",
            (true, false) => "   holds data",
            (false, false) => "",
        };
        line(&format!(
            "  {:<11}  {:<22}  {}{what}{data}",
            change.action.label(),
            change.name,
            short(&change.kind)
        ))?;
    }
    if proposal.changes.is_empty() {
        line("  only its outputs")?;
    }
    Ok(())
}

/// `AWS::EFS::FileSystem` as `EFS FileSystem`.
fn short(kind: &str) -> String {
    kind.trim_start_matches("AWS::").replace("::", " ")
}
