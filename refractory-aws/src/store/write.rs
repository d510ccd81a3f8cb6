//! Builds the writes for DynamoDB, and reads its refusals. Pure.
use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::client::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use refractory_core::ports::{DamagedRecord, Kind, Record, Write};
use refractory_core::{Error, ErrorKind, Result};

use super::item::{self, Claims, Content, Item, deletion_key, number, row_key, text, text_key};
use super::operation::{Operation, REMEMBERED};
use super::{schema, stamp};

/// The most items that one transaction may write.
const AT_ONCE: usize = 100;

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// Names and values that an expression stands on. Every name has an alias: DynamoDB keeps five hundred words for itself.
#[derive(Debug, Default)]
struct ExpressionTerms {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl ExpressionTerms {
    fn name(&mut self, name: &str) -> String {
        self.alias(name, name)
    }

    fn alias(&mut self, alias: &str, name: &str) -> String {
        let alias = format!("#{alias}");
        self.names.insert(alias.clone(), name.to_owned());
        alias
    }

    fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let name = format!(":{name}");
        self.values.insert(name.clone(), value);
        name
    }

    /// That a record is as it was read.
    fn unmoved(&mut self, revision: u64, claims: &Claims) -> String {
        let revision_is = self.value("had_rev", number(revision));
        let mut all = vec![format!("{} = {revision_is}", self.name(schema::REVISION))];
        for (name, value) in claims.attributes() {
            let is = self.value(&format!("had_{name}"), value);
            let name = self.name(name);
            let may_lack = claims.places.is_empty() && name == format!("#{}", schema::PLACES);
            all.push(if may_lack {
                // The former version wrote none down.
                format!("(attribute_not_exists({name}) OR {name} = {is})")
            } else {
                format!("{name} = {is}")
            });
        }
        all.join(" AND ")
    }
}

/// The replacement of a row that is still as it was read.
#[derive(Debug)]
pub(super) struct Replacement {
    key: Item,
    condition: String,
    update: String,
    terms: ExpressionTerms,
}

impl Replacement {
    /// Replaces what was read at revision `read` and claimed `had` by `content`, at the next revision.
    pub(super) fn of(
        row: &Record,
        content: &Content,
        had: &Claims,
        operation: Operation,
        stamp: u64,
    ) -> Self {
        let mut terms = ExpressionTerms::default();
        let condition = terms.unmoved(row.revision(), had);
        let next = row.revision().saturating_add(1);
        let written = content.attributes().into_iter().chain([
            (schema::REVISION, number(next)),
            (schema::INDEX_SORT_KEY, text(stamp::text(stamp))),
        ]);
        let mut sets: Vec<_> = written
            .map(|(name, value)| format!("{} = {}", terms.name(name), terms.value(name, value)))
            .collect();
        let operations = terms.name(schema::OPERATIONS);
        let now = terms.alias("now", &next.to_string());
        sets.push(format!("{operations}.{now} = {}", terms.value("op", operation.value())));
        let mut update = format!("SET {}", sets.join(", "));
        let mut removes = Vec::new();
        if let Some(past) = next.checked_sub(REMEMBERED) {
            removes.push(format!("{operations}.{}", terms.alias("past", &past.to_string())));
        }
        if content.ends.is_none() {
            removes.push(terms.name(schema::TIME_TO_LIVE));
        }
        if !removes.is_empty() {
            update = format!("{update} REMOVE {}", removes.join(", "));
        }
        Self { key: row_key(row.kind(), row.id()), condition, update, terms }
    }

    /// As a single request.
    pub(super) fn request(&self, client: &Client, table: &str) -> UpdateItemFluentBuilder {
        client
            .update_item()
            .table_name(table)
            .set_key(Some(self.key.clone()))
            .condition_expression(&self.condition)
            .update_expression(&self.update)
            .set_expression_attribute_names(Some(self.terms.names.clone()))
            .set_expression_attribute_values(Some(self.terms.values.clone()))
            .return_values_on_condition_check_failure(ALL_OLD)
    }

    fn part(self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(self.key))
            .condition_expression(self.condition)
            .update_expression(self.update)
            .set_expression_attribute_names(Some(self.terms.names))
            .set_expression_attribute_values(Some(self.terms.values))
            .return_values_on_condition_check_failure(ALL_OLD);
        Ok(TransactWriteItem::builder().update(update.build()?).build())
    }
}

/// One write of a batch, with what its record has now.
#[derive(Debug)]
pub(super) struct PlannedWrite<'a> {
    pub(super) write: &'a Write,
    /// What the record had when it was read, as far as that is known.
    pub(super) had: Claims,
    pub(super) stamp: u64,
}

/// What a write of a batch is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum WriteTarget {
    /// A record: which of the writes.
    Record(usize),
    /// A unique key, and the write that claims or releases it.
    Text(usize, String),
    /// Anything that cannot be refused.
    Rest,
}

