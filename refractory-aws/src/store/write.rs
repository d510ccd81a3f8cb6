//! Writes as DynamoDB is told them, and what its refusals mean. Pure.
use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::client::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use refractory_core::ports::{Body, DamagedRecord, Kind};
use refractory_core::{Error, ErrorKind, Result};

use super::item::{self, Content, Item, listed, number, row_key, text, text_key};
use super::operation::{Operation, REMEMBERED};
use super::schema;

/// What a row claims.
pub(super) type Texts = BTreeSet<String>;

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// Names and values that an expression stands on. Every name has an alias: DynamoDB keeps five hundred words for itself.
#[derive(Debug, Default)]
struct Terms {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Terms {
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

    /// That a row is as it was read.
    fn unmoved(&mut self, revision: u64, texts: &Texts) -> String {
        let revision_is = self.value("had_rev", number(revision));
        let texts_are = self.value("had_txt", listed(texts));
        let (revision, texts) = (self.name(schema::REVISION), self.name(schema::TEXTS));
        format!("{revision} = {revision_is} AND {texts} = {texts_are}")
    }
}

/// The replacement of a row that is still as it was read.
#[derive(Debug)]
pub(super) struct Replacement {
    key: Item,
    condition: String,
    update: String,
    terms: Terms,
}

impl Replacement {
    /// Replaces what was read at revision `read` and claimed `had` by `content`, at the next revision.
    pub(super) fn of(row: &Body, content: &Content, had: &Texts, operation: Operation) -> Self {
        let mut terms = Terms::default();
        let condition = terms.unmoved(row.revision(), had);
        let next = row.revision().saturating_add(1);
        let written = content.attributes().into_iter().chain([(schema::REVISION, number(next))]);
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

    /// As a request of its own.
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

/// Writes that are made together or not at all: first one of a row, then one for each text that it claims or releases.
#[derive(Debug)]
pub(super) struct Batch {
    parts: Vec<TransactWriteItem>,
    texts: Vec<String>,
}

impl Batch {
    /// Adds `row`, which claims its texts.
    pub(super) fn adding(
        table: &str,
        row: &Body,
        content: &Content,
        operation: Operation,
    ) -> Result<Self> {
        let mut terms = Terms::default();
        let absent = format!("attribute_not_exists({})", terms.name(schema::PARTITION_KEY));
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(content.item(row, operation)))
            .condition_expression(absent)
            .set_expression_attribute_names(Some(terms.names))
            .return_values_on_condition_check_failure(ALL_OLD);
        let first = TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build();
        Self::of(table, row, first, &Texts::new(), &content.texts)
    }

    /// Replaces `row`, which had the texts `had` and now claims those of `content`.
    pub(super) fn replacing(
        table: &str,
        row: &Body,
        content: &Content,
        had: &Texts,
        operation: Operation,
    ) -> Result<Self> {
        let first =
            Replacement::of(row, content, had, operation).part(table).map_err(incomplete)?;
        Self::of(table, row, first, had, &content.texts)
    }

    /// Deletes `row` and releases the texts `had`.
    pub(super) fn deleting(table: &str, row: &Body, had: &Texts) -> Result<Self> {
        let mut terms = Terms::default();
        let delete = Delete::builder()
            .table_name(table)
            .set_key(Some(row_key(row.kind(), row.id())))
            .condition_expression(terms.unmoved(row.revision(), had))
            .set_expression_attribute_names(Some(terms.names))
            .set_expression_attribute_values(Some(terms.values))
            .return_values_on_condition_check_failure(ALL_OLD);
        let first =
            TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build();
        Self::of(table, row, first, had, &Texts::new())
    }

    /// Deletes a record that cannot be read, as long as it is what was read, and releases its texts.
    pub(super) fn discarding(table: &str, record: &DamagedRecord) -> Result<Self> {
        let mut terms = Terms::default();
        let (key, body) = (terms.name(schema::PARTITION_KEY), terms.name(schema::BODY));
        // Any of its attributes may be missing.
        let condition = if record.text.is_empty() {
            format!("attribute_exists({key})")
        } else {
            format!("{body} = {}", terms.value("had", text(&record.text)))
        };
        terms.names.retain(|alias, _| condition.contains(alias.as_str()));
        let values = (!terms.values.is_empty()).then_some(terms.values);
        let delete = Delete::builder()
            .table_name(table)
            .set_key(Some(row_key(record.kind, &record.id)))
            .condition_expression(condition)
            .set_expression_attribute_names(Some(terms.names))
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ALL_OLD);
        let first =
            TransactWriteItem::builder().delete(delete.build().map_err(incomplete)?).build();
        let mut batch = Self { parts: vec![first], texts: Vec::new() };
        for released in &record.unique {
            let part = release(table, record.kind, &record.id, released).map_err(incomplete)?;
            batch.parts.push(part);
            batch.texts.push(released.clone());
        }
        Ok(batch)
    }

