//! Stores that lie.
mod changes;
mod commits;
mod reading;
mod rushing;
mod texts;
mod writing;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use refractory_core::ports::{
    Changes, DamagedRecord, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
};
use refractory_core::{Error, ErrorKind, MemoryStore, Result, async_trait};
use testkit::conformance::store::CASES;

use super::{Caught, assert_honest_suite, fails};

/// A way to break one clause. Whatever it does not say is done honestly.
#[async_trait]
trait Lie: Debug + Default + Send + Sync + 'static {
    async fn insert(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        honest.insert(row).await
    }
    async fn load(&self, honest: &MemoryStore, kind: Kind, id: &str) -> Result<Option<Record>> {
        honest.load(kind, id).await
    }
    async fn find(&self, honest: &MemoryStore, key: &UniqueKey) -> Result<Option<Record>> {
        honest.find(key).await
    }
    async fn query(&self, honest: &MemoryStore, query: &Query) -> Result<Page> {
        honest.query(query).await
    }
    async fn changes(
        &self,
        honest: &MemoryStore,
        kind: Kind,
        after: Position,
        limit: usize,
    ) -> Result<Changes> {
        honest.changes(kind, after, limit).await
    }
    async fn position(&self, honest: &MemoryStore, kind: Kind) -> Result<Position> {
        honest.position(kind).await
    }
    async fn save(&self, honest: &MemoryStore, row: &Record) -> Result<Record> {
        honest.save(row).await
    }
    async fn delete(&self, honest: &MemoryStore, row: &Record) -> Result<()> {
        honest.delete(row).await
    }
    /// A commit of other than one write.
    async fn commit(&self, honest: &MemoryStore, writes: &[Write]) -> Result<Vec<Record>> {
        honest.commit(writes).await
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
    async fn insert(&self, row: &Record) -> Result<Record> {
        self.lie.insert(&self.honest, row).await
    }
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        self.lie.load(&self.honest, kind, id).await
    }
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        self.lie.find(&self.honest, key).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        self.lie.query(&self.honest, query).await
    }
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        self.lie.changes(&self.honest, kind, after, limit).await
    }
    async fn position(&self, kind: Kind) -> Result<Position> {
        self.lie.position(&self.honest, kind).await
    }
    async fn save(&self, row: &Record) -> Result<Record> {
        self.lie.save(&self.honest, row).await
    }
    async fn delete(&self, row: &Record) -> Result<()> {
        self.lie.delete(&self.honest, row).await
    }
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        match writes {
            [Write::Insert(row)] => Ok(vec![self.lie.insert(&self.honest, row).await?]),
            [Write::Save(row)] => Ok(vec![self.lie.save(&self.honest, row).await?]),
            [Write::Delete(row)] => {
                self.lie.delete(&self.honest, row).await?;
                Ok(vec![row.clone()])
            }
            several => self.lie.commit(&self.honest, several).await,
        }
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

/// Every record of `kind`.
async fn list(honest: &MemoryStore, kind: Kind) -> Result<Vec<Record>> {
    Ok(honest.query(&Query::all(kind)).await?.records)
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
            DeleteTakesTheNext IdsAreUsedUp BareFieldsAreFilled TomorrowIsForgotten LongTextIsCut OddTextIsMangled;
        texts:
            TextsAreNotUnique FailedInsertClaims FailedSaveWrites FailedSaveMovesTheRevision
            RenameKeepsTheOldText SaveTripsOverItself DeletedTextsStayTaken TextsAreOneSpace
            NoTextIsOneText;
        reading:
            AbsentIsAnError FindsByTheFirstTextOnly ListsLikeADictionary ListsAllKinds ListsOnePage
            ListsStaleRows LoadTouches OrdersById MixesPartitions LowerBoundIsLeftOut
            UpperBoundCounts IgnoresTheDirection PagesBeginAnew PagesSkipOne OldPlacesStay;
        commits:
            EventsAreForgotten WritesOneByOne KeysAreTakenInOrder AnyTwoWrites AnyNumber
            DroppedCommitKeepsItsLock;
        changes:
            TellsOnce RevisionsLag TellsByName FirstPageOnly HidesDeletions TellsAllAgain
            PassesOverTheLate EndsTooLate;
        rushing:
            SaveReadsThenWrites HolderCheckRaces SlugCheckRaces IdCheckRaces
            DroppedInsertKeepsItsClaim DroppedSaveKeepsItsLock DroppedDeleteKeepsItsLock;
    };
    assert_honest_suite(CASES.iter().map(|(name, _)| *name), &caught);
}
