//! All sections that a program knows.
use std::collections::BTreeMap;

use figment::value::{Dict, Value};
use figment::{Error as FigmentError, Figment, error::Kind};

use super::nearest::{did_you_mean, nearest};
use super::sources::{Layer, reread};
use super::values::Values;
use super::{Complaint, Complaints, Doc, Section, Settings, Sources};
use crate::text::decode;

/// All sections that a program knows.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    pub(super) sections: Vec<Known>,
}

/// One section, its type forgotten.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) keys: &'static [Doc],
    pub(super) defaults: fn() -> Dict,
    try_one: fn(Dict) -> Option<String>,
    validate: fn(&Figment) -> Vec<Complaint>,
}

/// One value as it was given.
struct Given {
    section: String,
    key: String,
    value: Value,
}

impl Schema {
    /// No section at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with section `S`.
    #[must_use]
    pub fn with<S: Section>(mut self) -> Self {
        self.sections.push(Known {
            name: S::NAME,
            about: S::ABOUT,
            keys: S::KEYS,
            defaults: defaults::<S>,
            try_one: refusal::<S>,
            validate: validate::<S>,
        });
        self
    }

    /// Reads `sources`, each over the one before, over the defaults.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, at once.
    pub fn load(&self, sources: Sources) -> Result<Settings, Complaints> {
        let Sources { layers, mut complaints, home } = sources;
        let mut figment = Figment::new();
        for known in &self.sections {
            let values = Dict::from([(known.name.to_owned(), Value::from((known.defaults)()))]);
            figment = figment.merge(Values::named("default", values));
        }
        for layer in layers {
            let mut good = Dict::new();
            for given in self.given(&layer, &mut complaints) {
                match self.accept(&layer, given, home.as_deref()) {
                    Ok(given) => {
                        let key = format!("{}.{}", given.section, given.key);
                        put(&mut good, &key, given.value);
                    }
                    Err(complaint) => complaints.push(complaint),
                }
            }
            let from = layer.spelled.as_deref().unwrap_or(&layer.from);
            figment = figment.merge(Values::named(from, good));
        }
        for known in &self.sections {
            let wrong = (known.validate)(&figment);
            complaints.extend(wrong.into_iter().map(|complaint| complaint.within(known.name)));
        }
        if complaints.is_empty() {
            Ok(Settings::new(self.clone(), figment))
        } else {
            Err(Complaints(complaints))
        }
    }

    /// What a layer gives to keys that there are; complains of the rest.
    fn given(&self, layer: &Layer, complaints: &mut Vec<Complaint>) -> Vec<Given> {
        let mut all = Vec::new();
        for (name, value) in &layer.values {
            let known = self.sections.iter().find(|known| known.name == name);
            match (known, value) {
                (Some(known), Value::Dict(_, values)) => {
                    let mut leaves = BTreeMap::new();
                    flatten(known, "", values, &mut leaves);
                    for (key, value) in leaves {
                        match known.doc(&key) {
                            Some(_) => all.push(Given { section: name.clone(), key, value }),
                            None => complaints.push(no_such_key(known, &key, layer)),
                        }
                    }
                }
                _ => complaints.push(self.no_such_section(name, value, layer)),
            }
        }
        all
    }

    /// Tries one value by itself, so that the complaint names its key; reads the file of a `…_file`.
    fn accept(
        &self,
        layer: &Layer,
        mut given: Given,
        home: Option<&str>,
    ) -> Result<Given, Complaint> {
        let Some(known) = self.sections.iter().find(|known| known.name == given.section) else {
            return Ok(given);
        };
        let about = |sentence: String| {
            let key =
                layer.spelled.clone().unwrap_or_else(|| format!("{}.{}", known.name, given.key));
            Complaint::about(key, format!("{sentence} ({})", layer.from))
        };
        if known.keys.iter().all(|doc| doc.key != given.key)
            && let Some(bare) = given.key.strip_suffix("_file")
        {
            let path = at_home(given.value, home).map_err(about)?;
            given.value = read_secret(&path).map_err(about)?;
            bare.to_owned().clone_into(&mut given.key);
            return Ok(given);
        }
        let is_path = known.keys.iter().any(|doc| doc.path && doc.key == given.key);
        let text = given.value.as_str().filter(|_| layer.textual).map(ToOwned::to_owned);
        let tries = text.as_deref().and_then(reread).into_iter().chain([given.value.clone()]);
        let mut refused = String::new();
        for value in tries {
            let mut one = Dict::new();
            put(&mut one, &given.key, value.clone());
            match (known.try_one)(one) {
                None if is_path => {
                    let value = at_home(value, home).map_err(about)?;
                    return Ok(Given { value, ..given });
                }
                None => return Ok(Given { value, ..given }),
                Some(sentence) => refused = sentence,
            }
        }
        Err(about(refused))
    }

    fn no_such_section(&self, name: &str, value: &Value, layer: &Layer) -> Complaint {
        let from = &layer.from;
        let names = || self.sections.iter().map(|known| known.name);
        let key = layer.spelled.clone().unwrap_or_else(|| name.to_owned());
        if names().any(|known| known == name) {
            return Complaint::about(key, format!("this is a section, write `[{name}]` ({from})."));
        }
        if matches!(value, Value::Dict(..)) {
            let hint = did_you_mean(nearest(name, names()));
            let all = names().map(|known| format!("`[{known}]`")).collect::<Vec<_>>().join(", ");
            return Complaint::about(
                key,
                format!(
                    "there is no section `[{name}]` ({from}){}",
                    ended(&hint, &format!(". There are {all}."))
                ),
            );
        }
        let home = self.sections.iter().find(|known| known.doc(name).is_some());
        let hint = home.map_or_else(
            || ". Every key belongs in a section.".to_owned(),
            |home| format!(". It belongs under `[{}]`.", home.name),
        );
        Complaint::about(key, format!("this stands outside of any section ({from}){hint}"))
    }
}

