//! How a call goes wrong.
use std::time::Duration;

/// What happens to a call instead of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// No effect; the service's own kind of refusal, with this status and code.
    Refused(u16, &'static str),
    /// No effect; the service's own way to say "slower".
    Throttled,
    /// No effect; the service's own way to say that it is out of order (500 or 503).
    Unavailable,
    /// No effect; the connection is reset.
    Reset,
    /// The effect; then the connection is closed without an answer.
    ReplyLost,
    /// The effect; the answer ends in the middle. One without a body is lost.
    Truncated,
    /// The connection is reset; the effect comes after this time.
    Late(Duration),
    /// No effect; the connection stays open and nothing comes.
    Hang,
    /// The effect; then the caller is cut off, as by [`cut_after`](super::FaultProxy::cut_after).
    Cut,
    /// No effect; what the service says of a thing that it does not know (yet).
    Missing,
}

impl Fault {
    /// Whether the call has its effect before the caller knows that it went wrong.
    pub(super) fn forwards(&self) -> bool {
        matches!(self, Self::ReplyLost | Self::Truncated)
    }
}
