//! What the proxy remembers and what has been arranged.
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::call::Call;
use super::fault::Fault;
use super::rule::Rule;
use super::scene::FaultScope;

#[derive(Debug)]
pub(super) struct ProxyState {
    state: Mutex<Inner>,
    cut: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Inner {
    calls: Vec<Call>,
    rules: Vec<(Rule, Fault)>,
    /// The number of the last call that is let through, from the first of all.
    last: Option<usize>,
    bearers_pass: bool,
    scene: FaultScope,
}

/// What is to happen to a call.
#[derive(Debug)]
pub(super) enum CallAction {
    Forward,
    Wrong(Fault),
    /// The call has its effect; nothing more is said.
    Last,
    /// Nothing happens any more.
    Silence,
}

impl CallAction {
    fn of(fault: Fault) -> Self {
        if fault == Fault::Cut { Self::Last } else { Self::Wrong(fault) }
    }
}

impl ProxyState {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), cut: watch::Sender::new(false) }
    }

    fn state(&self) -> MutexGuard<'_, Inner> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes `call` down; says under which number, and what is to happen to it.
    pub(super) fn record_call(&self, mut call: Call) -> (usize, CallAction) {
        let mut state = self.state();
        if *self.cut.borrow() {
            return (usize::MAX, CallAction::Silence);
        }
        // Every rule counts, whether or not an earlier one strikes.
        let Inner { rules, scene, .. } = &mut *state;
        call.scene.clone_from(&scene.name);
        let struck = rules
            .iter_mut()
            .filter_map(|(rule, fault)| rule.strikes(&call, scene).then(|| fault.clone()));
        let struck = struck.fold(None, |first, fault| first.or(Some(fault)));
        call.wrong = struck.is_some();
        state.calls.push(call);
        let number = state.calls.len();
        match state.last {
            Some(last) if number > last => {
                state.calls.pop();
                self.cut.send_replace(true);
                (usize::MAX, CallAction::Silence)
            }
            Some(last) if number == last => (number - 1, CallAction::Last),
            _ => (number - 1, struck.map_or(CallAction::Forward, CallAction::of)),
        }
    }

    pub(super) fn answered(&self, number: usize, status: u16) {
        if let Some(call) = self.state().calls.get_mut(number) {
            call.status = Some(status);
        }
    }

    pub(super) fn arrange(&self, rule: Rule, fault: Fault) {
        self.state().rules.push((rule, fault));
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    pub(super) fn cut_after(&self, calls: usize) {
        let mut state = self.state();
        state.last = Some(calls);
        if calls <= state.calls.len() {
            self.cut.send_replace(true);
        }
    }

    pub(super) fn pass_presigned(&self) {
        self.state().bearers_pass = true;
    }

    pub(super) fn passes_presigned(&self) -> bool {
        self.state().bearers_pass
    }

    /// Says that the last call has had its effect.
    pub(super) fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub(super) fn watch(&self) -> watch::Receiver<bool> {
        self.cut.subscribe()
    }

    pub(super) fn reconnect(&self) {
        self.state().last = None;
        self.cut.send_replace(false);
    }

    pub(super) fn begin(&self, scene: &str) {
        self.state().scene = FaultScope::new(scene);
    }

    pub(super) fn heal(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.last = None;
        self.cut.send_replace(false);
    }

    pub(super) fn forget(&self) {
        self.state().calls.clear();
    }
}
