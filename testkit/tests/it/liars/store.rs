//! Stores that lie.
mod reading;
mod rushing;
mod texts;
mod writing;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use refractory_core::ports::{Body, DamagedRecord, Head, Kind, Records, Store};
use refractory_core::{Error, ErrorKind, MemoryStore, Result, async_trait};
use testkit::conformance::store::CASES;

use super::{Caught, assert_honest_suite, fails};

/// A way to break one clause. Whatever it does not say is done honestly.
#[async_trait]
trait Lie: Debug + Default + Send + Sync + 'static {
    async fn insert(&self, honest: &MemoryStore, row: &Body) -> Result<Body> {
        honest.insert(row).await
    }
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Body>> {
        honest.load(kind, id).await
    }
    async fn find(&self, honest: &MemoryStore, kind: Kind, unique: &str) -> Result<Option<Body>> {
        honest.find(kind, unique).await
    }
    async fn list(&self, honest: &MemoryStore, kind: Kind) -> Result<Vec<Body>> {
        honest.list(kind).await
    }
    async fn heads(&self, honest: &MemoryStore, kind: Kind) -> Result<Vec<Head>> {
        honest.heads(kind).await
    }
    async fn save(&self, honest: &MemoryStore, row: &Body) -> Result<Body> {
        honest.save(row).await
    }
    async fn delete(&self, honest: &MemoryStore, row: &Body) -> Result<()> {
        honest.delete(row).await
    }
}

#[derive(Debug, Default)]
struct Liar<L> {
    honest: MemoryStore,
    lie: L,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<L: Lie> Store for Liar<L> {
    async fn insert(&self, row: &Body) -> Result<Body> {
        self.lie.insert(&self.honest, row).await
    }
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>> {
        self.lie.load(&self.honest, kind, id).await
    }
    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        self.lie.find(&self.honest, kind, unique).await
    }
    async fn list(&self, kind: Kind) -> Result<Vec<Body>> {
        self.lie.list(&self.honest, kind).await
    }
    async fn heads(&self, kind: Kind) -> Result<Vec<Head>> {
        self.lie.heads(&self.honest, kind).await
    }
    async fn save(&self, row: &Body) -> Result<Body> {
        self.lie.save(&self.honest, row).await
    }
    async fn delete(&self, row: &Body) -> Result<()> {
        self.lie.delete(&self.honest, row).await
    }
    async fn scan(&self, kind: Kind) -> Result<Records> {
        self.honest.scan(kind).await
    }
    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        self.honest.discard(record).await
    }
    async fn copy_to(&self, to: &std::path::Path) -> Result<()> {
        self.honest.copy_to(to).await
    }
    async fn close(&self) -> Result<()> {
        self.honest.close().await
    }
}

/// Names that a liar remembers between calls.
#[derive(Debug, Default)]
struct Memory(Mutex<BTreeSet<String>>);

impl Memory {
    /// Whether `text` was new.
    fn add(&self, text: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned())
    }

    fn has(&self, text: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(text)
    }

    fn forget(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(text);
    }
}

fn conflict() -> Error {
    Error::new(ErrorKind::Conflict, "lying")
}

/// A store that tells one lie; its name says which.
macro_rules! lie {
    ($name:ident $(($memory:ty))? { $($methods:tt)* }) => {
        #[derive(Debug, Default)]
        pub(super) struct $name $(($memory))?;

        #[async_trait]
        impl Lie for $name {
            $($methods)*
        }
    };
}
use lie;

async fn caught_by(liar: fn() -> Box<dyn Store>) -> Vec<&'static str> {
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
    ($($of:ident: $($lie:ident)*;)*) => {{
        let liars: &[(&'static str, fn() -> Box<dyn Store>)] = &[
            $($((stringify!($lie), || Box::new(Liar::<$of::$lie>::default())),)*)*
        ];
        let mut caught = Caught::new();
        for (lie, liar) in liars {
            caught.push((lie, caught_by(*liar).await));
        }
        caught
    }};
}

#[tokio::test(start_paused = true)]
async fn every_lie_about_a_store_is_caught_and_every_case_catches_one() {
    let caught = catch! {
        writing:
            InsertKeepsTheRevision InsertReplaces IdsAreOneSpace SaveForgetsToWrite
            SaveIgnoresRevisions SaveIgnoresLaterRevisions SaveCreates SaveResurrects SaveTouchesAll
            DeleteHidesFromLoadOnly DeleteIgnoresRevisions DeleteOfNothingSucceeds
            DeleteTakesTheNext IdsAreUsedUp BareFieldsAreFilled LongTextIsCut OddTextIsMangled;
        texts:
            TextsAreNotUnique FailedInsertClaims FailedSaveWrites FailedSaveMovesTheRevision
            RenameKeepsTheOldText SaveTripsOverItself DeletedTextsStayTaken TextsAreOneSpace
            NoTextIsOneText;
        reading:
            AbsentIsAnError FindsByTheFirstTextOnly ListsLikeADictionary ListsAllKinds ListsOnePage
            ListsStaleRows HeadsLag LoadTouches;
        rushing:
            SaveReadsThenWrites HolderCheckRaces SlugCheckRaces IdCheckRaces
            DroppedInsertKeepsItsClaim DroppedSaveKeepsItsLock DroppedDeleteKeepsItsLock;
    };
    assert_honest_suite(CASES.iter().map(|(name, _)| *name), &caught);
}
