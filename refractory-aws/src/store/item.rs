//! Rows as items.
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use refractory_core::digest::sha256_hex;
use refractory_core::ports::{Body, DamagedRecord, Head, Kind, Records, damaged};
use refractory_core::{Error, ErrorKind, Result};

use super::operation::Operation;
use super::schema;

/// An item, by the names of its attributes.
pub(super) type Item = HashMap<String, AttributeValue>;

/// How bodies are written now. It moves when an older program could no longer read them; a field that is
/// added as an `Option` does not move it.
const FORMAT: &str = "1";
/// What DynamoDB takes for an item, less what a row has beside its body and texts.
const ROOM: usize = 400 * 1024 - 4 * 1024;
/// The longest text that is kept as it is; the key that holds it may have 1 024 bytes.
const LONGEST_TEXT: usize = 1_000;
/// How long after its end DynamoDB may delete a row that the worker has not.
const SLACK: Duration = Duration::from_hours(24);

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// The key of a row.
pub(super) fn row_key(kind: Kind, id: &str) -> Item {
    key(kind.name().to_owned(), id.to_owned())
}

/// The key of the item that holds a unique text.
pub(super) fn text_key(kind: Kind, unique: &str) -> Item {
    let sort = if unique.len() <= LONGEST_TEXT {
        format!("={unique}")
    } else {
        format!("#{}", sha256_hex(&[unique.as_bytes()]))
    };
    key(format!("text/{}", kind.name()), sort)
}

fn key(partition: String, sort: String) -> Item {
    let pair = [(schema::PARTITION_KEY, partition), (schema::SORT_KEY, sort)];
    pair.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

/// What of a row changes when it is written: everything but its keys and its operations.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) body: String,
    pub(super) texts: BTreeSet<String>,
    pub(super) ends: Option<u64>,
}

impl Content {
    /// What is written of `row`.
    pub(super) fn of(row: &Body) -> Result<Self> {
        let body = serde_json::to_string(row).map_err(|error| {
            named("writing a row as text", row.kind(), row.id()).caused_by(error)
        })?;
        let texts = BTreeSet::from_iter(row.unique());
        if body.len() + texts.iter().map(String::len).sum::<usize>() > ROOM {
            return Err(too_long(row));
        }
        Ok(Self { body, texts, ends: ends(row) })
    }

    /// The attributes of it, by name.
    pub(super) fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        let mut all = vec![
            (schema::FORMAT, AttributeValue::N(FORMAT.to_owned())),
            (schema::TEXTS, listed(&self.texts)),
            (schema::BODY, text(&self.body)),
        ];
        all.extend(self.ends.map(|at| (schema::TIME_TO_LIVE, number(at))));
        all
    }

    /// The item of a row that is new.
    pub(super) fn item(&self, row: &Body, operation: Operation) -> Item {
        let mut item = row_key(row.kind(), row.id());
        let first = HashMap::from([(row.revision().to_string(), operation.value())]);
        let more = self.attributes().into_iter().chain([
            (schema::INDEX_SORT_KEY, text(row.id())),
            (schema::REVISION, number(row.revision())),
            (schema::OPERATIONS, AttributeValue::M(first)),
        ]);
        item.extend(more.map(|(name, value)| (name.to_owned(), value)));
        item
    }
}

/// Texts as an attribute: in one order, so that it can be compared.
pub(super) fn listed(texts: &BTreeSet<String>) -> AttributeValue {
    AttributeValue::L(texts.iter().map(text).collect())
}

/// When DynamoDB may delete a row by itself, in seconds. A row that claims a text never ends so: its text would stay.
fn ends(row: &Body) -> Option<u64> {
    let Body::Token(token) = row else { return None };
    row.unique().is_empty().then(|| token.until.after(SLACK).0 / 1000)
}

/// The text under `name`.
pub(super) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The revision of a row, if it has one.
pub(super) fn revision_of(item: &Item) -> Option<u64> {
    item.get(schema::REVISION)?.as_n().ok()?.parse().ok()
}

