//! Rows as items.
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use refractory_core::digest::sha256_hex;
use refractory_core::ports::{Change, DamagedRecord, Kind, Record, damaged};
use refractory_core::{Error, ErrorKind, Result};

use super::operation::Operation;
use super::{schema, stamp};

/// An item, by the names of its attributes.
pub(super) type Item = HashMap<String, AttributeValue>;

/// How bodies are written now. It moves when an older program could no longer read them; a field that is
/// added as an `Option` does not move it.
pub(super) const FORMAT: &str = "2";
/// How the version before this one wrote them: the same, without places and stamps.
const FORMER: &str = "1";
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

/// A place of a record in an index, as the record remembers it: the index, the partition and the sort value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IndexEntry(String);

impl IndexEntry {
    /// The key of the item that stands for the place of the record `id`.
    pub(super) fn key(&self, id: &str) -> Item {
        let (partition, sort) = self.0.split_once(schema::BETWEEN).unwrap_or((&self.0, ""));
        key(format!("index/{partition}"), place_sort(sort, id))
    }

    /// The item that stands for the place of the record `id`. It ends with the record.
    pub(super) fn item(&self, id: &str, ends: Option<u64>) -> Item {
        let mut item = self.key(id);
        item.insert(schema::ROW.to_owned(), text(id));
        item.extend(ends.map(|at| (schema::TIME_TO_LIVE.to_owned(), number(at))));
        item
    }

    /// Whether it is in `partition`, which is named as the key is.
    pub(super) fn is_in(&self, partition: &str) -> bool {
        let of = self.0.split_once(schema::BETWEEN).map(|(of, _)| of);
        of.is_some() && of == partition.strip_prefix("index/")
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// The sort key of a place.
pub(super) fn place_sort(sort: &str, id: &str) -> String {
    format!("{sort}{}{id}", schema::BETWEEN)
}

/// The partition key of the places in one partition of `index`.
pub(super) fn place_partition(index: &str, partition: &str) -> String {
    format!("index/{index}/{partition}")
}

/// The key of a record.
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

/// The key of the note that a record is gone.
pub(super) fn deletion_key(kind: Kind, id: &str) -> Item {
    key(kind.name().to_owned(), format!("{}{id}", schema::DELETED))
}

pub(super) fn key(partition: String, sort: String) -> Item {
    let pair = [(schema::PARTITION_KEY, partition), (schema::SORT_KEY, sort)];
    pair.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

/// What of a row changes when it is written: everything but its keys and its operations.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) body: String,
    pub(super) claims: Claims,
    pub(super) ends: Option<u64>,
}

/// What a record has beside itself: its keys and its places in the indexes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Claims {
    pub(super) texts: BTreeSet<String>,
    pub(super) places: BTreeSet<IndexEntry>,
}

impl Claims {
    /// Those of `row`.
    pub(super) fn of(row: &Record) -> Self {
        let place = |entry: &refractory_core::ports::IndexEntry| {
            let (index, partition) = (entry.index.name(), &entry.partition);
            IndexEntry(format!("{index}/{partition}{}{}", schema::BETWEEN, entry.sort))
        };
        let texts = row.unique().iter().map(|key| key.text().to_owned()).collect();
        Self { texts, places: row.indexed().iter().map(place).collect() }
    }

    /// Those that the record in `item` has.
    pub(super) fn in_item(item: &Item) -> Self {
        let places = strings_of(item, schema::PLACES).map(IndexEntry).collect();
        Self { texts: texts_of(item), places }
    }

    /// Both as attributes, in one order, so that they can be compared.
    pub(super) fn attributes(&self) -> [(&'static str, AttributeValue); 2] {
        let places = self.places.iter().map(|place| text(place.text())).collect();
        [(schema::TEXTS, listed(&self.texts)), (schema::PLACES, AttributeValue::L(places))]
    }

    fn length(&self) -> usize {
        let places = self.places.iter().map(|place| place.text().len());
        self.texts.iter().map(String::len).chain(places).sum()
    }
}

impl Content {
    /// What is written of `row`.
    pub(super) fn of(row: &Record) -> Result<Self> {
        let body = serde_json::to_string(row).map_err(|error| {
            named("writing a row as text", row.kind(), row.id()).caused_by(error)
        })?;
        let claims = Claims::of(row);
        if body.len() + claims.length() > ROOM {
            return Err(too_long(row));
        }
        Ok(Self { body, claims, ends: ends(row) })
    }

