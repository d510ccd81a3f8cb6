//! What was read.
use figment::Figment;
use figment::value::Value;

use super::schema::sentence;
use super::{Complaint, Complaints, Schema, Section};
use crate::Result;

/// A configuration in which nothing is wrong.
#[derive(Debug, Clone)]
pub struct Settings {
    schema: Schema,
    figment: Figment,
}

/// One value as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `section.key`.
    pub key: String,
    /// The value as TOML, `•••` for a secret; none where it is not set.
    pub value: Option<String>,
    /// Where it comes from: `default`, a file, a variable, a flag.
    pub from: String,
}

impl Settings {
    pub(super) fn new(schema: Schema, figment: Figment) -> Self {
        Self { schema, figment }
    }

    /// The section `S`.
    ///
    /// # Errors
    ///
    /// `Invalid` for a section that the schema does not know and that has no defaults.
    pub fn section<S: Section>(&self) -> Result<S> {
        if self.figment.find_value(S::NAME).is_err() {
            return Ok(S::default());
        }
        self.figment
            .extract_inner(S::NAME)
            .map_err(|error| Complaints(vec![Complaint::about(S::NAME, sentence(&error))]).into())
    }

    /// Every key with its value and where that comes from.
    pub fn show(&self) -> Vec<Shown> {
        let mut all = Vec::new();
        for known in &self.schema.sections {
            for doc in known.keys {
                let key = format!("{}.{}", known.name, doc.key);
                let found = self.figment.find_value(&key).ok();
                let from = found.as_ref().and_then(|value| self.figment.get_metadata(value.tag()));
                let from =
                    from.map_or_else(|| "default".to_owned(), |place| place.name.to_string());
                let value =
                    found.map(|value| if doc.secret { "•••".to_owned() } else { toml_of(&value) });
                all.push(Shown { key, value, from });
            }
        }
        all
    }
}

/// A value as it would stand in the file.
pub(super) fn toml_of(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| String::new(), |value| value.to_string())
}
