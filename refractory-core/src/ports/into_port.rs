//! What the builder takes for a port: a value, or a shared one.
use std::sync::Arc;

use super::{
    Archives, AssetGateway, AssetStore, Authenticator, DnsZone, GameControl, InstanceRuntime,
    LicensePool, LogSource, OrphanedResources, Snapshots, Store, Vault, WorldStorage,
};
use crate::Clock;

/// A value that can be used as the port `P`: any implementation of it, that implementation in an [`Arc`], or an `Arc<dyn P>`.
///
/// It is implemented for all three of each port and of [`Clock`]; there is nothing to implement. An implementation that only one
/// place needs is passed as it is; one that several places need is shared by an `Arc`:
///
/// ```
/// use std::sync::Arc;
/// # use refractory_core::ports::{LicensePool, Store};
/// use refractory_core::{MemoryStore, MemoryVault, StorePool, SystemClock};
///
/// let (store, vault) = (Arc::new(MemoryStore::default()), Arc::new(MemoryVault::default()));
/// let pool = StorePool::new(store.clone(), vault.clone(), SystemClock);
/// # fn either(_: impl refractory_core::ports::IntoPort<dyn Store>) {}
/// # either(store.clone() as Arc<dyn Store>);
/// # either(store);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an implementation of the port `{P}`",
    label = "expected a value that implements the port, or an `Arc` of one"
)]
pub trait IntoPort<P: ?Sized> {
    /// Returns the port as everything inside holds it.
    fn into_port(self) -> Arc<P>;
}

// One blanket impl per port, and not one for all: a trait object can only be made of a known trait.
macro_rules! into_port {
    ($($port:ident)*) => { $(
        impl<T: $port> IntoPort<dyn $port> for T {
            fn into_port(self) -> Arc<dyn $port> {
                Arc::new(self)
            }
        }

        impl<T: $port> IntoPort<dyn $port> for Arc<T> {
            fn into_port(self) -> Arc<dyn $port> {
                self
            }
        }

        impl IntoPort<dyn $port> for Arc<dyn $port> {
            fn into_port(self) -> Arc<dyn $port> {
                self
            }
        }
    )* };
}

into_port! {
    Archives AssetGateway AssetStore Authenticator Clock DnsZone GameControl InstanceRuntime OrphanedResources LicensePool LogSource
    Snapshots Store Vault WorldStorage
}