    /// The attributes of it, by name.
    pub(super) fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        let mut all = vec![
            (schema::FORMAT, AttributeValue::N(FORMAT.to_owned())),
            (schema::BODY, text(&self.body)),
        ];
        all.extend(self.claims.attributes());
        all.extend(self.ends.map(|at| (schema::TIME_TO_LIVE, number(at))));
        all
    }

    /// The item of a row that is new.
    pub(super) fn item(&self, row: &Record, operation: Operation, stamp: u64) -> Item {
        let mut item = row_key(row.kind(), row.id());
        let first = HashMap::from([(row.revision().to_string(), operation.value())]);
        let more = self.attributes().into_iter().chain([
            (schema::INDEX_SORT_KEY, text(stamp::text(stamp))),
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

/// When DynamoDB may delete a record by its time to live, in seconds. A record with a unique key never ends so: its key would stay.
pub(super) fn ends(row: &Record) -> Option<u64> {
    let Record::Token(token) = row else { return None };
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

/// The keys that a record has.
pub(super) fn texts_of(item: &Item) -> BTreeSet<String> {
    strings_of(item, schema::TEXTS).collect()
}

fn strings_of<'a>(item: &'a Item, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let all = item.get(name).and_then(|all| all.as_l().ok()).into_iter().flatten();
    all.filter_map(|text| text.as_s().ok().cloned())
}

/// Whether `operation` wrote the row that `item` is or was, at `revision`.
pub(super) fn was_written_by(item: &Item, revision: u64, operation: Operation) -> bool {
    let all = item.get(schema::OPERATIONS).and_then(|all| all.as_m().ok());
    all.and_then(|all| all.get(&revision.to_string())) == Some(&operation.value())
}

/// The stamp in an entry of the index.
pub(super) fn stamp_of(item: &Item) -> Option<u64> {
    stamp::read(text_of(item, schema::INDEX_SORT_KEY)?)
}

/// Reads a change from an entry of the index.
pub(super) fn change(item: &Item) -> Option<Change> {
    let id = text_of(item, schema::SORT_KEY)?;
    Some(match id.strip_prefix(schema::DELETED) {
        Some(id) => Change { id: id.to_owned(), revision: None },
        None => Change { id: id.to_owned(), revision: Some(revision_of(item).unwrap_or_default()) },
    })
}

/// Whether the former version wrote `item`.
pub(super) fn is_former(item: &Item) -> bool {
    item.get(schema::FORMAT).and_then(|format| format.as_n().ok()).is_some_and(|it| it == FORMER)
}

/// The aggregate in `item`; its attribute decides about the revision.
pub(super) fn read(kind: Kind, item: &Item) -> Result<Record> {
    let id = text_of(item, schema::SORT_KEY).unwrap_or_default();
    let format = item.get(schema::FORMAT).and_then(|format| format.as_n().ok());
    if let Some(format) = format.filter(|format| *format != FORMAT && *format != FORMER) {
        return Err(newer(kind, id, format));
    }
    let body = text_of(item, schema::BODY).unwrap_or_default();
    let body: Record =
        serde_json::from_str(body).map_err(|error| damaged(kind, id).caused_by(error))?;
    if body.kind() != kind || body.id() != id {
        let holds = format!("{} {}", body.kind().name(), body.id());
        return Err(damaged(kind, id).about("holds", holds));
    }
    // Without these it would be listed and yet never be seen to change.
    let is_followed = stamp_of(item).is_some() || is_former(item);
    match revision_of(item).filter(|_| is_followed && format.is_some()) {
        Some(revision) => Ok(body.at_revision(revision)),
        None => Err(damaged(kind, id).about("lacks", "an attribute")),
    }
}

pub(super) fn record(kind: Kind, item: &Item, error: &Error) -> DamagedRecord {
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

fn too_long(row: &Record) -> Error {
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
