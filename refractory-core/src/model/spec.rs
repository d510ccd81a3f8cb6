//! What an instance should be like.
use std::fmt;
use std::str::FromStr;

use super::{LicenseChoice, ReleaseChoice};
use crate::text::{is_obeyed, one_line, trimmed};
use crate::{Error, ErrorKind};

/// Why a text is not the id of a world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a world ID; use the name of the world's folder, without `/`, and not beginning with a dot"
)]
pub struct WorldIdError(String);

impl From<WorldIdError> for Error {
    fn from(error: WorldIdError) -> Self {
        let advice = error.to_string();
        Self::new(ErrorKind::Invalid, "reading the id of a world").advise(advice)
    }
}

/// The id of a Foundry world: the name of its folder.
///
/// Up to generation 9 that may hold whatever a folder's name may, as `strahd's-curse` or `Höhle (old)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct WorldId(String);

impl WorldId {
    /// Checks `raw`.
    pub fn new(raw: &str) -> Result<Self, WorldIdError> {
        let illegal = |c: char| matches!(c, '/' | '\\') || is_obeyed(c);
        if (1..=255).contains(&raw.len())
            && !raw.contains(illegal)
            && !raw.starts_with('.')
            && raw.trim() == raw
        {
            Ok(Self(raw.to_owned()))
        } else {
            Err(WorldIdError(one_line(&raw.chars().take(80).collect::<String>()).into_owned()))
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for WorldId {
    type Err = WorldIdError;
    fn from_str(raw: &str) -> Result<Self, WorldIdError> {
        Self::new(raw)
    }
}

impl TryFrom<String> for WorldId {
    type Error = WorldIdError;
    fn try_from(raw: String) -> Result<Self, WorldIdError> {
        Self::new(&raw)
    }
}

impl From<WorldId> for String {
    fn from(id: WorldId) -> Self {
        id.0
    }
}

/// How much of the machine an instance may use. `None` leaves it to the runtime.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Limits {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Processor time in thousandths of one core.
    pub cpu_millis: Option<u32>,
    /// Disk space for all of its data, in bytes.
    pub disk: Option<u64>,
}

/// Foundry does not even begin with less memory or disk space.
const LEAST_BYTES: u64 = 64 << 20;
/// Nor with less processor time, in thousandths of one core.
const LEAST_CPU: u32 = 100;

impl Limits {
    /// Why Foundry can't run within these, if so.
    fn too_little(&self) -> Option<String> {
        let sizes = [("memory", self.memory), ("disk space", self.disk)];
        let little = |limit: Option<u64>| limit.is_some_and(|bytes| bytes < LEAST_BYTES);
        if let Some((name, _)) = sizes.into_iter().find(|(_, limit)| little(*limit)) {
            return Some(format!(
                "The limit of {name} is too little for Foundry. Enter at least 64MiB."
            ));
        }
        self.cpu_millis.filter(|cpu| *cpu < LEAST_CPU).map(|_| {
            "The limit of processor time is too little for Foundry. Allow at least a tenth of a core (100).".to_owned()
        })
    }
}

impl InstanceSpec {
    /// The same as it is kept: without blanks around what people typed.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming the field, for what no instance can be like.
    pub fn checked(mut self) -> Result<Self, Error> {
        let wrong = |said: String| {
            Err(Error::new(ErrorKind::Invalid, "reading what a table should be like").advise(said))
        };
        let title = trimmed(&self.title).to_owned();
        self.title = title;
        if self.title.chars().count() > 80 || self.title.chars().any(is_obeyed) {
            return wrong("A title has at most 80 characters, on one line.".to_owned());
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if self.language.as_ref().is_some_and(|text| text.len() > 64 || !text.chars().all(legal)) {
            return wrong("A language is written as Foundry names it, as `en.core`.".to_owned());
        }
        self.language = self.language.filter(|language| !language.is_empty());
        match self.limits.too_little() {
            Some(said) => wrong(said),
            None => Ok(self),
        }
    }
}

/// What an instance should be like. Changes take effect at its next launch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct InstanceSpec {
    /// What people call it; the slug where empty.
    pub title: String,
    /// Which release it runs.
    pub release: ReleaseChoice,
    /// The world to open; none leaves Foundry in its setup.
    pub world: Option<WorldId>,
    /// Which license it runs on.
    pub license: LicenseChoice,
    /// How much of the machine it may use.
    pub limits: Limits,
    /// Foundry's language, as `en.core`; Foundry's default where `None`.
    pub language: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_instance_can_be_like_is_refused_and_blanks_go() {
        let titled = |title: &str| InstanceSpec { title: title.into(), ..InstanceSpec::default() };
        assert_eq!(titled(" Friday\u{200b}\n").checked().unwrap().title, "Friday");
        for title in ["x".repeat(81), "a\0b".into(), "two\nlines".into(), "txt.\u{202e}exe".into()]
        {
            let error = titled(&title).checked().unwrap_err();
            assert!(error.for_people().contains("title"), "{title:?}");
        }
        let spoken = |language: &str| InstanceSpec {
            language: Some(language.into()),
            ..InstanceSpec::default()
        };
        assert!(spoken("pt-BR.core").checked().is_ok());
        assert!(spoken("en\0").checked().is_err() && spoken(&"x".repeat(65)).checked().is_err());
        assert_eq!(spoken("").checked().unwrap().language, None);
    }

    #[test]
    fn limits_within_which_foundry_cannot_begin_are_refused() {
        let (fits, none) = (Some(64 << 20), None);
        let rows = [
            (Limits { memory: fits, cpu_millis: Some(100), disk: fits }, none),
            (Limits { memory: Some(0), ..Limits::default() }, Some("memory")),
            (Limits { disk: Some((64 << 20) - 1), ..Limits::default() }, Some("disk space")),
            (Limits { cpu_millis: Some(99), ..Limits::default() }, Some("processor")),
        ];
        for (limits, named) in rows {
            let checked =
                InstanceSpec { limits: limits.clone(), ..InstanceSpec::default() }.checked();
            match named {
                None => assert_eq!(checked.unwrap().limits, limits),
                Some(named) => {
                    assert!(checked.unwrap_err().for_people().contains(named), "{named}");
                }
            }
        }
    }

    #[test]
    fn every_name_of_a_folder_is_the_id_of_a_world() {
        for id in [
            "strahd",
            "Curse_of-Strahd.1",
            "strahd's-curse",
            "Höhle (old) & more",
            "a b",
            "100%?#~",
        ] {
            assert_eq!(WorldId::new(id).unwrap().as_str(), id);
        }
        for bad in [
            "",
            ".",
            "..",
            ".hidden",
            "a/b",
            "../etc",
            "a\\b",
            "a\0",
            "a\nb",
            "a\u{202e}b",
            " a",
            "a ",
        ] {
            assert!(WorldId::new(bad).is_err(), "{bad:?}");
        }
        assert!(WorldId::new(&"x".repeat(255)).is_ok() && WorldId::new(&"x".repeat(256)).is_err());
    }
}
