//! The records of one front end, a collection at a time.
use std::sync::Arc;

use super::lease::Lease;
use crate::error::unless_raced;
use crate::model::front_end_record::{check_key, check_name};
use crate::model::{FrontEndRecord, RecordContent};
use crate::ports::{
    Aggregate as _, Collection, Commit, Cursor, Index, Query, TypedPage, UniqueKey, Write,
    front_end_collection,
};
use crate::service::{Deployment, Refractory};
use crate::{Code, Error, ErrorKind, Result};

impl Refractory {
    /// What the front end called `front_end` remembers in the deployment's store.
    ///
    /// It asks for no principal: the caller is the program that holds this handle, and which user may read or change what it
    /// remembers is that program's to say. Records stay until they are deleted; nothing else in the deployment reads them.
    ///
    /// # Errors
    ///
    /// `Invalid` unless the name is 1 to 32 lowercase letters, digits and `-`.
    pub fn records_of(&self, front_end: &str) -> Result<FrontEndRecords> {
        check_name(front_end)?;
        let deployment = Arc::clone(&self.deployment);
        Ok(FrontEndRecords { deployment, front_end: front_end.to_owned() })
    }
}

/// What one front end remembers.
#[derive(Debug, Clone)]
pub struct FrontEndRecords {
    deployment: Arc<Deployment>,
    front_end: String,
}

impl FrontEndRecords {
    /// The records of one collection, such as `dashboards`. A collection is there without being made.
    ///
    /// # Errors
    ///
    /// `Invalid` unless the name is 1 to 32 lowercase letters, digits and `-`, and for `leases`, where
    /// [`Refractory::lead`] keeps what it needs.
    pub fn collection(&self, name: &str) -> Result<RecordCollection> {
        RecordCollection::new(&self.deployment, (&self.front_end, name), None)
    }
}

/// The records of one collection of a front end: texts under keys.
///
/// Each write is of one record. Where the collection is of a [`Leadership`](super::Leadership), a write is refused once another
/// program leads: `Outdated`, with the code [`Code::NOT_LEADING`].
#[derive(Debug, Clone)]
pub struct RecordCollection {
    deployment: Arc<Deployment>,
    front_end: String,
    name: String,
    lease: Option<Arc<Lease>>,
}

impl RecordCollection {
    /// The collection `name` of `front_end`, whose writes are made only as long as `lease` is held.
    pub(super) fn new(
        deployment: &Arc<Deployment>,
        (front_end, name): (&str, &str),
        lease: Option<&Arc<Lease>>,
    ) -> Result<Self> {
        check_name(name)?;
        if name == Lease::COLLECTION {
            return Err(Error::new(ErrorKind::Invalid, "naming a collection").advise(format!(
                "The collection `{name}` is for duties that a front end leads. Choose another name."
            )));
        }
        Ok(Self {
            deployment: Arc::clone(deployment),
            front_end: front_end.to_owned(),
            name: name.to_owned(),
            lease: lease.cloned(),
        })
    }

    /// The record under `key`.
    ///
    /// # Errors
    ///
    /// `Invalid` for what is no key; `Damaged`, and as the store has them.
    pub async fn get(&self, key: &str) -> Result<Option<FrontEndRecord>> {
        check_key(key)?;
        let key = UniqueKey::front_end_record(&self.front_end, &self.name, key);
        self.stored().find(&key).await
    }

    /// One page of the records with the lookup key `lookup`, in the order of their keys.
    ///
    /// # Errors
    ///
    /// `Invalid` for what is no key, and as the store has them.
    pub async fn find_by(
        &self,
        lookup: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<FrontEndRecord>> {
        check_key(lookup)?;
        let partition = format!("{}/{lookup}", self.partition());
        self.read(Query::partition(Index::FrontEndRecordByLookup, &partition), after, limit).await
    }

    /// One page of the records, in the order of their keys.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn page(
        &self,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<FrontEndRecord>> {
        let all = Query::partition(Index::FrontEndRecordByKey, &self.partition());
        self.read(all, after, limit).await
    }

    /// Adds a record under `key`.
    ///
    /// # Errors
    ///
    /// `Conflict` with the code [`Code::RECORD_EXISTS`] where there is one; `Invalid` for what is no key; `Exhausted` for a body
    /// of more than [`RecordContent::MAX_BODY`] bytes; and as the store has them.
    pub async fn insert(&self, key: &str, content: RecordContent) -> Result<FrontEndRecord> {
        let now = self.deployment.clock.now();
        let record = FrontEndRecord::new((&self.front_end, &self.name), key, content, now)?;
        let inserted = self.write(Write::Insert(record.into_record())).await;
        inserted.map_err(|error| {
            error.if_taken("adding a record of a front end", |taken| {
                taken.coded(Code::RECORD_EXISTS).about("key", key)
            })
        })
    }

    /// Makes `content` what is remembered under `key`, whether there was a record or not.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert), but for `Conflict`.
    pub async fn put(&self, key: &str, content: RecordContent) -> Result<FrontEndRecord> {
        loop {
            let change = |stored: &mut RecordContent| {
                stored.clone_from(&content);
                Ok(())
            };
            if let Some(saved) = self.update(key, change).await? {
                return Ok(saved);
            }
            match self.insert(key, content.clone()).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                inserted => return inserted,
            }
        }
    }

    /// Changes the record under `key` until no other writer comes between; `None` where there is none.
    ///
    /// `change` runs again after each lost race, with what is stored then. Where it changes nothing, nothing is written.
    ///
    /// # Errors
    ///
    /// Those of `change`, and as [`insert`](Self::insert) has them, but for `Conflict`.
    pub async fn update(
        &self,
        key: &str,
        mut change: impl FnMut(&mut RecordContent) -> Result<()> + Send,
    ) -> Result<Option<FrontEndRecord>> {
        loop {
            let Some(mut record) = self.get(key).await? else { return Ok(None) };
            let before = record.content.clone();
            change(&mut record.content)?;
            if record.content == before {
                return Ok(Some(record));
            }
            record.content.check()?;
            record.at = self.deployment.clock.now();
            let saved = self.write(Write::Save(record.into_record())).await;
            if let Some(saved) = unless_raced(saved)? {
                return Ok(Some(saved));
            }
        }
    }

    /// Deletes the record under `key`. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// `Invalid` for what is no key; `Damaged`, and as the store has them.
    pub async fn delete(&self, key: &str) -> Result<bool> {
        loop {
            let Some(record) = self.get(key).await? else { return Ok(false) };
            let deleted = self.write(Write::Delete(record.into_record())).await;
            if unless_raced(deleted)?.is_some() {
                return Ok(true);
            }
        }
    }

    async fn write(&self, write: Write) -> Result<FrontEndRecord> {
        let commit = Commit::<FrontEndRecord>::of(write);
        match &self.lease {
            Some(lease) => lease.commit(commit).await,
            None => self.stored().commit(&commit).await,
        }
    }

    async fn read(
        &self,
        query: Query,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<FrontEndRecord>> {
        self.stored().page(&query.after(after).limit(limit)).await
    }

    fn stored(&self) -> Collection<'_, FrontEndRecord> {
        Collection::of(self.deployment.ports.store.as_ref())
    }

    fn partition(&self) -> String {
        front_end_collection(&self.front_end, &self.name)
    }
}