impl Known {
    /// The doc of a key, or of the secret that a `…_file` stands for.
    fn doc(&self, key: &str) -> Option<&'static Doc> {
        let bare = key.strip_suffix("_file");
        self.keys.iter().find(|doc| doc.key == key || (doc.secret && Some(doc.key) == bare))
    }
}

/// Every value under the key that the section knows it by.
fn flatten(known: &Known, above: &str, values: &Dict, leaves: &mut BTreeMap<String, Value>) {
    for (name, value) in values {
        let key = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        let beneath = format!("{key}.");
        let is_table = known.keys.iter().any(|doc| doc.key.starts_with(&beneath));
        if let Value::Dict(_, values) = value
            && is_table
        {
            flatten(known, &key, values, leaves);
        } else {
            leaves.insert(key, value.clone());
        }
    }
}

fn no_such_key(known: &Known, key: &str, layer: &Layer) -> Complaint {
    let hint = did_you_mean(nearest(key, known.keys.iter().map(|doc| doc.key)));
    let shown = format!("{}.{key}", known.name);
    let advice = ended(&hint, ". `refractory config example` shows every key.");
    Complaint::about(
        layer.spelled.clone().unwrap_or_else(|| shown.clone()),
        format!("there is no key `{key}` in `[{}]` ({}){advice}", known.name, layer.from),
    )
}

fn ended(hint: &str, otherwise: &str) -> String {
    if hint.is_empty() { otherwise.to_owned() } else { hint.to_owned() }
}

fn put(dict: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(dict.insert(key.to_owned(), value)),
        Some((first, rest)) => {
            let inner = dict.entry(first.to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// A path, or a list of them, with `~` at its beginning as what a shell makes of it.
fn at_home(value: Value, home: Option<&str>) -> Result<Value, String> {
    if let Value::Array(tag, paths) = value {
        let paths = paths.into_iter().map(|path| at_home(path, home)).collect::<Result<_, _>>()?;
        return Ok(Value::Array(tag, paths));
    }
    let Some(rest) = value.as_str().and_then(|path| path.strip_prefix('~')) else {
        return Ok(value);
    };
    match (home, rest.is_empty() || rest.starts_with('/')) {
        (Some(home), true) => Ok(Value::from(format!("{}{rest}", home.trim_end_matches('/')))),
        (None, true) => {
            Err("`~` cannot be used: no home folder is known. Write the whole path.".to_owned())
        }
        (_, false) => Err(format!(
            "`~{rest}` is another user's home folder or an unknown name. Enter the whole path, or `./~{rest}`."
        )),
    }
}

fn read_secret(path: &Value) -> Result<Value, String> {
    let path = path.as_str().ok_or("this should be the path of a file.")?;
    match std::fs::read(path) {
        Ok(bytes) => match decode(&bytes) {
            Ok(text) => Ok(Value::from(text.trim_end_matches(['\r', '\n']))),
            Err(error) => Err(format!("`{path}` cannot be used. {error}")),
        },
        Err(error) => Err(format!("`{path}` cannot be read: {error}.")),
    }
}

fn defaults<S: Section>() -> Dict {
    match Value::serialize(S::default()) {
        Ok(Value::Dict(_, values)) => without_empty(values),
        _ => Dict::new(),
    }
}

/// Drops what is unset: a value that is not there is no value.
fn without_empty(values: Dict) -> Dict {
    let kept = values.into_iter().filter(|(_, value)| !matches!(value, Value::Empty(..)));
    kept.map(|(key, value)| {
        if let Value::Dict(tag, inner) = value {
            (key, Value::Dict(tag, without_empty(inner)))
        } else {
            (key, value)
        }
    })
    .collect()
}

/// Why a section of this value alone cannot be.
fn refusal<S: Section>(one: Dict) -> Option<String> {
    let tried: Result<S, FigmentError> = Figment::from(Values::named("", one)).extract();
    tried.err().map(|error| sentence(&error))
}

fn validate<S: Section>(figment: &Figment) -> Vec<Complaint> {
    match figment.extract_inner::<S>(S::NAME) {
        Ok(section) => section.validate().err().unwrap_or_default(),
        Err(error) => {
            vec![Complaint::about(error.path.last().cloned().unwrap_or_default(), sentence(&error))]
        }
    }
}

/// What a refusal of serde's means, for whoever wrote the value.
pub(super) fn sentence(error: &FigmentError) -> String {
    match &error.kind {
        Kind::InvalidType(actual, wanted) | Kind::InvalidValue(actual, wanted) => {
            format!("this is {actual}; {} is wanted.", in_words(wanted))
        }
        Kind::UnknownVariant(typed, known) => {
            let all = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!(
                "`{typed}` is not one of {all}{}",
                ended(&did_you_mean(nearest(typed, known.iter().copied())), ".")
            )
        }
        Kind::Message(text) => format!("{}.", text.trim_end_matches('.')),
        other @ (Kind::InvalidLength(..)
        | Kind::UnknownField(..)
        | Kind::MissingField(_)
        | Kind::DuplicateField(_)
        | Kind::ISizeOutOfRange(_)
        | Kind::USizeOutOfRange(_)
        | Kind::Unsupported(_)
        | Kind::UnsupportedKey(..)) => format!("{other}."),
    }
}

/// What serde calls a type, as people call it.
fn in_words(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number",
        "a string" => "text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list, as [\"a\", \"b\"],",
        other => other,
    }
}

#[cfg(test)]
mod tests;
