//! Where values come from.
use std::io::ErrorKind as IoKind;
use std::path::Path;

use figment::value::{Dict, Value};

use super::Complaint;
use crate::text::decode;

/// What begins an environment variable of ours; sections and keys follow, in upper case, two underscores apart.
const PREFIX: &str = "REFRACTORY__";
/// The environment variable that holds a whole file, for a container that has none.
const WHOLE: &str = "REFRACTORY_TOML";
/// The environment variable that names the home folder.
const HOME: &str = "HOME";

/// What a binary has collected: at most one file, the environment, flags. Later ones win.
#[derive(Debug, Default)]
pub struct Sources {
    pub(super) layers: Vec<Layer>,
    pub(super) complaints: Vec<Complaint>,
    /// The home folder, which `~` at the beginning of a path means.
    pub(super) home: Option<String>,
}

/// Values from one place.
#[derive(Debug)]
pub(super) struct Layer {
    /// What people call the place.
    pub(super) from: String,
    pub(super) values: Dict,
    /// Whether values were given as text and may mean text even where they read as something else.
    pub(super) textual: bool,
    /// The name of the place's own for a key, where it is not `section.key`.
    pub(super) spelled: Option<String>,
}

impl Sources {
    /// Nothing: every default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the file at `path`. A file that is not there is nothing, unless `required`.
    #[must_use]
    pub fn file(self, path: &Path, required: bool) -> Self {
        let shown = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => match decode(&bytes) {
                Ok(text) => self.text(&shown, text),
                Err(error) => self.complain(Complaint::about(shown, error.to_string())),
            },
            Err(error) if error.kind() == IoKind::NotFound && !required => self,
            Err(error) => self.complain(Complaint::about(shown, cannot_read(&error))),
        }
    }

    /// Adds TOML that was read from `name`.
    #[must_use]
    pub fn text(mut self, name: &str, toml: &str) -> Self {
        let table = match toml.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => return self.complain(not_toml(name, toml, &error)),
        };
        match Value::serialize(table) {
            Ok(Value::Dict(_, values)) => {
                self.layers.push(Layer {
                    from: name.to_owned(),
                    values,
                    textual: false,
                    spelled: None,
                });
                self
            }
            Ok(_) => self,
            Err(error) => self.complain(Complaint::about(name, error.to_string())),
        }
    }

    /// Adds those of `variables` that are meant for us: `REFRACTORY_TOML`, which is as good as a file, and over it
    /// `REFRACTORY__SECTION__KEY` for single keys. `HOME` is what `~` means at the beginning of a path.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = |name: &str| name == WHOLE || name.starts_with(PREFIX);
        let known = |(name, _): &(String, String)| ours(name) || name == HOME;
        let (mut ours, home): (Vec<_>, Vec<_>) =
            variables.into_iter().filter(known).partition(|(name, _)| ours(name));
        let home = home.into_iter().map(|(_, home)| home).find(|home| home.starts_with('/'));
        self.home = home.or(self.home);
        ours.sort();
        if let Some(at) = ours.iter().position(|(name, _)| name == WHOLE) {
            let (name, text) = ours.remove(at);
            self = self.text(&name, &text);
        }
        for (name, text) in ours {
            let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
            self.layers.push(textual("environment".to_owned(), Some(name), &key, &text));
        }
        self
    }

    /// Adds a `flag` that stands for `key`, as `--listen` for `web.bind`.
    #[must_use]
    pub fn flag(mut self, flag: &str, key: &str, text: &str) -> Self {
        self.layers.push(textual(flag.to_owned(), None, key, text));
        self
    }

    fn complain(mut self, complaint: Complaint) -> Self {
        self.complaints.push(complaint);
        self
    }
}

fn textual(from: String, spelled: Option<String>, key: &str, text: &str) -> Layer {
    let mut parts = key.rsplit('.');
    let last = parts.next().unwrap_or_default().to_owned();
    let mut values = Dict::from([(last, Value::from(text))]);
    for part in parts {
        values = Dict::from([(part.to_owned(), Value::from(values))]);
    }
    Layer { from, values, textual: true, spelled }
}

/// Reads text as TOML would: a number, a truth, a list, or else just text.
pub(super) fn reread(text: &str) -> Option<Value> {
    let read = format!("value = {text}").parse::<toml::Table>().ok()?;
    match Value::serialize(read) {
        Ok(Value::Dict(_, mut dict)) => dict.remove("value"),
        _ => None,
    }
}

fn cannot_read(error: &std::io::Error) -> String {
    let known = [
        (IoKind::NotFound, "the file doesn't exist. Check the path."),
        (
            IoKind::PermissionDenied,
            "no permission to read this file. Change it with `chmod` or `chown`.",
        ),
        (IoKind::IsADirectory, "this is a folder. Name the file in it."),
    ];
    let sentence = known.iter().find(|(kind, _)| *kind == error.kind()).map(|(_, text)| *text);
    sentence.map_or_else(|| format!("this file can't be read: {error}."), ToOwned::to_owned)
}

fn not_toml(name: &str, text: &str, error: &toml::de::Error) -> Complaint {
    let line = error.span().map_or(1, |span| {
        let before = text.get(..span.start).unwrap_or(text);
        before.matches('\n').count() + 1
    });
    Complaint::about(format!("{name}:{line}"), format!("this is not TOML: {}.", error.message()))
}
