//! A whole life: created, started, looked at, stopped, deleted; with whatever trouble.
use std::time::Duration;

use refractory_core::InstanceId;
use refractory_core::model::Fault as Reason;
use testkit::aws::{Call, Census, Fault, Launch, Rule};

use super::house::{Came, Goal, House, op};

/// What goes wrong in a life, and how that is lived through.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// Which calls go wrong, and how.
    pub(super) calls: Option<(Rule, Fault)>,
    /// How long an attempt at a call may take.
    pub(super) attempt: Duration,
    /// How much faster than the machine's the clock goes.
    pub(super) pace: u32,
}

/// What became of a life.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// Every call that was made, in order.
    pub(super) calls: Vec<Call>,
    /// Why starts were given up.
    pub(super) given_up: Vec<Reason>,
    /// What must not be.
    pub(super) wrong: Vec<String>,
}

impl House {
    /// One life. Afterwards there is nothing, or the story says what.
    pub(super) async fn life(&self, trouble: &Trouble) -> Story {
        let mut story = Story::default();
        self.proxy.heal();
        self.proxy.forget();
        if let Some((rule, fault)) = trouble.calls.clone() {
            self.proxy.arrange(rule, fault);
        }
        let table = self.table().await;
        self.bring(&table, Goal::On, trouble, &mut story).await;
        // A look at it, as there is every few seconds.
        self.pass(Duration::from_secs(6), trouble.pace).await;
        self.bring(&table, Goal::On, trouble, &mut story).await;
        let running = self.running(&table).await;
        if running != 1 {
            story.wrong.push(format!("{running} tasks of a table that is on"));
        }
        self.bring(&table, Goal::Off, trouble, &mut story).await;
        self.bring(&table, Goal::Gone, trouble, &mut story).await;
        story.calls = self.proxy.calls();
        self.look_back(&table, &mut story.wrong).await;
        story
    }

    /// Has `goal` wished for and worked for: by another process where one is killed, and again where a start is given up.
    async fn bring(&self, of: &InstanceId, goal: Goal, trouble: &Trouble, story: &mut Story) {
        self.wish(of, goal).await;
        let mut worker = self.worker(trouble.attempt);
        // No life has as many calls.
        for _ in 0..2_000 {
            let came = tokio::select! {
                biased;
                () = self.proxy.cut() => None,
                came = self.work(&worker, of, goal, trouble.pace) => Some(came),
            };
            match came {
                Some(Came::There) => return,
                Some(Came::GivenUp(reason)) => {
                    story.given_up.push(reason);
                    // Pressing Start again clears the fault.
                    self.wish(of, goal).await;
                }
                Some(Came::Nowhere(row)) => {
                    story.wrong.push(format!("it did not come to {goal:?}: {row}"));
                    return;
                }
                None => {
                    drop(worker);
                    // The next process is born a second later.
                    self.pass(Duration::from_secs(1), trouble.pace).await;
                    self.proxy.reconnect();
                    worker = self.worker(trouble.attempt);
                }
            }
        }
        story.wrong.push(format!("it comes to {goal:?} never"));
    }

    /// What is left, and what was done.
    async fn look_back(&self, table: &InstanceId, wrong: &mut Vec<String>) {
        wrong.extend(self.watch.broken_rules());
        wrong.extend(self.left().await);
        let launches: Vec<_> = self.launches(table).await;
        for pair in launches.windows(2) {
            if pair[0].stopped.as_ref().is_none_or(|stopped| *stopped > pair[1].created) {
                wrong.push(format!("two tasks of one table at once: {pair:?}"));
            }
        }
        for view in self.app.licenses(&op()).await.unwrap() {
            if let Some((holder, _)) = view.holder {
                wrong.push(format!("{holder} still holds the key"));
            }
        }
        if !self.app.list_all(&op()).await.unwrap().records.is_empty() {
            wrong.push("there is still a row".to_owned());
        }
    }

    /// What there is that was not there before, or is there no longer. What is still ending is waited for.
    async fn left(&self) -> Vec<String> {
        for tried in 0.. {
            let now = self.account.census().await.unwrap();
            let differ = differences(&self.empty, &now);
            if differ.is_empty() || tried == 40 {
                return differ;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        unreachable!("it returns")
    }

    async fn launches(&self, of: &InstanceId) -> Vec<Launch> {
        let family = self.naming().family(of);
        let mut all = self.account.launches().await.unwrap();
        all.retain(|launch| launch.family == family);
        all
    }

    async fn running(&self, of: &InstanceId) -> usize {
        self.launches(of).await.iter().filter(|launch| launch.stopped.is_none()).count()
    }
}

fn differences(before: &Census, now: &Census) -> Vec<String> {
    let none = Vec::new();
    let missing = |from: &Census, to: &Census, what: &str| {
        let mut found = Vec::new();
        for (store, names) in from {
            let there = to.get(store).unwrap_or(&none);
            found.extend(
                names
                    .iter()
                    .filter(|name| !there.contains(name))
                    .map(|name| format!("{what}: {store} {name}")),
            );
        }
        found
    };
    [missing(now, before, "left"), missing(before, now, "lost")].concat()
}
