//! Following one instance or one operation, in whatever process it changes.
use std::sync::Arc;

use super::watch::WriteSignal;
use super::{Deployment, Refractory};
use crate::model::{Instance, Operation, Principal};
use crate::ports::{Change, ChangeTail, Kind};
use crate::{ErrorKind, InstanceId, OperationId, Result};

/// Waits until one record was written since it was last read.
#[derive(Debug)]
struct RecordWatch {
    deployment: Arc<Deployment>,
    signal: WriteSignal,
    tail: ChangeTail,
    id: String,
    /// Whether it was written since it was last read.
    is_changed: bool,
    /// The revision that was last read.
    revision: Option<u64>,
}

impl RecordWatch {
    fn of(deployment: &Arc<Deployment>, kind: Kind, id: &str) -> Self {
        Self {
            deployment: Arc::clone(deployment),
            signal: WriteSignal::of(deployment),
            tail: ChangeTail::new(kind),
            id: id.to_owned(),
            is_changed: true,
            revision: None,
        }
    }

    /// Waits until there is something to read. Returns at once as long as [`note`](Self::note) was not called.
    async fn changed(&mut self) -> Result<()> {
        loop {
            self.signal.begin();
            let written = self.tail.poll(self.deployment.ports.store.as_ref()).await?;
            self.is_changed |= written.is_none_or(|all| all.iter().any(|it| self.is_news(it)));
            if self.is_changed {
                return Ok(());
            }
            self.signal.wait().await;
        }
    }

    fn is_news(&self, change: &Change) -> bool {
        change.id == self.id && (change.revision.is_none() || change.revision != self.revision)
    }

    /// Notes what was read; whether it is another revision than before.
    fn note(&mut self, revision: Option<u64>) -> bool {
        self.is_changed = false;
        let before = std::mem::replace(&mut self.revision, revision);
        before != revision
    }
}

/// One instance as it changes.
#[derive(Debug)]
pub struct InstanceWatch {
    refractory: Refractory,
    record: RecordWatch,
    who: Principal,
    id: InstanceId,
    is_gone: bool,
}

/// One operation as it changes.
#[derive(Debug)]
pub struct OperationWatch {
    refractory: Refractory,
    record: RecordWatch,
    who: Principal,
    id: OperationId,
    is_gone: bool,
}

impl Refractory {
    /// Follows one instance that `who` may see: first as it is, then as it is after each change.
    pub fn watch_instance(&self, who: &Principal, id: &InstanceId) -> InstanceWatch {
        InstanceWatch {
            refractory: self.clone(),
            record: RecordWatch::of(&self.deployment, Kind::Instance, id.as_str()),
            who: who.clone(),
            id: id.clone(),
            is_gone: false,
        }
    }

    /// Follows one operation that `who` may see: first as it is, then as it is after each change.
    pub fn watch_operation(&self, who: &Principal, id: &OperationId) -> OperationWatch {
        OperationWatch {
            refractory: self.clone(),
            record: RecordWatch::of(&self.deployment, Kind::Operation, id.as_str()),
            who: who.clone(),
            id: id.clone(),
            is_gone: false,
        }
    }
}

impl InstanceWatch {
    /// The instance as it is now, or once it has changed; `None` when it is gone.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as the store has them; the next call goes on.
    pub async fn next(&mut self) -> Result<Option<Instance>> {
        while !self.is_gone {
            self.record.changed().await?;
            match self.refractory.get(&self.who, &self.id).await {
                Ok(row) if self.record.note(Some(row.revision)) => return Ok(Some(row)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => self.is_gone = true,
                // It is read again by the next call.
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// As a stream that ends once the instance is gone. After an error it goes on.
    pub fn into_stream(
        self,
    ) -> impl futures_util::Stream<Item = Result<Instance>> + Send + 'static {
        futures_util::stream::unfold(self, |mut watch| async move {
            let next = watch.next().await;
            if next.is_err() {
                watch.record.signal.wait().await;
            }
            next.transpose().map(|next| (next, watch))
        })
    }
}

impl OperationWatch {
    /// The operation as it is now, or once it has changed; `None` when its record is gone, which is long after its end.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound` by the first call where there is none, and as the store has them; the next call goes on.
    pub async fn next(&mut self) -> Result<Option<Operation>> {
        while !self.is_gone {
            self.record.changed().await?;
            match self.refractory.operation(&self.who, &self.id).await {
                Ok(operation) if self.record.note(Some(operation.revision)) => {
                    return Ok(Some(operation));
                }
                Ok(_) => {}
                Err(error)
                    if error.kind() == ErrorKind::NotFound && self.record.revision.is_some() =>
                {
                    self.is_gone = true;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}
