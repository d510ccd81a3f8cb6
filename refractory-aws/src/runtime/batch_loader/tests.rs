use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use refractory_core::ErrorKind;

use super::*;

const WINDOW: Duration = Duration::from_millis(20);

/// Counts how often it is asked, and takes a second to answer.
#[derive(Debug, Clone, Default)]
struct CountingSource(Arc<AtomicUsize>);

impl CountingSource {
    async fn load(self, names: BTreeSet<u32>) -> Result<BTreeMap<u32, u32>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(names.into_iter().filter(|name| *name != 13).map(|name| (name, name * 2)).collect())
    }

    fn calls(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

async fn ask(gather: &BatchLoader<u32, u32>, oracle: &CountingSource, name: u32) -> Option<u32> {
    let oracle = oracle.clone();
    gather.load(name, |_, _| {}, move |names| oracle.load(names)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_within_a_window_is_asked_once() {
    let (gather, oracle) = (BatchLoader::new(WINDOW), CountingSource::default());
    let answers = join_all((0..50).map(|name| ask(&gather, &oracle, name))).await;
    assert_eq!(answers[7], Some(14));
    assert_eq!(answers[13], None, "not mentioned");
    assert_eq!(oracle.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_after_the_window_is_asked_apart() {
    let (gather, oracle) = (BatchLoader::new(WINDOW), CountingSource::default());
    let late = async {
        tokio::time::sleep(WINDOW * 2).await;
        ask(&gather, &oracle, 2).await
    };
    assert_eq!(tokio::join!(ask(&gather, &oracle, 1), late), (Some(2), Some(4)));
    assert_eq!(oracle.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_asked_about_is_not_asked_about_again() {
    let (gather, oracle) = (BatchLoader::new(WINDOW), CountingSource::default());
    let first = async {
        let oracle = oracle.clone();
        let fill = |names: &mut BTreeSet<u32>, _: &BTreeSet<u32>| names.extend([2, 3]);
        gather.load(1, fill, move |names| oracle.load(names)).await.unwrap()
    };
    let late = async {
        tokio::time::sleep(WINDOW * 2).await;
        ask(&gather, &oracle, 3).await
    };
    let other = async {
        tokio::time::sleep(WINDOW * 2).await;
        let oracle = oracle.clone();
        let fill = |_: &mut BTreeSet<u32>, asked: &BTreeSet<u32>| {
            assert_eq!(*asked, BTreeSet::from([1, 2, 3]));
        };
        gather.load(4, fill, move |names| oracle.load(names)).await.unwrap()
    };
    assert_eq!(tokio::join!(first, late, other), (Some(2), Some(6), Some(8)));
    assert_eq!(oracle.calls(), 2);
    assert_eq!(ask(&gather, &oracle, 3).await, Some(6));
    assert_eq!(oracle.calls(), 3, "what is answered is asked afresh");
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_breaks_nothing_for_the_others() {
    let (gather, oracle) = (BatchLoader::new(WINDOW), CountingSource::default());
    for patience in [Duration::ZERO, WINDOW / 2, WINDOW * 2] {
        let first = tokio::time::timeout(patience, ask(&gather, &oracle, 1));
        let (first, second) = tokio::join!(first, ask(&gather, &oracle, 2));
        assert!(first.is_err(), "it had no patience");
        assert_eq!(second, Some(4));
    }
    assert_eq!(oracle.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_waits_for_is_not_asked() {
    let (gather, oracle) = (BatchLoader::new(WINDOW), CountingSource::default());
    assert!(tokio::time::timeout(WINDOW / 2, ask(&gather, &oracle, 1)).await.is_err());
    tokio::time::sleep(WINDOW * 4).await;
    assert_eq!(oracle.calls(), 0);
    assert_eq!(ask(&gather, &oracle, 3).await, Some(6), "and the next one is whole");
}

#[tokio::test(start_paused = true)]
async fn an_error_is_everybodys() {
    let gather: BatchLoader<u32, u32> = BatchLoader::new(WINDOW);
    let refused = || {
        let question = |_| async {
            Err(Error::new(ErrorKind::Forbidden, "asking").advise("Ask your administrator."))
        };
        gather.load(1, |_, _| {}, question)
    };
    for error in <[_; 2]>::from(tokio::join!(refused(), refused())).map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.is_transient()), (ErrorKind::Forbidden, false));
        assert_eq!(error.for_people(), "Ask your administrator.");
    }
}
