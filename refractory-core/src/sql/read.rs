//! Reading: one statement for each answer.
use sea_orm::sea_query::{Expr, JoinType, Order, Query as Select, SelectStatement, UnionType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait,
};

use super::entity::{record, record_key};
use super::json;
use crate::ports::{Change, Changes, Cursor, Kind, Position, Query, Scope, UniqueKey};

/// A record as the table has it, and its sort value in the query that found it.
pub(super) struct Found {
    pub(super) model: record::Model,
    sort: String,
}

/// The record `id` of `kind`.
pub(super) async fn by_id(
    reads: &DatabaseConnection,
    kind: Kind,
    id: &str,
) -> Result<Option<record::Model>, DbErr> {
    one(reads, kind, record::Column::Id.eq(id)).await
}

/// The record that has `key`.
pub(super) async fn by_key(
    reads: &DatabaseConnection,
    key: &UniqueKey,
) -> Result<Option<record::Model>, DbErr> {
    let holder = record_key::Entity::find()
        .select_only()
        .column(record_key::Column::Id)
        .filter(record_key::Column::Kind.eq(key.kind().name()))
        .filter(record_key::Column::UniqueText.eq(key.text()))
        .into_query();
    one(reads, key.kind(), record::Column::Id.in_subquery(holder)).await
}

async fn one(
    reads: &DatabaseConnection,
    kind: Kind,
    which: Expr,
) -> Result<Option<record::Model>, DbErr> {
    let query = record::Entity::find()
        .filter(record::Column::Kind.eq(kind.name()))
        .filter(which)
        .into_query();
    let found = reads.query_one(&query).await?;
    Ok(found.map(|found| json::model_of(kind, &found)))
}

/// The keys that the record `id` of `kind` has.
pub(super) async fn keys(
    reads: &DatabaseConnection,
    kind: Kind,
    id: &str,
) -> Result<Vec<String>, DbErr> {
    let found = record_key::Entity::find()
        .filter(record_key::Column::Kind.eq(kind.name()))
        .filter(record_key::Column::Id.eq(id))
        .order_by_asc(record_key::Column::UniqueText)
        .all(reads)
        .await?;
    Ok(found.into_iter().map(|key| key.unique_text).collect())
}

/// The records of one page, and where the next one begins.
pub(super) async fn page(
    reads: &DatabaseConnection,
    query: &Query,
) -> Result<(Vec<Found>, Option<Cursor>), DbErr> {
    let select = match query.scope() {
        Scope::Kind(kind) => of_kind(*kind, query),
        Scope::Partition(index, partition) => {
            of_partition(index.name(), index.kind(), partition, query)
        }
    };
    let found = reads.query_all(&select).await?;
    let of = |found: &QueryResult| Found {
        model: json::model_of(query.kind(), found),
        sort: found.try_get("", "sort").unwrap_or_default(),
    };
    let mut all: Vec<_> = found.iter().map(of).collect();
    let more = all.len() > query.page_size();
    all.truncate(query.page_size());
    let last = all.last().filter(|_| more);
    let next = last.map(|last| Cursor::new(&last.sort, &last.model.id));
    Ok((all, next))
}

fn of_kind(kind: Kind, query: &Query) -> SelectStatement {
    let id = || Expr::col(("record", "id"));
    let mut select = columns();
    select
        .expr_as(id(), "sort")
        .from("record")
        .and_where(Expr::col(("record", "kind")).eq(kind.name()))
        .and_where_option(query.least().map(|least| id().gte(least)))
        .and_where_option(query.bound().map(|bound| id().lt(bound)))
        .and_where_option(query.cursor().map(|cursor| {
            if query.is_descending() { id().lt(cursor.id()) } else { id().gt(cursor.id()) }
        }))
        .order_by(("record", "id"), order(query))
        .limit(room(query));
    select
}