/// Writes that are made together or not at all.
#[derive(Debug, Default)]
pub(super) struct Batch {
    parts: Vec<TransactWriteItem>,
    about: Vec<WriteTarget>,
}

/// What becomes of one unique key in a batch.
#[derive(Debug, Default)]
struct KeyTransfer {
    from: Option<String>,
    to: Option<String>,
    write: usize,
}

impl Batch {
    /// All of `planned`.
    pub(super) fn of(
        table: &str,
        planned: &[PlannedWrite<'_>],
        operation: Operation,
    ) -> Result<Self> {
        let mut batch = Self::default();
        let mut texts: BTreeMap<(Kind, String), KeyTransfer> = BTreeMap::new();
        for (at, plan) in planned.iter().enumerate() {
            let row = plan.write.record();
            batch.push(record_part(table, plan, operation)?, WriteTarget::Record(at));
            let has = match plan.write {
                Write::Insert(_) | Write::Save(_) => Claims::of(row),
                Write::Delete(_) => Claims::default(),
            };
            for text in plan.had.texts.difference(&has.texts) {
                let passing = texts.entry((row.kind(), text.clone())).or_default();
                passing.from = Some(row.id().to_owned());
                passing.write = at;
            }
            for text in has.texts.difference(&plan.had.texts) {
                let passing = texts.entry((row.kind(), text.clone())).or_default();
                if passing.to.replace(row.id().to_owned()).is_some() {
                    return Err(twice(row, text));
                }
                passing.write = at;
            }
            for place in plan.had.places.difference(&has.places) {
                batch.push(delete(table, place.key(row.id()))?, WriteTarget::Rest);
            }
            // A record's end depends on whether it has keys, and its places move with it; those that stay end otherwise then.
            let ends = item::ends(row);
            let ends_alike = plan.had.texts.is_empty() == has.texts.is_empty()
                && (ends.is_none() || plan.had.places == has.places);
            for place in &has.places {
                if !(ends_alike && plan.had.places.contains(place)) {
                    batch.push(put(table, place.item(row.id(), ends))?, WriteTarget::Rest);
                }
            }
            if row.kind().tells_deletions() {
                let (kind, id) = plan.write.at();
                match plan.write {
                    // What was deleted under this id is there again, whichever clock was ahead.
                    Write::Insert(_) => {
                        batch.push(delete(table, deletion_key(kind, id))?, WriteTarget::Rest);
                    }
                    Write::Delete(_) => {
                        batch.push(put(table, deletion(kind, id, plan.stamp))?, WriteTarget::Rest);
                    }
                    Write::Save(_) => {}
                }
            }
        }
        for ((kind, text), passing) in texts {
            let part = pass(table, kind, &text, &passing).map_err(incomplete)?;
            batch.push(part, WriteTarget::Text(passing.write, text));
        }
        if batch.parts.len() > AT_ONCE {
            return Err(too_many(batch.parts.len()));
        }
        Ok(batch)
    }

    fn push(&mut self, part: TransactWriteItem, about: WriteTarget) {
        self.parts.push(part);
        self.about.push(about);
    }

    /// Deletes a record that cannot be read, as long as it is what was read, and releases what it has.
    pub(super) fn discarding(
        table: &str,
        record: &DamagedRecord,
        had: &Claims,
        stamp: u64,
    ) -> Result<Self> {
        let mut terms = ExpressionTerms::default();
        let (key, body) = (terms.name(schema::PARTITION_KEY), terms.name(schema::BODY));
        // Any of its attributes may be missing.
        let condition = if record.text.is_empty() {
            format!("attribute_exists({key})")
        } else {
            format!("{body} = {}", terms.value("had", text(&record.text)))
        };
        terms.names.retain(|alias, _| condition.contains(alias.as_str()));
        let values = (!terms.values.is_empty()).then_some(terms.values);
        let first = Delete::builder()
            .table_name(table)
            .set_key(Some(row_key(record.kind, &record.id)))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(terms.names))
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ALL_OLD);
        let first = TransactWriteItem::builder().delete(first.build().map_err(incomplete)?).build();
        let mut batch = Self::default();
        batch.push(first, WriteTarget::Record(0));
        for released in &record.unique {
            let passing = KeyTransfer { from: Some(record.id.clone()), ..KeyTransfer::default() };
            let part = pass(table, record.kind, released, &passing).map_err(incomplete)?;
            batch.push(part, WriteTarget::Text(0, released.clone()));
        }
        for place in &had.places {
            batch.push(delete(table, place.key(&record.id))?, WriteTarget::Rest);
        }
        if record.kind.tells_deletions() {
            batch.push(put(table, deletion(record.kind, &record.id, stamp))?, WriteTarget::Rest);
        }
        Ok(batch)
    }

    /// The writes, in order.
    pub(super) fn parts(&self) -> Vec<TransactWriteItem> {
        self.parts.clone()
    }

    /// What the reasons of a canceled transaction say, which stand in the order of its writes.
    pub(super) fn refusal(&self, reasons: &[CancellationReason]) -> Refusal {
        let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
        let (mut rows, mut text) = (Vec::new(), None);
        for (about, reason) in self.about.iter().zip(reasons).filter(|(_, reason)| failed(reason)) {
            match about {
                WriteTarget::Record(at) => {
                    rows.push((*at, reason.item().filter(|item| !item.is_empty()).cloned()));
                }
                WriteTarget::Text(at, unique) => text = text.or(Some((*at, unique.clone()))),
                WriteTarget::Rest => {}
            }
        }
        if !rows.is_empty() {
            return Refusal::Rows(rows);
        }
        if let Some((at, text)) = text {
            return Refusal::Text(at, text);
        }
        let codes = reasons.iter().filter_map(CancellationReason::code);
        let kinds: Vec<_> = codes.filter(|code| *code != "None").map(canceled).collect();
        match kinds.iter().find(|kind| **kind != ErrorKind::Unavailable) {
            Some(kind) => Refusal::Other(*kind),
            None if kinds.is_empty() => Refusal::Other(ErrorKind::Unexpected),
            None => Refusal::Busy,
        }
    }
}

