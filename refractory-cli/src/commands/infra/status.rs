//! `infra status`.
use anyhow::Result;
use refractory_aws::infra::{Drift, RetainedData, Status as Ground};
use serde_json::{Value, json};

use super::site::{Site, dollars};
use crate::args::infra::Status;
use crate::exit::Exit;
use crate::output::{Out, Spinner};

pub(super) async fn run(site: &Site<'_>, args: &Status) -> Result<Exit> {
    let infra = site.infra().await?;
    let spinner =
        Spinner::begin(site.desk.out, "looking at the stack, and for what differs from it");
    let status = infra.status(!args.quick).await;
    spinner.finish();
    let status = status?;
    if site.desk.out.is_json() {
        Out::value(&value(site, &status))?;
    } else {
        show(site, &status)?;
    }
    Ok(if status.attention.is_some() { Exit::Attention } else { Exit::Done })
}

fn show(site: &Site<'_>, status: &Ground) -> Result<()> {
    let row = |head: &str, text: String| vec![head.to_owned(), text];
    let mut rows = vec![row(
        "stack",
        format!("{} ({})", site.name(), status.stack.as_deref().unwrap_or("none")),
    )];
    rows.extend(status.changed.or(status.made).map(|at| row("changed", at.to_string())));
    let chosen =
        status.parameters.iter().filter(|(name, value)| !value.is_empty() && *name != "Deployment");
    let chosen: Vec<_> = chosen.map(|(name, value)| format!("{name} = {value}")).collect();
    if !chosen.is_empty() {
        rows.push(row("chosen", chosen.join("\n")));
    }
    rows.extend(status.outputs.get("Url").map(|url| row("portal", url.clone())));
    rows.extend(status.data.iter().map(|kept| row("data", kept_words(kept))));
    rows.push(row("drift", drift_words(&status.drift)));
    rows.extend(status.attention.iter().map(|sentence| row("to do", sentence.clone())));
    Out::table(&[], rows.into_iter())
}

/// A piece of data in one line.
pub(super) fn kept_words(kept: &RetainedData) -> String {
    let size =
        kept.bytes.map(|bytes| format!(", {} MiB", bytes.div_ceil(1 << 20))).unwrap_or_default();
    format!("{}: {}{size}, about {} a month", kept.what, kept.handle, dollars(kept.cents))
}

/// A piece of data for programs.
pub(super) fn kept_value(kept: &RetainedData) -> Value {
    json!({ "what": kept.what, "handle": kept.handle, "bytes": kept.bytes, "cents_a_month": kept.cents })
}

fn drift_words(drift: &Drift) -> String {
    match drift {
        Drift::Unknown => "not looked for".to_owned(),
        Drift::None => "none".to_owned(),
        Drift::Some(all) => {
            let each = all.iter().map(|one| match &one.what {
                Some(what) => format!("{} was changed by hand: {}", one.name, what.join(", ")),
                None => format!("{} was removed by hand", one.name),
            });
            each.collect::<Vec<_>>().join("\n")
        }
    }
}

fn value(site: &Site<'_>, status: &Ground) -> Value {
    let drift = match &status.drift {
        Drift::Unknown => Value::Null,
        Drift::None => json!([]),
        Drift::Some(all) => {
            all.iter().map(|one| json!({ "name": one.name, "kind": one.kind, "what": one.what, "gone": one.what.is_none() })).collect()
        }
    };
    json!({
        "stack": site.name(),
        "status": status.stack,
        "stands": status.is_ready,
        "attention": status.attention,
        "made": status.made.map(|at| at.to_string()),
        "changed": status.changed.map(|at| at.to_string()),
        "parameters": status.parameters,
        "outputs": status.outputs,
        "data": status.data.iter().map(kept_value).collect::<Vec<_>>(),
        "drift": drift,
    })
}