fn of_partition(index: &str, kind: Kind, partition: &str, query: &Query) -> SelectStatement {
    let place = |column: &'static str| Expr::col(("record_index", column));
    let mut select = columns();
    select
        .expr_as(place("sort"), "sort")
        .from("record_index")
        .join(
            JoinType::InnerJoin,
            "record",
            Expr::col(("record", "kind"))
                .eq(kind.name())
                .and(Expr::col(("record", "id")).equals(("record_index", "id"))),
        )
        .and_where(place("name").eq(index))
        .and_where(place("part").eq(partition))
        .and_where_option(query.least().map(|least| place("sort").gte(least)))
        .and_where_option(query.bound().map(|bound| place("sort").lt(bound)));
    if let Some(cursor) = query.cursor() {
        // Two comparisons of which the first bounds what is read.
        let (near, beyond) = if query.is_descending() {
            (
                place("sort").lte(cursor.sort()),
                place("sort").lt(cursor.sort()).or(place("id").lt(cursor.id())),
            )
        } else {
            (
                place("sort").gte(cursor.sort()),
                place("sort").gt(cursor.sort()).or(place("id").gt(cursor.id())),
            )
        };
        select.and_where(near).and_where(beyond);
    }
    select
        .order_by(("record_index", "sort"), order(query))
        .order_by(("record_index", "id"), order(query))
        .limit(room(query));
    select
}

fn columns() -> SelectStatement {
    let mut select = Select::select();
    for column in ["id", "revision", "format", "body", "position", "claims"] {
        select.column(("record", column));
    }
    select
}

fn order(query: &Query) -> Order {
    if query.is_descending() { Order::Desc } else { Order::Asc }
}

/// One more than a page has: so it is known whether another follows.
fn room(query: &Query) -> u64 {
    u64::try_from(query.page_size()).unwrap_or(u64::MAX).saturating_add(1)
}

/// Every record of `kind`, in the order of ids, as the table has them.
pub(super) async fn all(
    database: &impl ConnectionTrait,
    kind: Kind,
) -> Result<Vec<record::Model>, DbErr> {
    let mut select = columns();
    select.from("record").and_where(Expr::col(("record", "kind")).eq(kind.name()));
    let found = database.query_all(&select).await?;
    Ok(found.iter().map(|found| json::model_of(kind, found)).collect())
}

/// What was written to `kind` after `after`.
pub(super) async fn changes(
    reads: &DatabaseConnection,
    kind: Kind,
    after: Position,
    limit: usize,
) -> Result<Changes, DbErr> {
    let since = i64::try_from(after.0).unwrap_or(i64::MAX);
    let limit = limit.max(1);
    let room = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // One statement sees one moment: between two, a write could be passed over.
    let mut written = Select::select()
        .column("id")
        .column("revision")
        .column("position")
        .from("record")
        .and_where(Expr::col("kind").eq(kind.name()))
        .and_where(Expr::col("position").gt(since))
        .take();
    let deleted = Select::select()
        .column("id")
        .expr(Expr::value(-1_i64))
        .column("position")
        .from("deletion")
        .and_where(Expr::col("kind").eq(kind.name()))
        .and_where(Expr::col("position").gt(since))
        .take();
    written.union(UnionType::All, deleted).order_by("position", Order::Asc).limit(room);
    let found = reads.query_all(&written).await?;
    let mut told = Changes { next: after, ..Changes::default() };
    told.more = found.len() > limit;
    for found in found.iter().take(limit) {
        let position: i64 = found.try_get("", "position")?;
        told.next = Position(u64::try_from(position).unwrap_or_default());
        let Ok(id) = found.try_get("", "id") else { continue };
        let revision = found.try_get::<i64>("", "revision").unwrap_or_default();
        told.changes.push(Change { id, revision: u64::try_from(revision).ok() });
    }
    if after != Position::START && since < floor(reads).await? {
        return Ok(Changes { next: after, expired: true, ..Changes::default() });
    }
    Ok(told)
}

/// The position of the last write of any kind. Writers take theirs one after another, so none that is earlier comes later.
pub(super) async fn position(reads: &DatabaseConnection) -> Result<Position, DbErr> {
    let select = Select::select().column("value").from("store_position").take();
    let found = reads.query_one(&select).await?;
    let value: i64 = found.map_or(Ok(0), |found| found.try_get("", "value"))?;
    Ok(Position(u64::try_from(value).unwrap_or_default()))
}

/// The position up to which deletions were forgotten.
async fn floor(reads: &DatabaseConnection) -> Result<i64, DbErr> {
    let select = Select::select().column("floor").from("store_position").take();
    let found = reads.query_one(&select).await?;
    found.map_or(Ok(0), |found| found.try_get("", "floor"))
}
