//! What keeps strangers out: where a request comes from, how often it may come, what a browser may do with an answer.
mod bounds;
mod headers;
mod origin;
mod throttle;

pub(crate) use bounds::{bounded, check_fields, check_json};
pub(crate) use headers::secure;
pub(crate) use origin::check_origin;
pub(crate) use throttle::{Attempt, Caller, Rate, Subject, Throttle};