/// What a code of a canceled transaction means that is no failed condition.
fn canceled(code: &str) -> ErrorKind {
    match code {
        "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {
            ErrorKind::Unavailable
        }
        "ItemCollectionSizeLimitExceeded" => ErrorKind::Exhausted,
        "ValidationError" => ErrorKind::Invalid,
        _ => ErrorKind::Unexpected,
    }
}

/// Gives what the former version wrote at `id` a stamp, and where it can be read the present form and its places; as long as it
/// is as it was read. `None` if that cannot be determined.
pub(super) fn upgraded(
    table: &str,
    (kind, found): (Kind, &Item),
    row: Option<&Record>,
    stamp: u64,
) -> Result<Option<Batch>> {
    let Some(id) = item::text_of(found, schema::SORT_KEY) else { return Ok(None) };
    let mut terms = ExpressionTerms::default();
    let mut as_read = Vec::new();
    for name in [schema::REVISION, schema::FORMAT, schema::INDEX_SORT_KEY] {
        let alias = terms.name(name);
        as_read.push(match found.get(name) {
            Some(value) => {
                format!("{alias} = {}", terms.value(&format!("had_{name}"), value.clone()))
            }
            None => format!("attribute_not_exists({alias})"),
        });
    }
    // One that was deleted meanwhile has none of them either.
    as_read.push(format!("attribute_exists({})", terms.name(schema::PARTITION_KEY)));
    let stamped = terms.name(schema::INDEX_SORT_KEY);
    let mut sets = vec![format!("{stamped} = {}", terms.value("stamp", text(stamp::text(stamp))))];
    let claims = row.map(Claims::of).unwrap_or_default();
    if row.is_some() {
        let [_, (_, places)] = claims.attributes();
        let (format, listed) = (terms.name(schema::FORMAT), terms.name(schema::PLACES));
        let fresh = terms.value("fmt", AttributeValue::N(item::FORMAT.to_owned()));
        sets.push(format!("{format} = {fresh}"));
        sets.push(format!("{listed} = {}", terms.value("places", places)));
    }
    let part = Update::builder()
        .table_name(table)
        .set_key(Some(row_key(kind, id)))
        .condition_expression(as_read.join(" AND "))
        .update_expression(format!("SET {}", sets.join(", ")))
        .set_expression_attribute_names(Some(terms.names))
        .set_expression_attribute_values(Some(terms.values));
    let part = TransactWriteItem::builder().update(part.build().map_err(incomplete)?).build();
    let mut batch = Batch::default();
    batch.push(part, WriteTarget::Record(0));
    // One that was begun to be written by a program of this version and then by a former one has places already.
    let had = Claims::in_item(found);
    for place in had.places.difference(&claims.places).filter(|_| row.is_some()) {
        batch.push(delete(table, place.key(id))?, WriteTarget::Rest);
    }
    let ends = row.and_then(item::ends);
    for place in &claims.places {
        batch.push(put(table, place.item(id, ends))?, WriteTarget::Rest);
    }
    Ok(Some(batch))
}

