//! The little of HTTP that the stand-in, the fake site and the fake registry share.
mod cookie;
mod fields;
mod range;
mod reply;
mod serve;

pub(crate) use cookie::cookie;
pub(crate) use fields::{Fields, query};
pub(crate) use range::Range;
pub(crate) use reply::{Reply, bytes, json, page, redirect, stream, text};
pub(crate) use serve::{Answer, Request, serve};
