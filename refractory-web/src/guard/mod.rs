//! Guards: origin checks, rate limits and input limits.
mod input_limits;
mod origin;
mod throttle;

pub(crate) use input_limits::{check_fields, check_input, check_json};
pub(crate) use origin::check_origin;
pub(crate) use throttle::{ApiRate, Attempt, Caller, Subject, Throttle};