/// The write of the record itself.
fn record_part(
    table: &str,
    plan: &PlannedWrite<'_>,
    operation: Operation,
) -> Result<TransactWriteItem> {
    let written = plan.write.written();
    match plan.write {
        Write::Insert(_) => {
            let mut terms = ExpressionTerms::default();
            let absent = format!("attribute_not_exists({})", terms.name(schema::PARTITION_KEY));
            let item = Content::of(&written)?.item(&written, operation, plan.stamp);
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression(absent)
                .set_expression_attribute_names(Some(terms.names))
                .return_values_on_condition_check_failure(ALL_OLD);
            Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
        }
        Write::Save(row) => {
            let content = Content::of(&written)?;
            let replacement = Replacement::of(row, &content, &plan.had, operation, plan.stamp);
            replacement.part(table).map_err(incomplete)
        }
        Write::Delete(row) => {
            let mut terms = ExpressionTerms::default();
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(row_key(row.kind(), row.id())))
                .condition_expression(terms.unmoved(row.revision(), &plan.had))
                .set_expression_attribute_names(Some(terms.names))
                .set_expression_attribute_values(Some(terms.values))
                .return_values_on_condition_check_failure(ALL_OLD);
            Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
        }
    }
}

/// The note that a record is gone.
fn deletion(kind: Kind, id: &str, at: u64) -> Item {
    let mut item = deletion_key(kind, id);
    let ends = at / 1_000_000 + stamp::DELETIONS_FOR.as_secs() + 3_600;
    item.insert(schema::INDEX_SORT_KEY.to_owned(), text(stamp::text(at)));
    item.insert(schema::TIME_TO_LIVE.to_owned(), number(ends));
    item
}

fn put(table: &str, item: Item) -> Result<TransactWriteItem> {
    let put = Put::builder().table_name(table).set_item(Some(item));
    Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
}

fn delete(table: &str, key: Item) -> Result<TransactWriteItem> {
    let delete = Delete::builder().table_name(table).set_key(Some(key));
    Ok(TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build())
}

/// Claims a unique key, releases it, or hands it from one record to another.
fn pass(
    table: &str,
    kind: Kind,
    unique: &str,
    passing: &KeyTransfer,
) -> Result<TransactWriteItem, BuildError> {
    let mut terms = ExpressionTerms::default();
    // It is free, or held by the record that releases it; of one that is only claimed, by the claimant itself.
    let (key, row) = (terms.name(schema::PARTITION_KEY), terms.name(schema::ROW));
    let had_by = passing.from.as_ref().or(passing.to.as_ref()).cloned().unwrap_or_default();
    let condition =
        format!("attribute_not_exists({key}) OR {row} = {}", terms.value("id", text(had_by)));
    let Some(id) = &passing.to else {
        let delete = Delete::builder()
            .table_name(table)
            .set_key(Some(text_key(kind, unique)))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(terms.names))
            .set_expression_attribute_values(Some(terms.values));
        return Ok(TransactWriteItem::builder().delete(delete.build()?).build());
    };
    let mut item = text_key(kind, unique);
    item.insert(schema::ROW.to_owned(), text(id));
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(terms.names))
        .set_expression_attribute_values(Some(terms.values));
    Ok(TransactWriteItem::builder().put(put.build()?).build())
}

/// Two records of one batch claim one key.
fn twice(row: &Record, unique: &str) -> Error {
    let error = Error::new(ErrorKind::Conflict, "claiming a unique key");
    error.about("kind", row.kind().name()).about("id", row.id()).about("unique", unique)
}

/// More than DynamoDB writes at once.
fn too_many(items: usize) -> Error {
    Error::new(ErrorKind::Invalid, "committing writes").about("items", items).advise(format!(
        "DynamoDB writes {AT_ONCE} items at once, and these records, their keys and their places in indexes are {items}. Write \
         them in several commits."
    ))
}

fn incomplete(error: BuildError) -> Error {
    Error::new(ErrorKind::Unexpected, "putting a write together").caused_by(error)
}

/// Why a write was not made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// The records of these writes were not as they were read; as they are, where they are there.
    Rows(Vec<(usize, Option<Item>)>),
    /// Another record has this key, which this write claims.
    Text(usize, String),
    /// Another write was in progress: a retry may succeed.
    Busy,
    /// Something else.
    Other(ErrorKind),
}

/// What a write met that was refused for its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CurrentRow {
    /// No row.
    Gone,
    /// What it had written itself: its answer was lost, and it was sent again.
    Itself,
    /// Another revision than was read.
    Moved,
    /// The revision that was read, with these keys and places.
    Claims(Claims),
}

/// What a write of what was read at `revision` met, by the row as it is.
pub(super) fn current_row(row: Option<&Item>, revision: u64, operation: Operation) -> CurrentRow {
    let Some(row) = row else { return CurrentRow::Gone };
    if item::was_written_by(row, revision.saturating_add(1), operation) {
        CurrentRow::Itself
    } else if item::revision_of(row) == Some(revision) {
        CurrentRow::Claims(Claims::in_item(row))
    } else {
        CurrentRow::Moved
    }
}

#[cfg(test)]
mod tests;
