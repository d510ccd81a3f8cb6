//! Liars: each breaks one clause of a contract, and the suite must notice.
mod store;
mod vault;
mod world;

/// Which of the named cases each lie fails, as a list of `(lie, cases that caught it)`.
type Caught = Vec<(&'static str, Vec<&'static str>)>;

/// Every lie must be caught by a case, and every case must catch a lie.
fn assert_honest_suite(cases: impl Iterator<Item = &'static str>, caught: &Caught) {
    for (lie, by) in caught {
        assert!(!by.is_empty(), "{lie} passed the suite");
    }
    for case in cases {
        let useful = caught.iter().any(|(_, by)| by.contains(&case));
        assert!(useful, "no liar fails `{case}`: nobody knows whether it can fail");
    }
}

/// Whether a case panics.
async fn fails(case: impl Future<Output = ()> + Send + 'static) -> bool {
    let mut hand = tokio::task::JoinSet::new();
    hand.spawn(case);
    !matches!(hand.join_next().await, Some(Ok(())))
}
