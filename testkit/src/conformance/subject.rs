//! What a suite is held against.
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use refractory_core::ports::Observed;
use refractory_core::{InstanceId, Result};
use tokio::time::Instant;

/// How patient the cases are.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long something may take to become ready, or to go away.
    pub settles_within: Duration,
    /// How long to wait before asking again.
    pub poll: Duration,
    /// How long one call may take: rule 3.
    pub call: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            settles_within: Duration::from_secs(20),
            poll: Duration::from_millis(20),
            call: Duration::from_secs(5),
        }
    }
}

/// An implementation of a port, whatever the cases need beside it, and how patient they are to be.
#[derive(Debug)]
pub struct Subject<P: ?Sized, With> {
    /// The implementation.
    pub port: Arc<P>,
    /// What the cases need beside it.
    pub with: With,
    /// How patient the cases are.
    pub bounds: Bounds,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl<P: ?Sized, With> Subject<P, With> {
    /// A subject with default bounds.
    pub fn new(port: Arc<P>, with: With) -> Self {
        Self { port, with, bounds: Bounds::default(), kept: Vec::new() }
    }

    /// The same with other bounds.
    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// The same, keeping something alive as long as it lives: a folder, a process.
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(kept));
        self
    }
}

impl<P: ?Sized + Send + Sync, With: Send + Sync> Subject<P, With> {
    /// Calls until the answer is `Ready`.
    pub(super) async fn ready<T: Debug + Send, F: Future<Output = Result<Observed<T>>> + Send>(
        &self,
        call: impl Fn() -> F + Send + Sync,
    ) -> T {
        let end = Instant::now() + self.bounds.settles_within;
        loop {
            match call().await.expect("a call that makes something") {
                Observed::Ready(made) => return made,
                Observed::Pending(_) if Instant::now() < end => {
                    tokio::time::sleep(self.bounds.poll).await;
                }
                other => panic!("it never became ready: {other:?}"),
            }
        }
    }

    /// Calls until the answer is `Absent`.
    pub(super) async fn absent<T: Debug + Send, F: Future<Output = Result<Observed<T>>> + Send>(
        &self,
        call: impl Fn() -> F + Send + Sync,
    ) {
        let end = Instant::now() + self.bounds.settles_within;
        loop {
            match call().await.expect("a call that removes something") {
                Observed::Absent => return,
                Observed::Pending(_) if Instant::now() < end => {
                    tokio::time::sleep(self.bounds.poll).await;
                }
                other => panic!("it never went away: {other:?}"),
            }
        }
    }

    /// Begins a call and drops it: at once, and then at its first few awaits.
    pub(super) async fn dropped<T: Send, F: Future<Output = T> + Send>(
        &self,
        call: impl Fn() -> F + Send + Sync,
    ) {
        for polls in 1..4 {
            let mut cut = crate::fault::PowerCut::at(polls + 1);
            drop(cut.run(Box::pin(call())).await);
        }
    }

    /// Panics when a call takes longer than it may.
    pub(super) async fn bounded_call<T>(
        &self,
        name: &str,
        call: impl Future<Output = T> + Send,
    ) -> T {
        let answer = tokio::time::timeout(self.bounds.call, call).await;
        answer.unwrap_or_else(|_| panic!("`{name}` did not answer within {:?}", self.bounds.call))
    }
}

/// The data in a volume, as a program that works on it sees it.
pub trait Contents: Debug + Send + Sync + 'static {
    /// Writes `text` into the volume of `of`, in the place of what was there.
    fn write(&self, of: &InstanceId, text: &str);
    /// What was written there; `None` where there is no volume, or nothing in it.
    fn read(&self, of: &InstanceId) -> Option<String>;
}

/// Turns a list of cases into tests.
#[doc(hidden)]
#[macro_export]
macro_rules! conform_each {
    ((paused $suite:ident $make:expr) $($case:ident),* $(,)?) => { $(
        #[tokio::test(start_paused = true)]
        async fn $case() {
            let subject = $make;
            $crate::conformance::$suite::$case(&subject).await;
        }
    )* };
    ((real_time $suite:ident $make:expr) $($case:ident),* $(,)?) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let subject = $make;
            $crate::conformance::$suite::$case(&subject).await;
        }
    )* };
}