/// The texts that a row claims.
pub(super) fn texts_of(item: &Item) -> BTreeSet<String> {
    let texts = item.get(schema::TEXTS).and_then(|texts| texts.as_l().ok()).into_iter().flatten();
    texts.filter_map(|text| text.as_s().ok().cloned()).collect()
}

/// Whether `operation` wrote the row that `item` is or was, at `revision`.
pub(super) fn was_written_by(item: &Item, revision: u64, operation: Operation) -> bool {
    let all = item.get(schema::OPERATIONS).and_then(|all| all.as_m().ok());
    all.and_then(|all| all.get(&revision.to_string())) == Some(&operation.value())
}

/// The id and revision in an entry of the index.
pub(super) fn head(item: &Item) -> Option<Head> {
    let id = text_of(item, schema::INDEX_SORT_KEY)?.to_owned();
    Some(Head { id, revision: revision_of(item).unwrap_or_default() })
}

/// The aggregate in `item`; its attribute decides about the revision.
pub(super) fn read(kind: Kind, item: &Item) -> Result<Body> {
    let id = text_of(item, schema::SORT_KEY).unwrap_or_default();
    let format = item.get(schema::FORMAT).and_then(|format| format.as_n().ok());
    if let Some(format) = format.filter(|format| *format != FORMAT) {
        return Err(newer(kind, id, format));
    }
    let body = text_of(item, schema::BODY).unwrap_or_default();
    let body: Body =
        serde_json::from_str(body).map_err(|error| damaged(kind, id).caused_by(error))?;
    if body.kind() != kind || body.id() != id {
        let holds = format!("{} {}", body.kind().name(), body.id());
        return Err(damaged(kind, id).about("holds", holds));
    }
    // Without these it would be listed and yet never be seen to change.
    let indexed = text_of(item, schema::INDEX_SORT_KEY) == Some(id);
    match revision_of(item).filter(|_| indexed && format.is_some()) {
        Some(revision) => Ok(body.at_revision(revision)),
        None => Err(damaged(kind, id).about("lacks", "an attribute")),
    }
}

/// Every aggregate in `items`, and every record that cannot be read.
pub(super) fn read_all(kind: Kind, items: &[Item]) -> Records {
    let mut all = Records::default();
    for item in items {
        match read(kind, item) {
            Ok(row) => all.rows.push(row),
            Err(error) => all.damaged.push(record(kind, item, &error)),
        }
    }
    all
}

fn record(kind: Kind, item: &Item, error: &Error) -> DamagedRecord {
    DamagedRecord {
        kind,
        id: text_of(item, schema::SORT_KEY).unwrap_or_default().to_owned(),
        revision: revision_of(item).unwrap_or_default(),
        unique: texts_of(item).into_iter().collect(),
        reason: std::error::Error::source(error)
            .map_or_else(|| error.to_string(), ToString::to_string),
        text: text_of(item, schema::BODY).unwrap_or_default().to_owned(),
    }
}

fn named(during: &'static str, kind: Kind, id: &str) -> Error {
    Error::new(ErrorKind::Unexpected, during).about("kind", kind.name()).about("id", id)
}

fn newer(kind: Kind, id: &str, format: &str) -> Error {
    let error = Error::new(ErrorKind::Damaged, "reading a row").about("kind", kind.name());
    error.about("id", id).about("format", format).advise(format!(
        "The {} `{id}` was written by a newer version of Refractory. Run that version here too.",
        kind.name()
    ))
}

fn too_long(row: &Body) -> Error {
    Error::new(ErrorKind::Invalid, "writing a row")
        .about("kind", row.kind().name())
        .about("id", row.id())
        .advise(format!(
            "The {} `{}` is too long to be written down: DynamoDB takes 400 KB. Shorten its texts.",
            row.kind().name(),
            row.id()
        ))
}

#[cfg(test)]
mod tests;
