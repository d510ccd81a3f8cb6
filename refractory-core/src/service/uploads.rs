//! Uploads on their way through the deployment.
use super::Refractory;
use crate::Result;
use crate::ports::{AssetAsk, AssetPass};

impl Refractory {
    /// What is to be done about something that was asked of an instance's uploads, for whoever stands in front of it. Whether
    /// people may see the instance is the caller's to check; whether they may have this is the door's.
    ///
    /// # Errors
    ///
    /// As [`AssetDoor::admit`](crate::ports::AssetDoor::admit) has them; `Unavailable` when it takes too long.
    pub async fn admit_upload(&self, ask: &AssetAsk) -> Result<AssetPass> {
        let admitted = self.deployment.ports.asset_door.admit(ask);
        crate::reconcile::bounded(self.deployment.patience.deadline, "serving uploads", admitted)
            .await
    }
}
