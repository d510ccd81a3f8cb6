//! `config`.
use anyhow::Result;
use serde_json::json;

use crate::args::rest::ConfigCommand;
use crate::compose::CliContext;
use crate::exit::Exit;
use crate::output::Out;

pub(crate) fn run(desk: &CliContext, command: &ConfigCommand) -> Result<Exit> {
    match command {
        ConfigCommand::Check => {
            desk.settings(None)?;
            desk.out.say("The configuration is valid.", &json!({ "ok": true }))?;
        }
        ConfigCommand::Show => show(desk)?,
        ConfigCommand::Example => Out::line(desk.schema().example().trim_end())?,
    }
    Ok(Exit::Done)
}

fn show(desk: &CliContext) -> Result<()> {
    let rows: Vec<_> = desk
        .settings(None)?
        .show()
        .into_iter()
        .map(|shown| {
            let value = json!({ "key": shown.key, "value": shown.value, "from": shown.from });
            (value, vec![shown.key, shown.value.unwrap_or_default(), shown.from])
        })
        .collect();
    desk.out.list(&["key", "value", "from"], &rows, "No keys are set.")
}
