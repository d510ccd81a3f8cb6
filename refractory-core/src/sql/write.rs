//! Writing: one transaction for each commit.
use std::collections::BTreeSet;
use std::time::Duration;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QuerySelect,
};

use super::entity::{deletion, record, record_index, record_key};
use super::error::told;
use super::json::{self, FORMAT};
use crate::ports::{IndexEntry, Kind, Record, Write};
use crate::{Clock, Error, ErrorKind, Result, SystemClock};

/// How long a deletion is told of.
const DELETIONS_FOR: Duration = Duration::from_hours(26);

/// What a record has beside itself: its keys and its places in the indexes.
pub(super) struct Claims {
    keys: BTreeSet<String>,
    pub(super) places: BTreeSet<IndexEntry>,
}

impl Claims {
    pub(super) fn of(record: &Record) -> Self {
        let keys = record.unique().iter().map(|key| key.text().to_owned()).collect();
        Self { keys, places: record.indexed().into_iter().collect() }
    }

    /// All of it as one text, so that one comparison tells whether it changes.
    pub(super) fn text(&self) -> String {
        let places = self.places.iter().map(|it| (it.index.name(), &*it.partition, &*it.sort));
        serde_json::json!({ "keys": self.keys, "places": places.collect::<Vec<_>>() }).to_string()
    }
}

/// Makes all `writes` in `work`.
pub(super) async fn commit(work: &DatabaseTransaction, writes: &[Write]) -> Result<Vec<Record>> {
    let first = positions(work, writes.len()).await?;
    let mut claiming = Vec::new();
    for (write, position) in writes.iter().zip(first..) {
        if write_record(work, write, position).await? {
            claiming.push((write.record(), Claims::of(write.record())));
        }
    }
    // A key may go from one record to another, so all are released first.
    let mut missing = Vec::new();
    for (record, claims) in claiming {
        missing.push((record, release(work, record, claims).await?));
    }
    for (record, claims) in missing {
        claim(work, record, &claims).await?;
    }
    Ok(writes.iter().map(Write::written).collect())
}

/// Takes `count` positions, and keeps other writers waiting till the end of the transaction: so positions are in the order of
/// commits. The first of them.
async fn positions(work: &DatabaseTransaction, count: usize) -> Result<i64> {
    const DURING: &str = "counting writes";
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let counted = Query::update()
        .table("store_position")
        .value("value", Expr::col("value").add(count))
        .returning_col("value")
        .take();
    let found = work.query_one(&counted).await.map_err(|error| told(error, DURING))?;
    let last = found.map(|found| found.try_get::<i64>("", "value"));
    match last {
        Some(last) => Ok(last.map_err(|error| told(error, DURING))? - count + 1),
        None => Err(Error::new(ErrorKind::Unexpected, DURING)),
    }
}

/// Writes the record alone; whether its keys and places are still to be written.
async fn write_record(work: &DatabaseTransaction, write: &Write, position: i64) -> Result<bool> {
    match write {
        Write::Insert(record) => add(work, record, position).await.map(|()| true),
        Write::Save(record) => replace(work, record, position).await,
        Write::Delete(record) => remove(work, record, position).await.map(|()| false),
    }
}

/// A revision as the database counts it; one that it cannot count is one that no record has.
fn counted(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(-1)
}

fn about(error: DbErr, during: &'static str, record: &Record) -> Error {
    told(error, during).about("kind", record.kind().name()).about("id", record.id())
}

async fn add(work: &DatabaseTransaction, given: &Record, position: i64) -> Result<()> {
    let model = record::ActiveModel {
        kind: Set(given.kind().name().to_owned()),
        id: Set(given.id().to_owned()),
        revision: Set(1),
        format: Set(FORMAT),
        body: Set(json::written(&given.clone().at_revision(1))?),
        position: Set(position),
        claims: Set(Claims::of(given).text()),
    };
    let added = record::Entity::insert(model).exec_without_returning(work).await;
    added.map(|_| ()).map_err(|error| about(error, "adding a record", given))
}

/// Replaces a record that is at the revision that was read; whether its keys or places change.
async fn replace(work: &DatabaseTransaction, given: &Record, position: i64) -> Result<bool> {
    const DURING: &str = "saving a record";
    let next = given.clone().at_revision(given.revision().saturating_add(1));
    let claims = Claims::of(given).text();
    let (revision, body) = (counted(next.revision()), json::written(&next)?);
    let update = |also: Option<Expr>| {
        record::Entity::update_many()
            .col_expr(record::Column::Revision, Expr::value(revision))
            .col_expr(record::Column::Format, Expr::value(FORMAT))
            .col_expr(record::Column::Body, Expr::value(&*body))
            .col_expr(record::Column::Position, Expr::value(position))
            .col_expr(record::Column::Claims, Expr::value(&*claims))
            .filter(also.into_iter().fold(as_read(given), Expr::and))
    };
    // Nearly always they are what they were.
    let same = update(Some(record::Column::Claims.eq(&*claims))).exec(work).await;
    if same.map_err(|error| about(error, DURING, given))?.rows_affected > 0 {
        return Ok(false);
    }
    let changed = update(None).exec(work).await;
    if changed.map_err(|error| about(error, DURING, given))?.rows_affected > 0 {
        return Ok(true);
    }
    Err(missed(work, given, DURING).await)
}

async fn remove(work: &DatabaseTransaction, given: &Record, position: i64) -> Result<()> {
    const DURING: &str = "deleting a record";
    let deleted = record::Entity::delete_many().filter(as_read(given)).exec(work).await;
    if deleted.map_err(|error| about(error, DURING, given))?.rows_affected == 0 {
        return Err(missed(work, given, DURING).await);
    }
    note_deletion(work, given.kind(), given.id(), position).await
}

