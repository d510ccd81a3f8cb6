//! Records that cannot be read: shown, and removed by nobody but an operator.
use super::Refractory;
use super::follow::no_cursor;
use crate::access::{Verb, check_role, check_scope};
use crate::model::{EventKind, Held, Instance, Named, Principal, Record, Scope, Step};
use crate::ports::{Cursor, DamagedRecord, Kind, Query};
use crate::{Code, Error, ErrorKind, Remedy, Result};

impl Refractory {
    /// One page of the records that cannot be read, in the order of kinds and ids, after `after`.
    ///
    /// Only reading a record shows whether it can be read. Each call goes through [`Query::MAX_LIMIT`] records at most and returns
    /// at most `limit`; there may be fewer, and even none, before the last page.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Invalid` where `after` is no place of this list; and as the store has them.
    pub async fn damaged(
        &self,
        who: &Principal,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<DamagedPage> {
        check_role(who, Verb::SeeDeployment)?;
        let (first, mut id) = match after {
            Some(after) => (place_of(after)?, Some(after.id().to_owned())),
            None => (0, None),
        };
        let (mut room, mut page) = (Query::MAX_LIMIT, DamagedPage::default());
        for kind in kinds().skip(first) {
            let after = id.take().map(|id| Cursor::new(&id, &id));
            let query = Query::all(kind).after(after).limit(room);
            let read = self.deployment.ports.store.query(&query).await?;
            room = room.saturating_sub(read.records.len() + read.damaged.len());
            let last = read.ids().max().map(|id| Cursor::new(kind.name(), id));
            for record in read.damaged {
                if page.records.len() == limit.max(1) {
                    page.next = page.records.last().map(place);
                    return Ok(page);
                }
                page.records.push(record);
            }
            let here = read.next.map(|next| Cursor::new(kind.name(), next.id()));
            if here.is_some() || room == 0 {
                page.next = here.or(last);
                return Ok(page);
            }
        }
        Ok(page)
    }

    /// Every page of [`damaged`](Self::damaged), one after another. Reads everything there is: for operators who look for damage.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as the store has them.
    pub async fn damaged_all(&self, who: &Principal) -> Result<Vec<DamagedRecord>> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.damaged(who, after.as_ref(), Query::MAX_LIMIT).await?;
            all.extend(page.records);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// The record `id` of `kind`, if it cannot be read.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound` where no such record is damaged; and as the store has them.
    pub async fn find_damaged(
        &self,
        who: &Principal,
        kind: Kind,
        id: &str,
    ) -> Result<DamagedRecord> {
        check_role(who, Verb::SeeDeployment)?;
        let found = self.deployment.ports.store.damaged_record(kind, id).await?;
        found.ok_or_else(|| no_such(kind, id))
    }

    /// Removes a record that cannot be read. What it stood for is not touched: data of a table stays where it is, and what still
    /// runs is found by the sweep and closed.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound` where no such record is damaged; `Conflict` for a license that a table runs on, or may.
    pub async fn remove_damaged(&self, who: &Principal, kind: Kind, id: &str) -> Result<()> {
        check_scope(who, Scope::Admin)?;
        let record = self.find_damaged(who, kind, id).await?;
        if kind == Kind::License {
            self.check_nobody_runs_on(&record).await?;
        }
        self.deployment.ports.store.discard(&record).await?;
        self.deployment.nudge();
        let kind = EventKind::DamagedRecordRemoved {
            record: kind.name().to_owned(),
            removed: Named::new(record.id.clone(), record.name()),
        };
        self.deployment.record(self.event(who, kind)).await;
        Ok(())
    }

    /// A key must not be free for another table while a program that was started with it may run.
    ///
    /// An operator's repair of a license that can be read no more: it goes through all instances, a page at a time, because the
    /// index of those that are active says nothing of one whose record is damaged.
    async fn check_nobody_runs_on(&self, license: &DamagedRecord) -> Result<()> {
        let mut pages = self.collection::<Instance>().pages(Query::all(Kind::Instance));
        while let Some(page) = pages.next().await? {
            if let Some(other) = page.damaged.first() {
                return Err(in_use(
                    license,
                    &format!(
                        "the record of table `{}` is damaged too, and it may run on it: see to that first",
                        other.name()
                    ),
                ));
            }
            if let Some(row) = page.records.iter().find(|row| may_run_on(row, license)) {
                return Err(in_use(
                    license,
                    &format!("table `{}` runs on it, or may: stop that first", row.slug),
                ));
            }
        }
        Ok(())
    }

    /// Removes the unreadable record that `refused` tells of: for records that are void as soon as there is a newer one.
    #[cfg(feature = "accounts")]
    pub(super) async fn discard_damaged(&self, kind: Kind, refused: &Error) -> Result<()> {
        let store = self.deployment.ports.store.as_ref();
        let Some(id) = refused.fact("id") else { return Ok(()) };
        match store.damaged_record(kind, id).await? {
            Some(record) => store.discard(&record).await,
            None => Ok(()),
        }
    }
}

/// One page of records that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct DamagedPage {
    /// The records. There may be fewer than were asked for, and even none, before the last page.
    pub records: Vec<DamagedRecord>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

/// The kinds in the order of their names.
fn kinds() -> impl Iterator<Item = Kind> {
    let mut all = Kind::ALL;
    all.sort_unstable_by_key(|kind| kind.name());
    all.into_iter()
}

fn place(record: &DamagedRecord) -> Cursor {
    Cursor::new(record.kind.name(), &record.id)
}

/// Which of [`kinds`] the list goes on with after `cursor`.
fn place_of(cursor: &Cursor) -> Result<usize> {
    kinds().position(|kind| kind.name() == cursor.sort()).ok_or_else(no_cursor)
}

/// Whether `row` holds the license of the damaged record, or may: which one it was to be may not be written down yet.
fn may_run_on(row: &Instance, license: &DamagedRecord) -> bool {
    match row.journal.get(Step::License) {
        Some(Record::Held(Held::License(Some((held, _))))) => held.as_str() == license.id,
        Some(Record::Held(_)) | None => false,
        Some(Record::Intended(_) | Record::Lost) => true,
    }
}

fn no_such(kind: Kind, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a damaged record")
        .coded(Code::NO_DAMAGED_RECORD)
        .about("kind", kind.name())
        .about("id", id)
        .helped_by(Remedy::ListDamagedRecords)
}

fn in_use(license: &DamagedRecord, why: &str) -> Error {
    Error::new(ErrorKind::Conflict, "removing a damaged record").permanent().advise(format!(
        "The record of license `{}` is not removed, as its key would be free for another table: {why}.",
        license.name()
    ))
}
