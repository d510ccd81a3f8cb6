//! Which calls go wrong.
use super::call::Call;

/// Some of the calls, counted from when the rule is arranged; at first all of them.
#[derive(Debug, Clone)]
pub struct Rule {
    which: Option<(String, String)>,
    from: usize,
    to: usize,
    seen: usize,
}

impl Rule {
    /// Calls of this operation of this service, called as in [`Call`].
    pub fn on(service: &str, operation: &str) -> Self {
        let which = Some((service.to_owned(), operation.to_owned()));
        Self { which, from: 1, to: usize::MAX, seen: 0 }
    }

    /// Calls of every operation.
    pub fn any() -> Self {
        Self { which: None, from: 1, to: usize::MAX, seen: 0 }
    }

    /// Only the call numbered `n` of these, from 1.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        Self { from: n, to: n, ..self }
    }

    /// Only the first `n` of these.
    #[must_use]
    pub fn first(self, n: usize) -> Self {
        Self { from: 1, to: n, ..self }
    }

    /// Counts `call` if it is one of these; says whether it goes wrong.
    pub(super) fn strikes(&mut self, call: &Call) -> bool {
        let fits = self.which.as_ref().is_none_or(|(service, name)| call.is(service, name));
        if fits {
            self.seen += 1;
        }
        fits && (self.from..=self.to).contains(&self.seen)
    }
}
