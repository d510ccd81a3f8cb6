//! The race for the last administrator, over any store.
#![expect(clippy::expect_used, reason = "a failed case panics; that is the point")]
use refractory_core::model::{Principal, Role, User, UserState};
use refractory_core::ports::Store;
use refractory_core::{ErrorKind, Refractory, Result};
use tokio::task::JoinSet;

use crate::people::account;
use crate::world::World;

/// A handle on a deployment whose store is `store`, and nothing else of it is of interest.
pub fn handle(store: impl Store) -> Refractory {
    Refractory::builder(World::default()).store(store).build().0
}

/// How the administrators end one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    Demotion,
    Disabling,
    Deletion,
}

/// Has two administrators end one another at once, `rounds` times, each through one of two `processes` with the same store. One
/// of them stays each time, and exactly one.
///
/// # Panics
///
/// When none is left, when both are, or when a call fails for another reason than that it would end the last.
pub async fn race_for_the_last_one(processes: [Refractory; 2], rounds: usize) {
    let operator = Principal::operator();
    let mut last = account(&processes[0], "first", Role::Admin).await;
    for round in 0..rounds {
        let other = account(&processes[0], &format!("rival{round}"), Role::Admin).await;
        let ends = [[Removal::Demotion, Removal::Deletion], [Removal::Deletion, Removal::Demotion]];
        let ends = match round % 5 {
            0 => [Removal::Demotion; 2],
            1 => [Removal::Disabling; 2],
            2 => [Removal::Deletion, Removal::Disabling],
            other => ends[other % 2],
        };
        let mut race = JoinSet::new();
        for ((process, user), end) in
            processes.iter().cloned().zip([other.clone(), last.clone()]).zip(ends)
        {
            race.spawn(async move { end_one(&process, &user, end).await });
        }
        let outcomes = race.join_all().await;
        let left: Vec<_> = processes[1]
            .users_all(&operator)
            .await
            .expect("the accounts")
            .into_iter()
            .filter(User::is_active_administrator)
            .collect();
        assert_eq!(left.len(), 1, "administrators left in round {round}: {left:?} {outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        for error in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
            assert!(error.for_people().contains("last administrator"), "{error:?}");
        }
        last = left[0].clone();
    }
}

async fn end_one(process: &Refractory, user: &User, end: Removal) -> Result<()> {
    let operator = Principal::operator();
    match end {
        Removal::Demotion => process.set_role(&operator, &user.id, Role::Player).await.map(|_| ()),
        Removal::Disabling => {
            process.set_user_state(&operator, &user.id, UserState::Disabled).await.map(|_| ())
        }
        Removal::Deletion => process.remove_user(&operator, &user.id).await,
    }
}
