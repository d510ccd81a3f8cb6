//! Backups: copies of the data of instances. Front ends ask for them; workers make, read, restore and delete them.
use super::Refractory;
use super::operations::hidden;
use crate::access::{Verb, check, check_role};
use crate::model::{
    Backup, BackupRef, Held, Instance, Operation, OperationKind, Power, Principal, Step, Subject,
};
use crate::ports::{Cursor, Index, Query, TypedPage};
use crate::{BackupId, Code, Error, ErrorKind, InstanceId, Result, Timestamp};

impl Refractory {
    /// Asks for a backup of the data of an instance.
    ///
    /// Where a running instance cannot be copied, it has to be off, or is stopped if `stop` says so; it is held down while its data
    /// is copied, and starts again afterwards if it should be on.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Unsupported` where there are no backups; `Conflict` when it has no data yet, runs and may not be
    /// stopped, is being deleted, or another operation is at work on its backups.
    pub async fn create_backup(
        &self,
        who: &Principal,
        id: &InstanceId,
        stop: bool,
    ) -> Result<Operation> {
        check(who, Verb::ChangeInstance, &self.get(who, id).await?, id)?;
        self.check_supported()?;
        let at = self.moment_of_next(id).await?;
        let holds = !self.deployment.ports.snapshots.copies_running();
        let backup = BackupRef { id: BackupId::fresh(), of: id.clone(), at };
        let asked = |row: &Instance| {
            check_data(row, "backing a table up")?;
            if holds && !stop && (row.is_desired_on() || !row.is_at_rest()) {
                return Err(refused(
                    "backing a table up",
                    "This table is on, and its data can be copied only while it is off. Stop it first, or let the backup stop it: it starts again afterwards.",
                ));
            }
            Ok(OperationKind::CreateBackup { backup: backup.clone(), holds })
        };
        self.request_held(who, id, asked).await
    }

    /// The backups of an instance, newest first. Those of a deleted one are for administrators.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub async fn backups(
        &self,
        who: &Principal,
        of: &InstanceId,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<Backup>> {
        self.check_reading_backups_of(who, of).await?;
        let query = Query::partition(Index::BackupByInstance, of.as_str()).descending();
        self.collection().page(&query.after(after).limit(limit)).await
    }

    /// The backups of deleted instances, those first that were left last: their instance was deleted, or their own deletion failed.
    ///
    /// # Errors
    ///
    /// `Forbidden` for all but administrators.
    pub async fn orphaned_backups(
        &self,
        who: &Principal,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<Backup>> {
        check_role(who, Verb::SeeDeployment)?;
        let query = Query::index(Index::BackupOrphaned).descending();
        self.collection().page(&query.after(after).limit(limit)).await
    }

    /// One backup.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound`, also for one of an instance that they may not see.
    pub async fn backup(&self, who: &Principal, id: &BackupId) -> Result<Backup> {
        let found = self.collection::<Backup>().load(id.as_str()).await?;
        let found = found.ok_or_else(|| no_such(id))?;
        let may = self.check_reading_backups_of(who, &found.of).await;
        may.map_err(|error| hidden(error, no_such(id)))?;
        Ok(found)
    }

    /// Asks for a backup to be put in the place of the data of `into`, its own instance or another one. `typed` is the name of
    /// `into`, typed by a user: the data it has is lost.
    ///
    /// The instance must be off. It is held down until all of the data is there; a start that is asked for meanwhile follows then.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Invalid` when something else was typed; `Conflict` when `into` runs or is being deleted, or another
    /// operation is at work on its backups.
    pub async fn restore_backup(
        &self,
        who: &Principal,
        id: &BackupId,
        into: &InstanceId,
        typed: &str,
    ) -> Result<Operation> {
        let during = "restoring a backup";
        let backup = self.backup(who, id).await?;
        let asked = |row: &Instance| {
            if typed.trim() != row.slug.as_str() {
                return Err(Error::new(ErrorKind::Invalid, during)
                    .coded(Code::RESTORE_NOT_CONFIRMED)
                    .about("name", &row.slug));
            }
            check_stays(row, during)?;
            if row.is_desired_on() || !row.is_at_rest() {
                return Err(refused(during, "This table is on. Stop it, then restore the backup."));
            }
            Ok(OperationKind::RestoreBackup { backup: backup.reference() })
        };
        self.request_held(who, into, asked).await
    }

    /// Asks for a backup to be read back and compared with what was written.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when another operation is at work on the backups of its instance.
    pub async fn verify_backup(&self, who: &Principal, id: &BackupId) -> Result<Operation> {
        let backup = self.backup(who, id).await?;
        self.check_backups_of(who, &backup.of).await?;
        let kind = OperationKind::VerifyBackup { backup: backup.reference() };
        self.request(who, kind, Subject::from(&backup)).await
    }

    /// Asks for a backup to be deleted.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when another operation is at work on the backups of its instance.
    pub async fn delete_backup(&self, who: &Principal, id: &BackupId) -> Result<Operation> {
        let backup = self.backup(who, id).await?;
        self.check_backups_of(who, &backup.of).await?;
        let kind = OperationKind::DeleteBackup { backup: backup.reference() };
        self.request(who, kind, Subject::from(&backup)).await
    }

    /// Whether this deployment keeps backups at all.
    pub fn supports_backups(&self) -> bool {
        self.deployment.ports.snapshots.is_supported()
    }

    /// Whether an instance has to be off for a backup.
    pub fn stops_for_backups(&self) -> bool {
        !self.deployment.ports.snapshots.copies_running()
    }

    fn check_supported(&self) -> Result<()> {
        if self.supports_backups() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unsupported, "backing a table up")
            .coded(Code::BACKUPS_UNSUPPORTED))
    }

    /// The moment that names the next snapshot of `of`: now, or just after the last one where the clock was set back.
    async fn moment_of_next(&self, of: &InstanceId) -> Result<Timestamp> {
        let query = Query::partition(Index::BackupByInstance, of.as_str()).descending();
        let last = self.collection::<Backup>().first(query, 1).await?.pop();
        let earliest = last.map_or(Timestamp(0), |last| Timestamp(last.at.0.saturating_add(1)));
        Ok(self.now().max(earliest))
    }
}

/// Refuses an instance that has no data.
fn check_data(row: &Instance, during: &'static str) -> Result<()> {
    check_stays(row, during)?;
    if matches!(row.journal.held(Step::Volume), Some(Held::Volume(_))) {
        return Ok(());
    }
    Err(refused(during, "This table has no data yet. Start it once, then back it up."))
}

/// Refuses an instance that is being deleted.
fn check_stays(row: &Instance, during: &'static str) -> Result<()> {
    if row.desired.power == Power::Gone {
        return Err(Error::new(ErrorKind::Conflict, during).permanent().coded(Code::BEING_DELETED));
    }
    Ok(())
}

fn refused(during: &'static str, advice: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, during).permanent().advise(advice)
}

fn no_such(id: &BackupId) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a backup")
        .coded(Code::NO_BACKUP)
        .about("backup", id)
}
