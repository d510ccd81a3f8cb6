//! Records that cannot be read: shown, and removed by nobody but an operator.
use super::Refractory;
use crate::access::{Verb, check_role, check_scope};
use crate::model::{EventKind, Held, Instance, Named, Principal, Record, Scope, Step};
use crate::ports::{DamagedRecord, Kind};
use crate::{Code, Error, ErrorKind, Remedy, Result};

impl Refractory {
    /// Every record that cannot be read, of every kind.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as the store has them.
    pub async fn damaged(&self, who: &Principal) -> Result<Vec<DamagedRecord>> {
        check_role(who, Verb::SeeDeployment)?;
        let mut all = Vec::new();
        for kind in Kind::ALL {
            all.extend(self.deployment.ports.store.damaged_of(kind).await?);
        }
        Ok(all)
    }

    /// Removes a record that cannot be read. What it stood for is not touched: data of a table stays where it is, and what still
    /// runs is found by the sweep and closed.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound` where no such record is damaged; `Conflict` for a license that a table runs on, or may.
    pub async fn remove_damaged(&self, who: &Principal, kind: Kind, id: &str) -> Result<()> {
        check_scope(who, Scope::Admin)?;
        let all = self.damaged(who).await?;
        let is_it = |record: &&DamagedRecord| record.kind == kind && record.id == id;
        let record = all.iter().find(is_it).ok_or_else(|| no_such(kind, id))?;
        if kind == Kind::License {
            self.check_nobody_runs_on(record, &all).await?;
        }
        self.deployment.ports.store.discard(record).await?;
        self.deployment.nudge();
        let kind = EventKind::DamagedRecordRemoved {
            record: kind.name().to_owned(),
            removed: Named::new(record.id.clone(), record.name()),
        };
        self.deployment.record(self.event(who, kind)).await;
        Ok(())
    }

    /// A key must not be free for another table while a program that was started with it may run.
    async fn check_nobody_runs_on(
        &self,
        license: &DamagedRecord,
        all: &[DamagedRecord],
    ) -> Result<()> {
        if let Some(other) = all.iter().find(|record| record.kind == Kind::Instance) {
            return Err(in_use(
                license,
                &format!(
                    "the record of table `{}` is damaged too, and it may run on it: see to that first",
                    other.name()
                ),
            ));
        }
        for row in self.collection::<Instance>().list().await? {
            let runs_on_it = match row.journal.get(Step::License) {
                Some(Record::Held(Held::License(Some((held, _))))) => held.as_str() == license.id,
                Some(Record::Held(_)) | None => false,
                // Which one it was to be is not written down yet.
                Some(Record::Intended(_) | Record::Lost) => true,
            };
            if runs_on_it {
                return Err(in_use(
                    license,
                    &format!("table `{}` runs on it, or may: stop that first", row.slug),
                ));
            }
        }
        Ok(())
    }

    /// Removes an unreadable record that has `key`: for records that are void as soon as there is a newer one.
    #[cfg(feature = "accounts")]
    pub(super) async fn discard_claimant(&self, key: &crate::ports::UniqueKey) -> Result<()> {
        let store = self.deployment.ports.store.as_ref();
        for record in store.damaged_of(key.kind()).await? {
            if record.unique.iter().any(|text| text == key.text()) {
                store.discard(&record).await?;
            }
        }
        Ok(())
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
