//! What the fake site knows.
use std::time::Duration;

use crate::foundry::license::plain_key;
use crate::foundry::prepare::LICENSE_KEY;
use crate::foundry::version::Version;

/// One account, its licenses, and the releases there are.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name, as the site spells it.
    pub username: String,
    /// The password.
    pub password: String,
    /// Keys with dashes, each with its name.
    pub licenses: Vec<(String, String)>,
    /// The releases to be had.
    pub releases: Vec<Version>,
    /// How long a download link is good for, in whole seconds; zero makes every link a dead one.
    pub link_life: Duration,
}

impl Default for Account {
    /// `Gamemaster` with password `sesame`, one license, the last release of each generation.
    fn default() -> Self {
        Self {
            username: "Gamemaster".into(),
            password: "sesame".into(),
            licenses: vec![(LICENSE_KEY.into(), "My license".into())],
            releases: Version::EACH_GENERATION.to_vec(),
            link_life: Duration::from_mins(5),
        }
    }
}

impl Account {
    /// Whether one of its licenses has this key, dashes or not.
    pub(super) fn owns(&self, key: &str) -> bool {
        let key = plain_key(key);
        key.is_some() && self.licenses.iter().any(|(owned, _)| plain_key(owned) == key)
    }

    /// The release with this build.
    pub(super) fn release(&self, build: u32) -> Option<Version> {
        self.releases.iter().copied().find(|version| version.build == build)
    }
}
