//! The keys that programs reach their uploads with.
use super::Refractory;
use crate::access::{Verb, check};
use crate::model::{EventKind, Instance, Power, Principal};
use crate::ports::{Collection, Observed};
use crate::{Error, ErrorKind, InstanceId, Result};

impl Refractory {
    /// Replaces the key that the program of an instance reaches its uploads with.
    ///
    /// The program has the new key from its next start on. The old one works as long as a launch has it and is deleted then; until
    /// that has happened [`Instance::rekey`] says since when it was asked for, and to ask again is the same request.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Unsupported` where uploads need no key; `Conflict` when it is being deleted, or has never been
    /// started; and as [`AssetStore::rotate`](crate::ports::AssetStore::rotate) has them.
    pub async fn rotate_key(&self, who: &Principal, id: &InstanceId) -> Result<Instance> {
        let instance = self.get(who, id).await?;
        check(who, Verb::RotateKey, &instance, id)?;
        if instance.desired.power == Power::Gone {
            return Err(refused("This table and its key are being deleted."));
        }
        let before = instance.rekey.unwrap_or_else(|| self.now());
        // Asked at once, so that whoever cannot have it is told so; the worker sees it through.
        let rekey = match self.deployment.ports.assets.rotate(id, before).await? {
            Observed::Ready(_) => None,
            Observed::Pending(_) | Observed::Broken(_) => Some(before),
            Observed::Absent => {
                return Err(refused(
                    "This table has no upload storage yet. Its first start creates it, with its own key.",
                ));
            }
        };
        let noted = Collection::<Instance>::of(self.deployment.ports.store.as_ref())
            .update_with_events(id.as_str(), |row| {
                let fresh = row.rekey != rekey;
                row.rekey = rekey;
                let kind = EventKind::CredentialsRotationRequested;
                Ok((fresh, vec![self.event(who, kind).about(row)]))
            })
            .await?
            .unwrap_or(instance);
        Ok(noted)
    }
}

fn refused(advice: &'static str) -> Error {
    Error::new(ErrorKind::Conflict, "replacing the key for uploads").permanent().advise(advice)
}
