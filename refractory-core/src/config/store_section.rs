//! `[store]`.
use serde::{Deserialize, Serialize};

use super::{Complaint, Doc, Section};
use crate::Secret;

/// `[store]`: where everything is written down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The database; may hold a password. `SQLite` in the data folder where `None`.
    #[serde(skip_serializing)]
    pub url: Option<Secret>,
}

impl StoreConfig {
    /// What comes before `://`; `sqlite` where nothing is set.
    pub fn scheme(&self) -> &str {
        let url = self.url.as_ref().map_or("sqlite:", Secret::expose);
        url.split_once(':').map_or(url, |(scheme, _)| scheme)
    }
}

impl Section for StoreConfig {
    const NAME: &'static str = "store";
    const ABOUT: &'static str = "The database.";
    const KEYS: &'static [Doc] =
        &[Doc::new("url", "The URL of the database. The default is SQLite in the data folder.")
            .example("\"postgres://refractory:password@localhost/refractory\"")
            .secret()];

    fn validate(&self) -> Result<(), Vec<Complaint>> {
        match self.scheme() {
            "sqlite" | "postgres" | "postgresql" => Ok(()),
            _ => Err(vec![Complaint::about(
                "url",
                "this begins with neither `sqlite:` nor `postgres:`; write \"sqlite:///path/of/a/file\" or \"postgres://user:password@host/database\".",
            )]),
        }
    }
}