    fn of(
        table: &str,
        row: &Body,
        first: TransactWriteItem,
        had: &Texts,
        has: &Texts,
    ) -> Result<Self> {
        let (kind, id) = (row.kind(), row.id());
        let mut batch = Self { parts: vec![first], texts: Vec::new() };
        for released in had.difference(has) {
            batch.parts.push(release(table, kind, id, released).map_err(incomplete)?);
            batch.texts.push(released.clone());
        }
        for claimed in has.difference(had) {
            batch.parts.push(claim(table, kind, id, claimed).map_err(incomplete)?);
            batch.texts.push(claimed.clone());
        }
        Ok(batch)
    }

    /// The writes, in order.
    pub(super) fn parts(&self) -> Vec<TransactWriteItem> {
        self.parts.clone()
    }

    /// What the reasons of a cancelled transaction say, which stand in the order of its writes.
    pub(super) fn refusal(&self, reasons: &[CancellationReason]) -> Refusal {
        let failed = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
        if let Some(row) = reasons.first().filter(|reason| failed(reason)) {
            return Refusal::Row(row.item().filter(|item| !item.is_empty()).cloned());
        }
        let mut texts = self.texts.iter().zip(reasons.iter().skip(1));
        if let Some((text, _)) = texts.find(|(_, reason)| failed(reason)) {
            return Refusal::Text(text.clone());
        }
        let codes = reasons.iter().filter_map(CancellationReason::code);
        let kinds: Vec<_> = codes.filter(|code| *code != "None").map(cancelled).collect();
        match kinds.iter().find(|kind| **kind != ErrorKind::Unavailable) {
            Some(kind) => Refusal::Other(*kind),
            None if kinds.is_empty() => Refusal::Other(ErrorKind::Unexpected),
            None => Refusal::Busy,
        }
    }
}

/// What a code of a cancelled transaction means that is no failed condition.
fn cancelled(code: &str) -> ErrorKind {
    match code {
        "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {
            ErrorKind::Unavailable
        }
        "ItemCollectionSizeLimitExceeded" => ErrorKind::Exhausted,
        "ValidationError" => ErrorKind::Invalid,
        _ => ErrorKind::Unexpected,
    }
}

fn claim(table: &str, kind: Kind, id: &str, unique: &str) -> Result<TransactWriteItem, BuildError> {
    let mut terms = Terms::default();
    let condition = free_or_of(&mut terms, id);
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

fn release(
    table: &str,
    kind: Kind,
    id: &str,
    unique: &str,
) -> Result<TransactWriteItem, BuildError> {
    let mut terms = Terms::default();
    let condition = free_or_of(&mut terms, id);
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(text_key(kind, unique)))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(terms.names))
        .set_expression_attribute_values(Some(terms.values));
    Ok(TransactWriteItem::builder().delete(delete.build()?).build())
}

/// That nobody else has a text.
fn free_or_of(terms: &mut Terms, id: &str) -> String {
    let (key, row) = (terms.name(schema::PARTITION_KEY), terms.name(schema::ROW));
    format!("attribute_not_exists({key}) OR {row} = {}", terms.value("id", text(id)))
}

fn incomplete(error: BuildError) -> Error {
    Error::new(ErrorKind::Unexpected, "putting a write together").caused_by(error)
}

/// Why a write was not made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// The row was not as it was read; as it is, if it is there.
    Row(Option<Item>),
    /// Another row has this text.
    Text(String),
    /// Somebody else's write was under way: the same may go well in a moment.
    Busy,
    /// Something else.
    Other(ErrorKind),
}

/// What a write met that was refused for its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Met {
    /// No row.
    Gone,
    /// What it had written itself: its answer was lost, and it was sent again.
    Itself,
    /// Another revision than was read.
    Moved,
    /// The revision that was read, with these texts.
    Texts(Texts),
}

/// What a write of what was read at `revision` met, by the row as it is.
pub(super) fn met(row: Option<&Item>, revision: u64, operation: Operation) -> Met {
    let Some(row) = row else { return Met::Gone };
    if item::was_written_by(row, revision.saturating_add(1), operation) {
        Met::Itself
    } else if item::revision_of(row) == Some(revision) {
        Met::Texts(item::texts_of(row))
    } else {
        Met::Moved
    }
}

#[cfg(test)]
mod tests;
