//! Lies of reading.
use refractory_core::ports::{Index, Kind, Page, Query, Record, Scope, Store, UniqueKey};
use refractory_core::{Error, ErrorKind, MemoryStore, Result, async_trait};

use super::{Lie, Memory, lie};

lie!(AbsentIsAnError {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        let row = honest.load(kind, id).await?;
        row.map(Some).ok_or_else(|| Error::new(ErrorKind::NotFound, "lying"))
    }
});

lie!(FindsByTheFirstTextOnly {
    async fn find(&self, honest: &MemoryStore, key: &UniqueKey) -> Result<Option<Record>> {
        let row = honest.find(key).await?;
        Ok(row.filter(|row| row.unique().first() == Some(key)))
    }
});

fn is_of_kind(query: &Query) -> bool {
    matches!(query.scope(), Scope::Kind(_))
}

// As a database does whose collation is a dictionary's.
lie!(ListsLikeADictionary {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        if is_of_kind(query) {
            page.records.sort_by_key(|row| row.id().replace(['-', '_', '.'], ""));
        }
        Ok(page)
    }
});

lie!(ListsAllKinds {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        for kind in Kind::ALL.into_iter().filter(|kind| is_of_kind(query) && *kind != query.kind()) {
            page.records.extend(super::list(honest, kind).await?);
        }
        Ok(page)
    }
});

lie!(ListsOnePage {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let page = honest.query(query).await?;
        Ok(if is_of_kind(query) { Page { next: None, ..page } } else { page })
    }
});

lie!(ListsStaleRows {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        page.records = page.records.into_iter().map(|row| row.at_revision(1)).collect();
        Ok(page)
    }
});

lie!(OrdersById {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        if !query.is_descending() {
            page.records.sort_by_key(|row| row.id().to_owned());
        }
        Ok(page)
    }
});

lie!(MixesPartitions {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let Scope::Partition(Index::EventByInstance, partition) = query.scope() else {
            return honest.query(query).await;
        };
        let mut page = honest.query(&Query::index(Index::EventByTime)).await?;
        page.records.retain(|row| {
            row.indexed().iter().any(|entry| {
                entry.index == Index::EventByInstance && entry.partition.starts_with(&**partition)
            })
        });
        Ok(page)
    }
});

lie!(LowerBoundIsLeftOut {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        if let (Some(least), Scope::Partition(index, _)) = (query.least(), query.scope()) {
            page.records.retain(|row| {
                let entries = row.indexed();
                entries.iter().any(|entry| entry.index == *index && entry.sort != least)
            });
        }
        Ok(page)
    }
});

lie!(UpperBoundCounts {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        match query.bound() {
            Some(bound) => honest.query(&query.clone().before(&format!("{bound} "))).await,
            None => honest.query(query).await,
        }
    }
});

lie!(IgnoresTheDirection {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        if query.is_descending() {
            page.records.reverse();
        }
        Ok(page)
    }
});

// As one does that counts rows instead of knowing where it was.
lie!(PagesBeginAnew(Memory) {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        if query.cursor().is_none() || !self.0.add("second") {
            return honest.query(query).await;
        }
        let whole = honest.query(&query.clone().after(None).limit(Query::MAX_LIMIT)).await?;
        let records: Vec<_> = whole.records.into_iter().skip(query.page_size()).collect();
        let honest = honest.query(query).await?;
        Ok(Page { records: records.into_iter().take(query.page_size()).collect(), ..honest })
    }
});

lie!(PagesSkipOne {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        if query.cursor().is_some() && page.records.len() > 1 {
            page.records.remove(0);
        }
        Ok(page)
    }
});

// Each place that a record ever had still leads to it.
lie!(OldPlacesStay(Memory) {
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        let mut page = honest.query(query).await?;
        if let Scope::Partition(Index::InstanceByOwner, partition) = query.scope() {
            for row in super::list(honest, Kind::Instance).await? {
                let had = self.0.has(&format!("{partition} {}", row.id()));
                if had && !page.records.contains(&row) {
                    page.records.push(row);
                }
            }
        }
        Ok(page)
    }
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        let saved = honest.save(row).await?;
        for entry in saved.indexed().iter().filter(|entry| entry.index == Index::InstanceByOwner) {
            self.0.add(&format!("{} {}", entry.partition, saved.id()));
        }
        Ok(saved)
    }
});

lie!(LoadTouches(Memory) {
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        let row = honest.load(kind, id).await?;
        if let Some(row) = &row
            && self.0.add(id)
        {
            honest.save(row).await?;
        }
        Ok(row)
    }
});
