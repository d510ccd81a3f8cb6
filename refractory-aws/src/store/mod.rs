//! Where everything is written down: one table of DynamoDB.
//!
//! A row is one item, and each text that it claims is another ([`schema`]). A save is one conditional write of one
//! item; where texts come or go, and whenever a row does, all items are written in one transaction. Nothing is ever
//! scanned. Every read is consistent, so workers see each other's writes at once.
//!
//! What it costs in units of DynamoDB, for rows of 2 KB with one text, as `tests/it/store/cost.rs` measures it: a save
//! 3 written in one request; a save that changes a text 9 and the 2 of its first request, which is refused; an insert or
//! a delete 7; a load 1 read; `heads` of 1 000 rows 11, and a `list` of them 455.
mod call;
mod item;
mod operation;
pub mod schema;
mod write;

use std::fmt;

use refractory_core::ports::{Body, DamagedRecord, Head, Kind, Records, Store};
use refractory_core::{Error, ErrorKind, Result, async_trait};

use self::call::Table;
use self::item::{Content, Item, row_key, text_key, text_of};
use self::operation::Operation;
use self::write::{Batch, Met, Refusal, Replacement, Texts, met};
use crate::Clients;
use crate::bound::bounded;

/// No id is longer, so a longer one names nothing, and no key of DynamoDB is empty.
const LONGEST_ID: usize = 64;
/// How often a search is begun again when the row that it found gave up the text in the same moment.
const SEARCHES: usize = 4;

/// A store in one table of DynamoDB, made as [`schema`] says.
///
/// Any number of processes may use one table. Clones share their connections. Each call ends within eight seconds.
#[derive(Clone)]
pub struct DynamoStore(Table);

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamoStore({})", self.0.name)
    }
}

impl DynamoStore {
    /// The store in `table`; nothing is asked.
    pub fn new(clients: &Clients, table: &str) -> Self {
        Self(Table { client: clients.dynamodb.clone(), name: table.into() })
    }

    async fn add(&self, row: &Body) -> Result<Body> {
        const DURING: &str = "adding a row";
        let new = row.clone().at_revision(1);
        let (content, operation) = (Content::of(&new)?, Operation::fresh()?);
        let batch = Batch::adding(&self.0.name, &new, &content, operation)?;
        match self.0.transact(DURING, &batch, operation).await? {
            Ok(()) => Ok(new),
            Err(Refusal::Row(found)) => match met(found.as_ref(), 0, operation) {
                Met::Itself => Ok(new),
                Met::Gone | Met::Moved | Met::Texts(_) => Err(moved(DURING, row)),
            },
            Err(refusal) => Err(taken(DURING, row, &refusal)),
        }
    }

    async fn replace(&self, row: &Body) -> Result<Body> {
        const DURING: &str = "saving a row";
        let next = row.clone().at_revision(row.revision().saturating_add(1));
        let (content, operation) = (Content::of(&next)?, Operation::fresh()?);
        // Nearly always the texts are those that it had, and one item is all there is to write.
        let replacement = Replacement::of(row, &content, &content.texts, operation);
        let Err(found) = self.0.replace(DURING, &replacement).await? else { return Ok(next) };
        let had = match met(found.as_ref(), row.revision(), operation) {
            Met::Itself => return Ok(next),
            Met::Gone => return Err(gone(DURING, row)),
            Met::Moved => return Err(moved(DURING, row)),
            Met::Texts(had) => had,
        };
        let batch = Batch::replacing(&self.0.name, row, &content, &had, operation)?;
        match self.0.transact(DURING, &batch, operation).await? {
            Ok(()) => Ok(next),
            Err(Refusal::Row(found)) => match met(found.as_ref(), row.revision(), operation) {
                Met::Itself => Ok(next),
                Met::Gone => Err(gone(DURING, row)),
                Met::Moved | Met::Texts(_) => Err(moved(DURING, row)),
            },
            Err(refusal) => Err(taken(DURING, row, &refusal)),
        }
    }

    async fn remove(&self, row: &Body) -> Result<()> {
        const DURING: &str = "deleting a row";
        let Some(had) = self.remove_with(DURING, row, &row.unique().into_iter().collect()).await?
        else {
            return Ok(());
        };
        // It is to be deleted with texts that it does not have: those that it has count.
        let moved_again = self.remove_with(DURING, row, &had).await?;
        moved_again.map_or(Ok(()), |_| Err(moved(DURING, row)))
    }

