//! What an earlier version had begun, and holds whose operation has ended.
use super::super::Worker;
use crate::model::{Instance, Operation, OperationKind, Principal, Subject};
use crate::ports::{Collection, Commit};
use crate::{ErrorKind, Result};

impl Worker {
    /// Ends the hold on `row` where its operation has ended or is gone, as after a crash in between. Whether it did.
    ///
    /// # Errors
    ///
    /// As the store has them; an operation whose record cannot be read may still be at work, and goes on holding.
    pub(in crate::reconcile) async fn lift_stale_hold(&self, row: &Instance) -> Result<bool> {
        let Some(hold) = &row.hold else { return Ok(false) };
        let store = self.deployment.ports.store.as_ref();
        let operation = match Collection::<Operation>::of(store).load(hold.operation.as_str()).await
        {
            Err(error) if error.kind() == ErrorKind::Damaged => return Ok(false),
            loaded => loaded?,
        };
        if operation.is_some_and(|operation| operation.is_active()) {
            return Ok(false);
        }
        self.deployment.end_hold(&row.id, &hold.operation).await?;
        Ok(true)
    }

    /// Turns a replacement of a key that an earlier version noted in the instance itself into an operation. Whether there was one.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(in crate::reconcile) async fn adopt_rotation(&self, row: &Instance) -> Result<bool> {
        let Some(before) = row.rekey else { return Ok(false) };
        let store = self.deployment.ports.store.as_ref();
        let kind = OperationKind::RotateAssetCredentials { before };
        let now = self.deployment.clock.now();
        let operation = Operation::new(&Principal::system(), kind, Subject::from(row), now);
        let row = Instance { rekey: None, ..row.clone() };
        // Both agree, or a key would be replaced twice, or not at all.
        let adopted = Commit::insert(&operation).and(Commit::save(&row));
        match Collection::of(store).commit(&adopted).await {
            Ok(_) => {}
            // One of the present version is at it, or another worker was faster.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let rows = Collection::<Instance>::of(store);
                let key = crate::ports::UniqueKey::operation(&row.id, operation.kind.lane());
                if Collection::<Operation>::of(store).find(&key).await?.is_some() {
                    rows.update(row.id.as_str(), |row| Ok(row.rekey.take().is_some())).await?;
                }
            }
            Err(error) => return Err(error),
        }
        self.deployment.nudge_operations();
        Ok(true)
    }
}
