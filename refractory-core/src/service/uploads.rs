//! Uploads on their way through the deployment.
use super::Refractory;
use crate::Result;
use crate::ports::{AccessDecision, AssetRequest};

impl Refractory {
    /// What is to be done about something that was asked of an instance's uploads, for whoever stands in front of it. Whether
    /// people may see the instance is the caller's to check; whether they may have this is the door's.
    ///
    /// # Errors
    ///
    /// As [`AssetGateway::admit`](crate::ports::AssetGateway::admit) has them; `Unavailable` when it takes too long.
    pub async fn admit_upload(&self, ask: &AssetRequest) -> Result<AccessDecision> {
        let admitted = self.deployment.ports.asset_gateway.admit(ask);
        crate::reconcile::bounded(self.deployment.options.deadline, "serving uploads", admitted)
            .await
    }
}
