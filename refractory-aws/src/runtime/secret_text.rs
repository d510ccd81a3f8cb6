//! The content of the launch secret.
use refractory_core::model::LicenseKey;
use refractory_core::ports::LaunchSpec;
use refractory_core::{Error, ErrorKind, Result, Secret};
use serde_json::{Map, Value};

/// The keys of the launch secret, as the task definition names them.
pub(super) const ADMIN_KEY: &str = "admin_key";
pub(super) const LICENSE: &str = "license";
pub(super) const RELEASE_URL: &str = "release_url";

/// The text of the launch secret: JSON. Each process that begins a launch writes another `beginning` into it, so that one that was begun
/// before differs from one that is begun now.
///
/// # Errors
///
/// `Invalid`: the license key is none.
pub(super) fn secret_text(
    spec: &LaunchSpec,
    release_url: Option<&str>,
    beginning: &str,
) -> Result<Secret> {
    let mut told = Map::new();
    told.insert("beginning".to_owned(), beginning.into());
    told.insert(ADMIN_KEY.to_owned(), spec.admin_key.expose().into());
    if let Some(license) = &spec.license {
        // As Foundry keeps it, so that the file of an earlier start is known again.
        let license = LicenseKey::new(license.expose())?;
        told.insert(LICENSE.to_owned(), license.expose().into());
    }
    if let Some(url) = release_url {
        told.insert(RELEASE_URL.to_owned(), url.into());
    }
    let text = serde_json::to_string(&Value::Object(told));
    text.map(Secret::new).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "writing what a launch is told").caused_by(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::fixtures;

    #[test]
    fn what_a_launch_is_told_is_what_the_definition_asks_for() {
        let text = secret_text(&fixtures::spec(), Some("https://bucket/release"), "1").unwrap();
        let told: Value = serde_json::from_str(text.expose()).unwrap();
        assert_eq!(told[ADMIN_KEY], "hush");
        assert_eq!(told[LICENSE], "ABCDEFGHIJKLMNOPQRST1239", "without dashes");
        assert_eq!(told[RELEASE_URL], "https://bucket/release");
        assert_eq!(format!("{text:?}"), "•••");
        let again = secret_text(&fixtures::spec(), Some("https://bucket/release"), "2").unwrap();
        assert_ne!(again, text, "whoever begins it anew says something else");
    }
}
