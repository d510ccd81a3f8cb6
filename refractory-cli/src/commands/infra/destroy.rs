//! `infra destroy`.
use anyhow::{Result, bail};
use refractory_aws::infra::{DestroyScope, Inventory};
use serde_json::{Value, json};

use super::progress::StackReporter;
use super::site::{Site, dollars};
use super::status::{kept_value, kept_words};
use crate::args::infra::Destroy;
use crate::exit::Exit;
use crate::input;
use crate::output::{Failure, Out, Spinner};

pub(super) async fn run(site: &Site<'_>, args: &Destroy) -> Result<Exit> {
    let infra = site.infra().await?;
    let spinner = Spinner::begin(site.desk.out, "looking at what there is");
    let survey = infra.inventory().await;
    spinner.finish();
    let survey = survey?;
    if survey.is_empty() || (survey.stack.is_none() && !args.with_data) {
        return told(site, &survey, false);
    }
    agreed(site, &survey, args)?;
    let extent = if args.with_data {
        DestroyScope::Everything { recovery: recovery(site) }
    } else {
        DestroyScope::Stack
    };
    let mut reporter = StackReporter::begin(site.desk.out, "beginning");
    let left = infra.destroy(extent, &mut |progress| reporter.report(progress)).await;
    drop(reporter);
    told(site, &left?, true)
}

/// The days for which deleted secrets can be brought back.
fn recovery(site: &Site<'_>) -> i64 {
    i64::try_from(site.config.recovery.get().as_secs() / 86_400).unwrap_or(30)
}

/// Shows what would go and what would stay, and hears the deployment's name.
fn agreed(site: &Site<'_>, survey: &Inventory, args: &Destroy) -> Result<()> {
    for line in shown(site, survey, args.with_data) {
        site.desk.out.note(&line);
    }
    let name = site.name();
    let typed =
        input::given_or_line(args.confirm.clone(), &format!("Type `{name}` to continue: "))?;
    match typed {
        Some(typed) if typed == name => Ok(()),
        Some(_) => bail!(Failure::new(
            Exit::Invalid,
            format!("The name doesn't match `{name}`. Nothing was changed.")
        )),
        None => bail!(Failure::new(
            Exit::Invalid,
            format!(
                "There is no terminal to confirm on. Add `--confirm {name}` to continue without asking."
            )
        )),
    }
}

fn shown(site: &Site<'_>, survey: &Inventory, data: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(count) = survey.stack {
        lines.push(format!(
            "Deletes the stack `{}`: {count} resources and every running table.",
            site.name()
        ));
    }
    let counted = survey.counted();
    if let Some(count) = counted.get("task") {
        lines.push(format!(
            "  {count} tasks are running. They are stopped first. To close worlds safely, run `refractory instance stop` before this."
        ));
    }
    if let Some(count) = counted.get("name") {
        lines.push(format!("  goes: {count} x name of a table"));
    }
    let word = if data { "goes, FOR GOOD" } else { "stays" };
    lines.extend(survey.data.iter().map(|kept| format!("  {word}: {}", kept_words(kept))));
    lines.extend(
        counted
            .into_iter()
            .filter(|(what, _)| !["name", "task"].contains(what))
            .map(|(what, count)| format!("  {word}: {count} x {what}")),
    );
    lines
}

fn told(site: &Site<'_>, left: &Inventory, done: bool) -> Result<Exit> {
    let value = json!({ "stack": left.stack, "kept": kept(left), "beside": left.counted(), "cents_a_month": left.cents() });
    let name = site.name();
    if left.is_empty() {
        let said = if done {
            format!("`{name}` was deleted completely.")
        } else {
            format!("Nothing of `{name}` exists in this account and region.")
        };
        site.desk.out.say(&said, &value)?;
        return Ok(Exit::Done);
    }
    if site.desk.out.is_json() {
        Out::value(&value)?;
        return Ok(Exit::Done);
    }
    Out::line(&format!(
        "The stack `{name}` was deleted. This data is kept, for about {} a month:",
        dollars(left.cents())
    ))?;
    for kept in &left.data {
        Out::line(&format!("  {}", kept_words(kept)))?;
    }
    for (what, count) in left.counted() {
        Out::line(&format!("  {count} x {what}"))?;
    }
    Out::line(
        "`refractory infra deploy` uses it again. `refractory infra destroy --with-data` deletes it permanently.",
    )?;
    Ok(Exit::Done)
}

fn kept(left: &Inventory) -> Vec<Value> {
    left.data.iter().map(kept_value).collect()
}
