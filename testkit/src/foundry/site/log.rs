//! What a fake server was asked, and what it was told to do wrong.
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One request and the status it was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
}

/// Requests so far, and how many more are to go wrong.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    seen: Vec<RecordedRequest>,
    refuse: usize,
    cut: usize,
}

impl Log {
    pub(super) fn note(&self, method: &http::Method, target: &http::Uri, status: u16) {
        let (method, target) = (method.to_string(), target.to_string());
        self.lock().seen.push(RecordedRequest { method, target, status });
    }

    pub(super) fn seen(&self) -> Vec<RecordedRequest> {
        self.lock().seen.clone()
    }

    pub(super) fn refuse_next(&self, requests: usize) {
        self.lock().refuse = requests;
    }

    pub(super) fn cut_next(&self, downloads: usize) {
        self.lock().cut = downloads;
    }

    /// Whether this request is one to refuse.
    pub(super) fn refuses(&self) -> bool {
        take_one(&mut self.lock().refuse)
    }

    /// Whether this download is one to cut.
    pub(super) fn cuts(&self) -> bool {
        take_one(&mut self.lock().cut)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_one(left: &mut usize) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}
