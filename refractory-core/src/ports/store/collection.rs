//! Typed access to the records of one kind.
use std::marker::PhantomData;

use super::{Aggregate, Commit, DamagedRecord, Page, Query, Record, Store, UniqueKey};
use crate::model::Event;
use crate::{Error, ErrorKind, Result};

/// The rows of one kind, typed.
#[derive(Debug)]
pub struct Collection<'a, T>(&'a dyn Store, PhantomData<fn() -> T>);

impl<T> Clone for Collection<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Collection<'_, T> {}

impl<'a, T: Aggregate> Collection<'a, T> {
    /// The rows of `T` in `store`.
    pub fn of(store: &'a dyn Store) -> Self {
        Self(store, PhantomData)
    }

    /// As [`Store::insert`].
    pub async fn insert(self, row: &T) -> Result<T> {
        typed(self.0.insert(&row.clone().into_record()).await?)
    }

    /// As [`Store::load`].
    pub async fn load(self, id: &str) -> Result<Option<T>> {
        self.0.load(T::KIND, id).await?.map(typed).transpose()
    }

    /// As [`load`](Self::load), where one that cannot be read counts like one that is not there. Only for those who conclude
    /// nothing from an absence.
    pub async fn load_readable(self, id: &str) -> Result<Option<T>> {
        match self.load(id).await {
            Err(error) if error.kind() == ErrorKind::Damaged => Ok(None),
            loaded => loaded,
        }
    }

    /// As [`Store::find`].
    pub async fn find(self, key: &UniqueKey) -> Result<Option<T>> {
        self.0.find(key).await?.map(typed).transpose()
    }

    /// As [`Store::query`]: one page.
    ///
    /// # Errors
    ///
    /// As [`Store::query`], and `Unexpected` for a query of another kind.
    pub async fn page(self, query: &Query) -> Result<TypedPage<T>> {
        let Page { records, damaged, next } = self.0.query(query).await?;
        let records = records.into_iter().map(typed).collect::<Result<_>>()?;
        Ok(TypedPage { records, damaged, next })
    }

    /// Every record that can be read, in the order of ids. For kinds of which there are few; whoever concludes from an absence
    /// asks [`scan`](Self::scan), or takes what cannot be read for gone.
    pub async fn list(self) -> Result<Vec<T>> {
        Ok(self.scan().await?.0)
    }

    /// Every record, and every one that cannot be read, in the order of ids.
    pub async fn scan(self) -> Result<(Vec<T>, Vec<DamagedRecord>)> {
        self.gather(Query::all(T::KIND)).await
    }

    /// Every page of `query`.
    pub async fn gather(self, query: Query) -> Result<(Vec<T>, Vec<DamagedRecord>)> {
        let Page { records, damaged, next: _ } = self.0.gather(query).await?;
        Ok((records.into_iter().map(typed).collect::<Result<_>>()?, damaged))
    }

    /// The pages of `query`, one after another.
    pub(crate) fn pages(self, query: Query) -> Pages<'a, T> {
        Pages { of: self, rest: Some(query) }
    }

    /// The first `count` records of `query` that can be read.
    pub async fn first(self, query: Query, count: usize) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut query = query;
        while all.len() < count {
            query = query.limit(count - all.len());
            let page = self.page(&query).await?;
            all.extend(page.records);
            let Some(next) = page.next else { break };
            query = query.after(Some(next));
        }
        Ok(all)
    }

    /// As [`Store::commit`]; the first record as written.
    pub async fn commit(self, commit: &Commit<T>) -> Result<T> {
        let written = self.0.commit(commit.writes()).await?.into_iter().next();
        typed(written.ok_or_else(|| Error::new(ErrorKind::Unexpected, "committing nothing"))?)
    }

    /// As [`Store::save`].
    pub async fn save(self, row: &T) -> Result<T> {
        typed(self.0.save(&row.clone().into_record()).await?)
    }

    /// As [`Store::delete`].
    pub async fn delete(self, row: &T) -> Result<()> {
        self.0.delete(&row.clone().into_record()).await
    }

    /// Loads, changes and saves until no other writer comes between; `None` when there is no such record.
    ///
    /// `change` returns whether there is anything to write; it runs again after each lost race.
    pub async fn update(
        self,
        id: &str,
        mut change: impl FnMut(&mut T) -> Result<bool> + Send,
    ) -> Result<Option<T>> {
        self.update_with_events(id, |row| Ok((change(row)?, Vec::new()))).await
    }

    /// The same, together with the events that the change causes. Where there is nothing to write, they are written alone.
    pub async fn update_with_events(
        self,
        id: &str,
        mut change: impl FnMut(&mut T) -> Result<(bool, Vec<Event>)> + Send,
    ) -> Result<Option<T>> {
        loop {
            let Some(mut row) = self.load(id).await? else { return Ok(None) };
            let (is_changed, events) = change(&mut row)?;
            if !is_changed {
                for event in events {
                    Collection::of(self.0).insert(&event).await?;
                }
                return Ok(Some(row));
            }
            match self.commit(&Commit::save(&row).events(events)).await {
                Err(error)
                    if error.kind() == ErrorKind::Conflict && self.moved(id, &row).await? => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                saved => return saved.map(Some),
            }
        }
    }

    /// Whether a conflict came from another writer, and not from a unique text that is taken.
    async fn moved(self, id: &str, row: &T) -> Result<bool> {
        Ok(self.load(id).await?.is_none_or(|now| now.revision() != row.revision()))
    }
}

/// The pages of a query: each is read when it is asked for.
#[derive(Debug)]
pub(crate) struct Pages<'a, T> {
    of: Collection<'a, T>,
    rest: Option<Query>,
}

impl<T: Aggregate> Pages<'_, T> {
    /// The next page; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<TypedPage<T>>> {
        let Some(query) = self.rest.take() else { return Ok(None) };
        let page = self.of.page(&query).await?;
        self.rest = page.next.clone().map(|next| query.after(Some(next)));
        Ok(Some(page))
    }
}

/// One page of records of one type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedPage<T> {
    /// The records that can be read, in the order of the query.
    pub records: Vec<T>,
    /// Those that cannot.
    pub damaged: Vec<DamagedRecord>,
    /// Where the next page begins; none after the last.
    pub next: Option<super::Cursor>,
}

fn typed<T: Aggregate>(row: Record) -> Result<T> {
    T::from_record(row)
        .ok_or_else(|| Error::new(ErrorKind::Unexpected, "reading a row of another kind"))
}
