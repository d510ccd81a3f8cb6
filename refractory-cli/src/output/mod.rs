//! What people and programs are shown.
mod access;
mod columns;
mod moment;
mod out;
mod paged;
mod report;
pub(crate) mod say;
mod spinner;
mod view;

pub(crate) use access::{GroupDetails, access_in_words};
pub(crate) use moment::{ago, size};
pub(crate) use out::Out;
pub(crate) use report::{Failure, report, report_usage, told};
pub(crate) use spinner::Spinner;
pub(crate) use view::words;