/// Holds for a record at the revision that was read.
fn as_read(given: &Record) -> Expr {
    record::Column::Kind
        .eq(given.kind().name())
        .and(record::Column::Id.eq(given.id()))
        .and(record::Column::Revision.eq(counted(given.revision())))
}

/// Why a record was not met at the revision it was read at.
async fn missed(work: &DatabaseTransaction, given: &Record, during: &'static str) -> Error {
    let at = (given.kind().name().to_owned(), given.id().to_owned());
    let kind = match record::Entity::find_by_id(at).one(work).await {
        Ok(Some(_)) => ErrorKind::Conflict,
        Ok(None) => ErrorKind::NotFound,
        Err(error) => return told(error, during),
    };
    Error::new(kind, during).about("kind", given.kind().name()).about("id", given.id())
}

/// Notes that a record is gone, and forgets what went long ago.
pub(super) async fn note_deletion(
    work: &DatabaseTransaction,
    kind: Kind,
    id: &str,
    position: i64,
) -> Result<()> {
    const DURING: &str = "noting a deletion";
    if !kind.tells_deletions() {
        return Ok(());
    }
    let now = now();
    let note = deletion::ActiveModel {
        position: Set(position),
        kind: Set(kind.name().to_owned()),
        id: Set(id.to_owned()),
        at: Set(now),
    };
    let noted = deletion::Entity::insert(note).exec_without_returning(work).await;
    noted.map_err(|error| told(error, DURING))?;
    let past = now.saturating_sub(i64::try_from(DELETIONS_FOR.as_millis()).unwrap_or(i64::MAX));
    let last: Option<Option<i64>> = deletion::Entity::find()
        .select_only()
        .expr(deletion::Column::Position.max())
        .filter(deletion::Column::At.lt(past))
        .into_tuple()
        .one(work)
        .await
        .map_err(|error| told(error, DURING))?;
    let Some(last) = last.flatten() else { return Ok(()) };
    let floor = Query::update().table("store_position").value("floor", last).take();
    work.execute(&floor).await.map_err(|error| told(error, DURING))?;
    let forgotten = deletion::Entity::delete_many().filter(deletion::Column::Position.lte(last));
    forgotten.exec(work).await.map(|_| ()).map_err(|error| told(error, DURING))
}

/// Takes one position of its own.
pub(super) async fn position(work: &DatabaseTransaction) -> Result<i64> {
    positions(work, 1).await
}

fn now() -> i64 {
    i64::try_from(SystemClock.now().0).unwrap_or(i64::MAX)
}

/// Releases what `record` had and has no longer; what it has and had not.
async fn release(work: &DatabaseTransaction, record: &Record, mut has: Claims) -> Result<Claims> {
    const DURING: &str = "releasing the keys of a record";
    let (kind, id) = (record.kind().name(), record.id());
    let of_record = record_key::Column::Kind.eq(kind).and(record_key::Column::Id.eq(id));
    let had = record_key::Entity::find().filter(of_record.clone()).all(work).await;
    let had = had.map_err(|error| about(error, DURING, record))?;
    let gone: Vec<_> =
        had.iter().map(|key| key.unique_text.clone()).filter(|key| !has.keys.remove(key)).collect();
    if !gone.is_empty() {
        record_key::Entity::delete_many()
            .filter(of_record.and(record_key::Column::UniqueText.is_in(gone)))
            .exec(work)
            .await
            .map_err(|error| about(error, DURING, record))?;
    }
    let of_record = record_index::Column::Kind.eq(kind).and(record_index::Column::Id.eq(id));
    let had = record_index::Entity::find().filter(of_record).all(work).await;
    for place in had.map_err(|error| about(error, DURING, record))? {
        let is_there = |entry: &IndexEntry| {
            (entry.index.name(), &entry.partition, &entry.sort)
                == (place.name.as_str(), &place.part, &place.sort)
        };
        let kept = has.places.iter().find(|entry| is_there(entry)).cloned();
        if let Some(kept) = kept {
            has.places.remove(&kept);
        } else {
            let at = (place.name, place.part, place.sort, place.id);
            let deleted = record_index::Entity::delete_by_id(at).exec(work).await;
            deleted.map_err(|error| about(error, DURING, record))?;
        }
    }
    Ok(has)
}

async fn claim(work: &DatabaseTransaction, record: &Record, claims: &Claims) -> Result<()> {
    let keys: Vec<_> = claims.keys.iter().map(String::as_str).collect();
    let inserted = insert_claims(work, record.kind(), record.id(), &keys, &claims.places).await;
    inserted.map_err(|error| about(error, "claiming a unique key", record))
}

/// Adds `keys` and `places` of the record `id`.
pub(super) async fn insert_claims(
    work: &DatabaseTransaction,
    kind: Kind,
    id: &str,
    keys: &[&str],
    places: &BTreeSet<IndexEntry>,
) -> Result<(), DbErr> {
    let (kind, id) = (kind.name().to_owned(), id.to_owned());
    let key = |text: &&str| record_key::ActiveModel {
        kind: Set(kind.clone()),
        unique_text: Set((*text).to_owned()),
        id: Set(id.clone()),
    };
    if !keys.is_empty() {
        let keys = record_key::Entity::insert_many(keys.iter().map(key));
        keys.exec_without_returning(work).await?;
    }
    let place = |entry: &IndexEntry| record_index::ActiveModel {
        name: Set(entry.index.name().to_owned()),
        part: Set(entry.partition.clone()),
        sort: Set(entry.sort.clone()),
        id: Set(id.clone()),
        kind: Set(kind.clone()),
    };
    if !places.is_empty() {
        let places = record_index::Entity::insert_many(places.iter().map(place));
        places.exec_without_returning(work).await?;
    }
    Ok(())
}
