//! The store over SQL.
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait,
    ExprTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use super::codec::{decode, encode};
use super::entity::{row, row_text};
use super::error::translate;
use crate::ports::{Body, Head, Kind, Store};
use crate::{Error, ErrorKind, Result, async_trait};

/// A store in `SQLite` or PostgreSQL.
///
/// Each write is one transaction that begins with a write, so that no two writers ever wait for each other in a circle.
#[derive(Debug, Clone)]
pub struct SqlStore {
    database: DatabaseConnection,
}

impl SqlStore {
    pub(super) fn over(database: DatabaseConnection) -> Self {
        Self { database }
    }

    async fn begin(&self) -> Result<DatabaseTransaction> {
        self.database.begin().await.map_err(|error| translate(error, "beginning a write"))
    }

    async fn row(&self, kind: Kind, id: &str) -> Result<Option<row::Model>> {
        let found = row::Entity::find_by_id((kind.name().to_owned(), id.to_owned()))
            .one(&self.database)
            .await;
        found.map_err(|error| translate(error, "reading a row"))
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn insert(&self, body: &Body) -> Result<Body> {
        let written = body.clone().at_revision(1);
        let model = row::ActiveModel {
            kind: Set(written.kind().name().to_owned()),
            id: Set(written.id().to_owned()),
            revision: Set(1),
            body: Set(encode(&written)?),
        };
        let work = self.begin().await?;
        let during = "adding a row";
        row::Entity::insert(model)
            .exec_without_returning(&work)
            .await
            .map_err(|error| translate(error, during))?;
        claim(&work, &written, written.unique()).await.map_err(|error| translate(error, during))?;
        work.commit().await.map_err(|error| translate(error, during))?;
        Ok(written)
    }

    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>> {
        self.row(kind, id).await?.map(|model| decode(kind, &model)).transpose()
    }

    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        let text = row_text::Entity::find_by_id((kind.name().to_owned(), unique.to_owned()))
            .one(&self.database)
            .await;
        match text.map_err(|error| translate(error, "finding a row"))? {
            // The text may have moved on since it was read.
            Some(text) => Ok(self
                .load(kind, &text.id)
                .await?
                .filter(|body| body.unique().iter().any(|held| held == unique))),
            None => Ok(None),
        }
    }

    async fn list(&self, kind: Kind) -> Result<Vec<Body>> {
        let models = row::Entity::find()
            .filter(row::Column::Kind.eq(kind.name()))
            .order_by_asc(row::Column::Id)
            .all(&self.database)
            .await;
        let mut bodies = models
            .map_err(|error| translate(error, "listing rows"))?
            .iter()
            .map(|model| decode(kind, model))
            .collect::<Result<Vec<_>>>()?;
        // A database sorts as its locale does; the contract is by the bytes of the id.
        bodies.sort_by(|one, other| one.id().cmp(other.id()));
        Ok(bodies)
    }

    async fn heads(&self, kind: Kind) -> Result<Vec<Head>> {
        let pairs: Result<Vec<(String, i64)>, DbErr> = row::Entity::find()
            .select_only()
            .column(row::Column::Id)
            .column(row::Column::Revision)
            .filter(row::Column::Kind.eq(kind.name()))
            .into_tuple()
            .all(&self.database)
            .await;
        let pairs = pairs.map_err(|error| translate(error, "looking for changes"))?;
        let mut heads: Vec<_> = pairs
            .into_iter()
            .map(|(id, revision)| Head {
                id,
                revision: u64::try_from(revision).unwrap_or_default(),
            })
            .collect();
        heads.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(heads)
    }

    async fn save(&self, body: &Body) -> Result<Body> {
        let during = "writing a row";
        let written = body.clone().at_revision(body.revision() + 1);
        let work = self.begin().await?;
        let changed = row::Entity::update_many()
            .col_expr(row::Column::Revision, Expr::value(signed(written.revision())?))
            .col_expr(row::Column::Body, Expr::value(encode(&written)?))
            .filter(this_row(body)?)
            .exec(&work)
            .await
            .map_err(|error| translate(error, during))?;
        if changed.rows_affected == 0 {
            // Let go of the only writer's place before anything else is asked.
            drop(work);
            return Err(self.why_not(body, during).await?);
        }
        keep_texts(&work, &written).await.map_err(|error| translate(error, during))?;
        work.commit().await.map_err(|error| translate(error, during))?;
        Ok(written)
    }

    async fn delete(&self, body: &Body) -> Result<()> {
        let during = "deleting a row";
        let work = self.begin().await?;
        let gone = row::Entity::delete_many()
            .filter(this_row(body)?)
            .exec(&work)
            .await
            .map_err(|error| translate(error, during))?;
        if gone.rows_affected == 0 {
            drop(work);
            return Err(self.why_not(body, during).await?);
        }
        row_text::Entity::delete_many()
            .filter(texts_of(body))
            .exec(&work)
            .await
            .map_err(|error| translate(error, during))?;
        work.commit().await.map_err(|error| translate(error, during))
    }
}

impl SqlStore {
    /// Why a write found no row to write.
    async fn why_not(&self, body: &Body, during: &'static str) -> Result<Error> {
        let kind = if self.row(body.kind(), body.id()).await?.is_some() {
            ErrorKind::Conflict
        } else {
            ErrorKind::NotFound
        };
        Ok(Error::new(kind, during).about("id", body.id()))
    }
}

fn signed(revision: u64) -> Result<i64> {
    i64::try_from(revision)
        .map_err(|error| Error::new(ErrorKind::Unexpected, "counting a revision").caused_by(error))
}

/// The row of `body` at the revision it was read at.
fn this_row(body: &Body) -> Result<Expr> {
    Ok(row::Column::Kind
        .eq(body.kind().name())
        .and(row::Column::Id.eq(body.id()))
        .and(row::Column::Revision.eq(signed(body.revision())?)))
}

fn texts_of(body: &Body) -> Expr {
    row_text::Column::Kind.eq(body.kind().name()).and(row_text::Column::Id.eq(body.id()))
}

async fn claim(work: &DatabaseTransaction, body: &Body, texts: Vec<String>) -> Result<(), DbErr> {
    let model = |text| row_text::ActiveModel {
        kind: Set(body.kind().name().to_owned()),
        text: Set(text),
        id: Set(body.id().to_owned()),
    };
    if texts.is_empty() {
        return Ok(());
    }
    row_text::Entity::insert_many(texts.into_iter().map(model))
        .exec_without_returning(work)
        .await
        .map(|_| ())
}

/// Lets go of the texts that `body` has no more, and claims those it has now.
async fn keep_texts(work: &DatabaseTransaction, body: &Body) -> Result<(), DbErr> {
    let wanted = body.unique();
    let held: Vec<String> = row_text::Entity::find()
        .filter(texts_of(body))
        .all(work)
        .await?
        .into_iter()
        .map(|text| text.text)
        .collect();
    let stale: Vec<_> = held.iter().filter(|text| !wanted.contains(text)).cloned().collect();
    if !stale.is_empty() {
        row_text::Entity::delete_many()
            .filter(texts_of(body).and(row_text::Column::Text.is_in(stale)))
            .exec(work)
            .await?;
    }
    claim(work, body, wanted.into_iter().filter(|text| !held.contains(text)).collect()).await
}
