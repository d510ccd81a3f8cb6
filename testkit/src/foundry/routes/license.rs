//! `/license`: the key, and the human's yes.
use serde_json::{Map, json};

use crate::foundry::http::{Fields, Reply, page, redirect};
use crate::foundry::launch::launch_at_start;
use crate::foundry::license::{LicenseState, plain_key, signature_of};
use crate::foundry::pages;
use crate::foundry::signing;
use crate::foundry::state::FoundryState;
use std::sync::Arc;

/// The form for the key, or the agreement.
pub(super) fn show(table: &FoundryState) -> Reply {
    match table.standing() {
        LicenseState::Signed => redirect(&table.prefixed("/")),
        LicenseState::NoKey => page(pages::license_key(table)),
        LicenseState::Unsigned | LicenseState::Rejected => page(pages::agreement(table)),
    }
}

/// A key entered, or the agreement accepted.
pub(super) async fn submit(table: &Arc<FoundryState>, fields: &Fields) -> Reply {
    if fields.text("action") == "enterKey" {
        enter(table, fields.text("licenseKey"));
    } else if (fields.has("accept") || fields.is_on("agree")) && sign(table).await {
        return redirect(&table.prefixed("/setup"));
    }
    redirect(&table.prefixed("/license"))
}

fn enter(table: &FoundryState, typed: &str) {
    let Some(key) = plain_key(typed) else {
        return table.console.error("The software license key you have provided is invalid");
    };
    if let Err(why) = table.enter_key(key) {
        table.console.error(format!("license.json cannot be written: {why}"));
    }
}

/// Asks the site for a signature; without a site the stand-in signs.
async fn sign(table: &Arc<FoundryState>) -> bool {
    let Some(key) = table.license_key() else { return false };
    let behaviour = table.switches.now();
    let host = table.host();
    let signed = if behaviour.sign_fails {
        Err("the stand-in was told so".to_owned())
    } else if let Some(site) = &behaviour.site {
        signing::ask(site, &key, &host, table.program.version).await
    } else {
        Ok(Map::from_iter([("signature".to_owned(), signature_of(&key, &host).into())]))
    };
    match signed {
        Ok(signature) => keep(table, signature, &host),
        Err(why) => {
            table.console.error(format!("License signature could not be created: {why}"));
            false
        }
    }
}

fn keep(table: &Arc<FoundryState>, mut signed: Map<String, serde_json::Value>, host: &str) -> bool {
    signed.insert("host".into(), host.into());
    signed.insert("version".into(), json!(table.program.version.to_string()));
    if let Err(why) = table.keep_signature(signed) {
        table.console.error(format!("license.json cannot be written: {why}"));
        return false;
    }
    table.console.info(
        "License signature successfully created. Thank you and please enjoy Foundry Virtual \
         Tabletop.",
    );
    if let Some(world) = table.options.world.clone() {
        let launching = Arc::clone(table);
        table.tasks.spawn(async move { launch_at_start(&launching, &world).await });
    }
    true
}
