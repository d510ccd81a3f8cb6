//! Operations: asked for, looked at, canceled. A worker carries them out.
use super::Refractory;
use crate::access::{Verb, check, check_reading, check_role, check_scope};
use crate::model::{
    Cancellation, Event, EventKind, Instance, Operation, OperationKind, OperationName, Power,
    Principal, Scope, Step, Subject,
};
use crate::ports::{Aggregate, Commit, Cursor, Index, Query, TypedPage, UniqueKey};
use crate::{Code, Error, ErrorKind, InstanceId, OperationId, Result};

impl Refractory {
    /// Operations, newest first: on one instance, or of the whole deployment; those that have ended too, as long as they are kept.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn operations(
        &self,
        who: &Principal,
        of: Option<&InstanceId>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<Operation>> {
        let query = if let Some(id) = of {
            self.check_reading_backups_of(who, id).await?;
            Query::partition(Index::OperationByInstance, id.as_str())
        } else {
            check_role(who, Verb::SeeDeployment)?;
            Query::index(Index::OperationByTime)
        };
        self.collection().page(&query.descending().after(after).limit(limit)).await
    }

    /// The operations that are at work on an instance, or wait to be.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn active_operations(
        &self,
        who: &Principal,
        of: &InstanceId,
    ) -> Result<Vec<Operation>> {
        self.check_reading_backups_of(who, of).await?;
        let mut active = Vec::new();
        for lane in OperationKind::LANES {
            active.extend(self.collection().find(&UniqueKey::operation(of, lane)).await?);
        }
        Ok(active)
    }

    /// One operation. The user who asked for it may see it as well.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound`, also for one on an instance that they may not see.
    pub async fn operation(&self, who: &Principal, id: &OperationId) -> Result<Operation> {
        check_scope(who, Scope::Read)?;
        let found = self.collection::<Operation>().load(id.as_str()).await?;
        let found = found.ok_or_else(|| no_such(id))?;
        if found.requested_by.is_none() || found.requested_by != who.user {
            let may = self.check_reading_backups_of(who, &found.subject).await;
            may.map_err(|error| hidden(error, no_such(id)))?;
        }
        Ok(found)
    }

    /// Asks for an operation to end, and for what it has begun to be taken back. To ask again changes nothing.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when it has ended, or cannot be taken back any more.
    pub async fn cancel_operation(&self, who: &Principal, id: &OperationId) -> Result<Operation> {
        let found = self.operation(who, id).await?;
        self.check_backups_of(who, &found.subject).await?;
        let now = self.now();
        let canceled =
            self.collection::<Operation>().update_with_events(id.as_str(), |operation| {
                if operation.canceled.is_some() && operation.is_active() {
                    return Ok((false, Vec::new()));
                }
                if !operation.is_cancelable() {
                    return Err(not_cancelable(operation));
                }
                operation.canceled = Some(Cancellation { by: who.name.clone(), at: now });
                // A user who waits need not wait for the next attempt.
                operation.fault = None;
                let (operation_id, what) = (operation.id.clone(), operation.kind.name());
                let kind = EventKind::OperationCanceled { operation: operation_id, what };
                let event = Event { instance: Some(operation.named()), ..self.event(who, kind) };
                Ok((true, vec![event]))
            });
        let canceled = canceled.await?.ok_or_else(|| no_such(id))?;
        self.deployment.nudge_operations();
        Ok(canceled)
    }

    /// Replaces the key that the program of an instance reaches its uploads with.
    ///
    /// The program has the new key from its next start on. The old one works as long as a launch has it and is deleted then; the
    /// operation ends with that, and to ask again before is the same request.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Unsupported` where uploads need no key; `Conflict` when the instance is being deleted, or has never
    /// been started.
    pub async fn rotate_asset_credentials(
        &self,
        who: &Principal,
        id: &InstanceId,
    ) -> Result<Operation> {
        let row = self.get(who, id).await?;
        check(who, Verb::RotateKey, &row, id)?;
        if row.desired.power == Power::Gone {
            return Err(Error::new(ErrorKind::Conflict, ROTATING)
                .permanent()
                .coded(Code::BEING_DELETED));
        }
        if !self.deployment.ports.assets.has_keys() {
            return Err(Error::new(ErrorKind::Unsupported, ROTATING).advise(
                "Uploads are stored with each table's data here, and no key is needed. There is no key to replace.",
            ));
        }
        if row.journal.get(Step::Assets).is_none() {
            return Err(refused(
                "This table has no upload storage yet. Its first start creates it, with its own key.",
            ));
        }
        // An earlier version may have noted a request in the instance itself.
        let before = row.rekey.unwrap_or_else(|| self.now());
        let kind = OperationKind::RotateAssetCredentials { before };
        let key = UniqueKey::operation(id, kind.lane());
        if let Some(same) = self.collection().find(&key).await? {
            return Ok(same);
        }
        match self.request(who, kind, Subject::from(&row)).await {
            // Another request was faster: it is the same one.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.collection().find(&key).await?.ok_or(error)
            }
            asked => asked,
        }
    }

    /// The event of a request.
    fn requested(&self, who: &Principal, operation: &Operation) -> Event {
        let (id, what) = (operation.id.clone(), operation.kind.name());
        let backup = operation.kind.backup().map(|backup| backup.id.clone());
        let kind = match what {
            OperationName::RotateAssetCredentials => EventKind::CredentialsRotationRequested,
            OperationName::CreateBackup
            | OperationName::VerifyBackup
            | OperationName::RestoreBackup
            | OperationName::DeleteBackup => {
                EventKind::OperationRequested { operation: id, what, backup }
            }
        };
        Event { instance: Some(operation.named()), ..self.event(who, kind) }
    }

    /// Writes down an operation that `who` asks for.
    pub(super) async fn request(
        &self,
        who: &Principal,
        kind: OperationKind,
        subject: Subject,
    ) -> Result<Operation> {
        self.write_request(who, &Operation::new(who, kind, subject, self.now())).await
    }

    async fn write_request(&self, who: &Principal, operation: &Operation) -> Result<Operation> {
        let event = self.requested(who, operation);
        let asked = self.collection().commit(&Commit::insert(operation).event(event)).await;
        let asked = match asked {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                return Err(self.busy(who, operation, error).await);
            }
            asked => asked?,
        };
        self.deployment.nudge_operations();
        Ok(asked)
    }

    /// Writes down an operation on `id` together with the hold that it has on the instance from then on: the two agree, or an
    /// instance could start between them. `kind` says what is asked for, of the instance as it is.
    pub(super) async fn request_held(
        &self,
        who: &Principal,
        id: &InstanceId,
        kind: impl Fn(&Instance) -> Result<OperationKind> + Send,
    ) -> Result<Operation> {
        let rows = self.collection::<Instance>();
        loop {
            let mut row = self.get(who, id).await?;
            check(who, Verb::ChangeInstance, &row, id)?;
            let kind = kind(&row)?;
            let now = self.now();
            let mut operation = Operation::new(who, kind, Subject::from(&row), now);
            let Some(hold) = operation.begin_hold(now) else {
                return self.write_request(who, &operation).await;
            };
            row.hold = Some(hold);
            let event = self.requested(who, &operation);
            let commit = Commit::insert(&operation).and(Commit::save(&row)).event(event);
            match self.collection().commit(&commit).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    let moved = rows.load(id.as_str()).await?;
                    let same = moved.is_some_and(|now| now.revision == row.revision);
                    if same || self.in_the_way_of(&operation).await?.is_some() {
                        return Err(self.busy(who, &operation, error).await);
                    }
                }
                asked => {
                    let asked = asked?;
                    self.deployment.nudge_operations();
                    return Ok(asked);
                }
            }
        }
    }

    /// The operation that keeps `asked` from being written down.
    async fn in_the_way_of(&self, asked: &Operation) -> Result<Option<Operation>> {
        for key in asked.unique() {
            if let Some(other) = self.collection::<Operation>().find(&key).await? {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// What to say where another operation is in the way of `asked`. Of one on an instance that `who` may not see, only what it does.
    async fn busy(&self, who: &Principal, asked: &Operation, error: Error) -> Error {
        let Ok(Some(other)) = self.in_the_way_of(asked).await else { return error };
        let is_same = other.subject == asked.subject;
        let code = if is_same { Code::OPERATION_IN_PROGRESS } else { Code::BACKUP_IN_USE };
        let busy = Error::new(ErrorKind::Conflict, "asking for an operation")
            .permanent()
            .coded(code)
            .about("kind", other.kind.name().as_str())
            .caused_by(error);
        if is_same || self.operation(who, &other.id).await.is_ok() {
            busy.about("operation", &other.id).about("table", &other.title)
        } else {
            busy
        }
    }

    /// Refuses a principal who may not manage the backups of `of`. Those of a deleted instance are for administrators.
    pub(super) async fn check_backups_of(&self, who: &Principal, of: &InstanceId) -> Result<()> {
        match self.collection::<Instance>().load(of.as_str()).await? {
            Some(row) => check(who, Verb::ChangeInstance, &row, of),
            None => check_role(who, Verb::ChangeInstance),
        }
    }

    /// The same for reading: a token needs no more than the scope for that.
    pub(super) async fn check_reading_backups_of(
        &self,
        who: &Principal,
        of: &InstanceId,
    ) -> Result<()> {
        match self.collection::<Instance>().load(of.as_str()).await? {
            Some(row) => check_reading(who, Verb::ChangeInstance, &row, of),
            None => check_role(who, Verb::SeeDeployment),
        }
    }
}

const ROTATING: &str = "replacing the key for uploads";

fn refused(advice: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, ROTATING).permanent().advise(advice)
}

/// `none` where `error` says that there is no such instance: what is about it does not exist either.
pub(super) fn hidden(error: Error, none: Error) -> Error {
    if error.kind() == ErrorKind::NotFound { none } else { error }
}

fn no_such(id: &OperationId) -> Error {
    Error::new(ErrorKind::NotFound, "looking for an operation")
        .coded(Code::NO_OPERATION)
        .about("operation", id)
}

fn not_cancelable(operation: &Operation) -> Error {
    let because = if operation.end.is_some() {
        "ended"
    } else if operation.failed.is_some() {
        "failed"
    } else {
        "irreversible"
    };
    Error::new(ErrorKind::Conflict, "canceling an operation")
        .permanent()
        .coded(Code::NOT_CANCELABLE)
        .about("because", because)
}
