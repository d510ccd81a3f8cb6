//! Bringing a table that an earlier version wrote up to date.
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use refractory_core::ports::{Kind, Record};
use refractory_core::{Error, ErrorKind, Result};

use super::call::ItemQuery;
use super::item::{self, Claims, Item, text_of};
use super::write::upgraded;
use super::{DynamoStore, schema};

/// The form of the table that this version writes.
pub(super) const VERSION: u64 = 4;

const DURING: &str = "bringing the table up to date";

impl DynamoStore {
    /// Brings a table that an earlier version wrote up to date, and refuses one that a newer version wrote. One read where
    /// nothing is to be done. May be broken off at any moment, and made by several processes at once. What cannot be read stays.
    /// What a program of the earlier version writes meanwhile can be read, and is brought up to date with its next write.
    ///
    /// The stack keeps every moment of the last weeks (point-in-time recovery): that is the copy to go back to.
    ///
    /// # Errors
    ///
    /// `Invalid` (a newer version wrote it), `Unavailable`.
    pub async fn upgrade(&self) -> Result<()> {
        let mark = item::key("schema".to_owned(), "version".to_owned());
        let found = self.table.get(DURING, mark.clone()).await?;
        let number = found.as_ref().and_then(|item| item.get(schema::NUMBER)?.as_n().ok());
        match number.and_then(|number| number.parse::<u64>().ok()) {
            Some(VERSION) => return Ok(()),
            Some(newer) if newer > VERSION => return Err(newer_table(newer)),
            Some(_) | None => {}
        }
        for kind in Kind::ALL {
            self.upgrade_kind(kind).await?;
        }
        let mut mark = mark;
        mark.insert(schema::NUMBER.to_owned(), item::number(VERSION));
        self.table.put(DURING, mark).await
    }

    async fn upgrade_kind(&self, kind: Kind) -> Result<()> {
        const AT_ONCE: usize = 100;
        const TOGETHER: usize = 16;
        let mut start = None;
        loop {
            let reading = ItemQuery {
                index: None,
                sort_key: schema::SORT_KEY,
                partition: kind.name().to_owned(),
                from: schema::BETWEEN.to_string(),
                to: schema::DELETED.to_owned(),
                descending: false,
                start,
            };
            let items = self.table.read(DURING, &reading, AT_ONCE).await?;
            let last = items.last().filter(|_| items.len() == AT_ONCE);
            let last = last.and_then(|item| text_of(item, schema::SORT_KEY)).map(ToOwned::to_owned);
            if !items.is_empty() {
                // So that not each of them asks for the latest one.
                self.stamp(kind).await?;
            }
            // Each is its own request, so several are made at once.
            let upgrades = items.into_iter().map(|item| self.upgrade_item(kind, item));
            stream::iter(upgrades).buffer_unordered(TOGETHER).try_collect::<()>().await?;
            let Some(id) = last else { return Ok(()) };
            start = Some(item::row_key(kind, &id));
        }
    }

    async fn upgrade_item(&self, kind: Kind, item: Item) -> Result<()> {
        const TRIES: usize = 5;
        let Some(id) = text_of(&item, schema::SORT_KEY).map(ToOwned::to_owned) else {
            return Ok(());
        };
        let mut found = item;
        for _ in 0..TRIES {
            let row = item::read(kind, &found).ok().filter(|row| is_behind(row, &found));
            if row.is_none() && item::stamp_of(&found).is_some() {
                return Ok(());
            }
            let stamp = self.stamp(kind).await?;
            let batch = upgraded(&self.table.name, (kind, &found), row.as_ref(), stamp)?;
            let Some(batch) = batch else { return Ok(()) };
            if self.table.transact(DURING, &batch).await?.is_ok() {
                return Ok(());
            }
            // Another process was faster, or the record was written or deleted meanwhile.
            match self.table.get(DURING, item::row_key(kind, &id)).await? {
                Some(now) => found = now,
                None => return Ok(()),
            }
        }
        let error = Error::new(ErrorKind::Unavailable, DURING).about("kind", kind.name());
        Err(error.about("id", id).advise(
            "A program of the former version still writes to the store. Stop it, then try again.",
        ))
    }
}

/// Whether `record`, as `item` holds it, has other places in the indexes now.
fn is_behind(record: &Record, item: &Item) -> bool {
    item::is_former(item) || Claims::of(record).places != Claims::in_item(item).places
}

fn newer_table(version: u64) -> Error {
    Error::new(ErrorKind::Invalid, "opening the table").about("version", version).permanent().advise(
        "This table was written by a newer version of Refractory. Run that version, or restore the table of DynamoDB to a \
         moment before the update. Nothing was changed.",
    )
}
