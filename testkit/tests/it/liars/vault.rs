//! Vaults that lie.
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use refractory_core::ports::{Observed, Vault};
use refractory_core::{Error, ErrorKind, MemoryVault, Result, Secret, SecretName, async_trait};
use testkit::conformance::vault::CASES;
use tokio::task::yield_now;

use super::{Caught, assert_honest_suite, fails};

/// A way to break one clause. Whatever it does not say is done honestly.
#[async_trait]
trait Lie: Debug + Default + Send + Sync + 'static {
    async fn ensure(
        &self,
        honest: &MemoryVault,
        name: &SecretName,
        fresh: &Secret,
    ) -> Result<Observed<Secret>> {
        honest.ensure(name, fresh).await
    }
    async fn observe(&self, honest: &MemoryVault, name: &SecretName) -> Result<Observed<Secret>> {
        honest.observe(name).await
    }
    async fn remove(&self, honest: &MemoryVault, name: &SecretName) -> Result<Observed<Secret>> {
        honest.remove(name).await
    }
    async fn list(&self, honest: &MemoryVault) -> Result<Vec<SecretName>> {
        honest.list().await
    }
}

#[derive(Debug, Default)]
struct Liar<L> {
    honest: MemoryVault,
    lie: L,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<L: Lie> Vault for Liar<L> {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        self.lie.ensure(&self.honest, name, fresh).await
    }
    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        self.lie.observe(&self.honest, name).await
    }
    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        self.lie.remove(&self.honest, name).await
    }
    async fn list(&self) -> Result<Vec<SecretName>> {
        self.lie.list(&self.honest).await
    }
}

#[derive(Debug, Default)]
struct OneSecretForAll;
#[async_trait]
impl Lie for OneSecretForAll {
    async fn observe(&self, honest: &MemoryVault, _: &SecretName) -> Result<Observed<Secret>> {
        match honest.list().await?.first() {
            Some(first) => honest.observe(first).await,
            None => Ok(Observed::Absent),
        }
    }
}

#[derive(Debug, Default)]
struct LastWriterWins;
#[async_trait]
impl Lie for LastWriterWins {
    async fn ensure(
        &self,
        honest: &MemoryVault,
        name: &SecretName,
        fresh: &Secret,
    ) -> Result<Observed<Secret>> {
        honest.remove(name).await?;
        honest.ensure(name, fresh).await
    }
}

#[derive(Debug, Default)]
struct EnsureReadsThenWrites;
#[async_trait]
impl Lie for EnsureReadsThenWrites {
    async fn ensure(
        &self,
        honest: &MemoryVault,
        name: &SecretName,
        fresh: &Secret,
    ) -> Result<Observed<Secret>> {
        if let Observed::Ready(kept) = honest.observe(name).await? {
            return Ok(Observed::Ready(kept));
        }
        yield_now().await;
        honest.remove(name).await?;
        honest.ensure(name, fresh).await
    }
}

#[derive(Debug, Default)]
struct ObserveCreates;
#[async_trait]
impl Lie for ObserveCreates {
    async fn observe(&self, honest: &MemoryVault, name: &SecretName) -> Result<Observed<Secret>> {
        let before = honest.observe(name).await?;
        honest.ensure(name, &Secret::new("made up")).await?;
        Ok(before)
    }
}

#[derive(Debug, Default)]
struct RemoveOfAbsentFails;
#[async_trait]
impl Lie for RemoveOfAbsentFails {
    async fn remove(&self, honest: &MemoryVault, name: &SecretName) -> Result<Observed<Secret>> {
        if honest.observe(name).await? == Observed::Absent {
            return Err(Error::new(ErrorKind::NotFound, "lying"));
        }
        honest.remove(name).await
    }
}

#[derive(Debug, Default)]
struct RemoveForgetsToRemove;
#[async_trait]
impl Lie for RemoveForgetsToRemove {
    async fn remove(&self, _: &MemoryVault, _: &SecretName) -> Result<Observed<Secret>> {
        Ok(Observed::Absent)
    }
}

#[derive(Debug, Default)]
struct RemoveTakesTheNext;
#[async_trait]
impl Lie for RemoveTakesTheNext {
    async fn remove(&self, honest: &MemoryVault, name: &SecretName) -> Result<Observed<Secret>> {
        for other in honest.list().await? {
            if other.as_str().starts_with(name.as_str()) {
                honest.remove(&other).await?;
            }
        }
        Ok(Observed::Absent)
    }
}

#[derive(Debug, Default)]
struct ListsTheFirst;
#[async_trait]
impl Lie for ListsTheFirst {
    async fn list(&self, honest: &MemoryVault) -> Result<Vec<SecretName>> {
        Ok(honest.list().await?.into_iter().take(1).collect())
    }
}

#[derive(Debug, Default)]
struct TrimsSecrets;
#[async_trait]
impl Lie for TrimsSecrets {
    async fn observe(&self, honest: &MemoryVault, name: &SecretName) -> Result<Observed<Secret>> {
        let kept = honest.observe(name).await?;
        Ok(kept.map(|secret| Secret::new(secret.expose().trim())))
    }
}

#[derive(Default)]
struct TellsTheLog(Mutex<Vec<String>>);
impl Debug for TellsTheLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.lock().unwrap_or_else(PoisonError::into_inner).iter())
            .finish()
    }
}
#[async_trait]
impl Lie for TellsTheLog {
    async fn ensure(
        &self,
        honest: &MemoryVault,
        name: &SecretName,
        fresh: &Secret,
    ) -> Result<Observed<Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fresh.expose().to_owned());
        honest.ensure(name, fresh).await
    }
}

#[derive(Debug, Default)]
struct DroppedCallKeepsItsLock(AtomicBool);
#[async_trait]
impl Lie for DroppedCallKeepsItsLock {
    async fn ensure(
        &self,
        honest: &MemoryVault,
        name: &SecretName,
        fresh: &Secret,
    ) -> Result<Observed<Secret>> {
        if self.0.swap(true, Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "lying"));
        }
        yield_now().await;
        self.0.store(false, Ordering::SeqCst);
        honest.ensure(name, fresh).await
    }
}

async fn caught_by(liar: fn() -> Box<dyn Vault>) -> Vec<&'static str> {
    let mut by = Vec::new();
    for (name, case) in CASES {
        let liar = liar();
        if fails(async move { case(liar.as_ref()).await }).await {
            by.push(*name);
        }
    }
    by
}

macro_rules! catch {
    ($($lie:ident)*) => {{
        let liars: &[(&'static str, fn() -> Box<dyn Vault>)] =
            &[$((stringify!($lie), || Box::new(Liar::<$lie>::default())),)*];
        let mut caught = Caught::new();
        for (lie, liar) in liars {
            caught.push((lie, caught_by(*liar).await));
        }
        caught
    }};
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_a_vault_is_caught_and_every_case_catches_one() {
    let caught = catch! {
        OneSecretForAll LastWriterWins EnsureReadsThenWrites ObserveCreates RemoveOfAbsentFails
        RemoveForgetsToRemove RemoveTakesTheNext ListsTheFirst TrimsSecrets TellsTheLog
        DroppedCallKeepsItsLock
    };
    assert_honest_suite(CASES.iter().map(|(name, _)| *name), &caught);
}