    /// Deletes `row` and the texts `had`; the texts that it has, if those are others.
    async fn remove_with(
        &self,
        during: &'static str,
        row: &Body,
        had: &Texts,
    ) -> Result<Option<Texts>> {
        let batch = Batch::deleting(&self.0.name, row, had)?;
        // Nothing is left in which a name could stand: that it is made once is seen to by its token.
        let operation = Operation::fresh()?;
        let found = match self.0.transact(during, &batch, operation).await? {
            Ok(()) => return Ok(None),
            Err(Refusal::Row(found)) => found,
            Err(refusal) => return Err(taken(during, row, &refusal)),
        };
        match met(found.as_ref(), row.revision(), operation) {
            Met::Texts(has) => Ok(Some(has)),
            Met::Gone => Err(gone(during, row)),
            Met::Moved | Met::Itself => Err(moved(during, row)),
        }
    }

    async fn search(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        const DURING: &str = "finding a row";
        for _ in 0..SEARCHES {
            let Some(holder) = self.0.get(DURING, text_key(kind, unique)).await? else {
                return Ok(None);
            };
            let id = text_of(&holder, schema::ROW).unwrap_or_default();
            let row = self.read(DURING, kind, id).await?;
            // Between the two reads it may have given up the text: then somebody else may have it.
            if let Some(row) = row.filter(|row| row.unique().iter().any(|text| text == unique)) {
                return Ok(Some(row));
            }
        }
        let error = Error::new(ErrorKind::Unavailable, DURING).about("kind", kind.name());
        Err(error.about("unique", unique))
    }

    async fn read(&self, during: &'static str, kind: Kind, id: &str) -> Result<Option<Body>> {
        if id.is_empty() || id.len() > LONGEST_ID {
            return Ok(None);
        }
        let found: Option<Item> = self.0.get(during, row_key(kind, id)).await?;
        found.map(|item| item::read(kind, &item)).transpose()
    }
}

#[async_trait]
impl Store for DynamoStore {
    async fn insert(&self, row: &Body) -> Result<Body> {
        bounded("adding a row", self.add(row)).await
    }

    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>> {
        bounded("loading a row", self.read("loading a row", kind, id)).await
    }

    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        bounded("finding a row", self.search(kind, unique)).await
    }

    async fn list(&self, kind: Kind) -> Result<Vec<Body>> {
        Ok(self.scan(kind).await?.rows)
    }

    async fn scan(&self, kind: Kind) -> Result<Records> {
        let rows = bounded("listing rows", self.0.rows("listing rows", kind)).await?;
        Ok(item::read_all(kind, &rows))
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        const DURING: &str = "removing a damaged record";
        let batch = Batch::discarding(&self.0.name, record)?;
        let operation = Operation::fresh()?;
        let kind = match bounded(DURING, self.0.transact(DURING, &batch, operation)).await? {
            Ok(()) => return Ok(()),
            Err(Refusal::Row(None)) => ErrorKind::NotFound,
            Err(_) => ErrorKind::Conflict,
        };
        Err(Error::new(kind, DURING).about("kind", record.kind.name()).about("id", &record.id))
    }

    async fn heads(&self, kind: Kind) -> Result<Vec<Head>> {
        let entries = self.0.entries("listing revisions", kind);
        let entries = bounded("listing revisions", entries).await?;
        Ok(entries.iter().filter_map(item::head).collect())
    }

    async fn save(&self, row: &Body) -> Result<Body> {
        bounded("saving a row", self.replace(row)).await
    }

    async fn delete(&self, row: &Body) -> Result<()> {
        bounded("deleting a row", self.remove(row)).await
    }
}

fn about(kind: ErrorKind, during: &'static str, row: &Body) -> Error {
    Error::new(kind, during).about("kind", row.kind().name()).about("id", row.id())
}

/// Somebody wrote it first.
fn moved(during: &'static str, row: &Body) -> Error {
    about(ErrorKind::Conflict, during, row)
}

/// It is not there.
fn gone(during: &'static str, row: &Body) -> Error {
    about(ErrorKind::NotFound, during, row)
}

/// Another row has one of its texts.
fn taken(during: &'static str, row: &Body, refusal: &Refusal) -> Error {
    let error = moved(during, row);
    if let Refusal::Text(unique) = refusal { error.about("unique", unique) } else { error }
}

#[cfg(test)]
mod tests;
