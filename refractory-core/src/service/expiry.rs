//! When sessions and links end, whatever becomes of the clock.
//!
//! A token is good for as long as it was made for. A clock that is put forward ends none early, as long as this process saw
//! that. One that is set back never makes a token good for longer than that from then on: a token that seems to be made later than now
//! is taken to be made now, and written down so.
use super::Deployment;
use crate::Result;
use crate::error::unless_raced;
use crate::model::Token;
use crate::ports::Collection;
use std::time::Duration;

/// How far ahead the clock of another machine may be that is right.
const SKEW: Duration = Duration::from_mins(1);

impl Deployment {
    /// Whether `token` is good no longer.
    pub(crate) fn has_ended(&self, token: &Token) -> bool {
        let lasts = token.until.since(token.made);
        self.clock.age(token.made).is_some_and(|age| age >= lasts)
    }

    /// The same token, dated now if its date is yet to come, with the time it has left as far as this process knows. `None` where
    /// somebody took it meanwhile.
    pub(crate) async fn date_anew(&self, token: Token) -> Result<Option<Token>> {
        let now = self.clock.now();
        if token.made <= now.after(SKEW) {
            return Ok(Some(token));
        }
        let age = self.clock.age(token.made).unwrap_or_default();
        let left = token.until.since(token.made).saturating_sub(age);
        let until = if token.until == Token::NEVER { Token::NEVER } else { now.after(left) };
        let dated = Token { made: now, until, ..token };
        unless_raced(Collection::of(self.ports.store.as_ref()).save(&dated).await)
    }
}
