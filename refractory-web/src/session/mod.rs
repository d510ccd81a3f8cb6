//! Sessions, CSRF tokens and the visitor of a request.
pub(crate) mod cookie;
mod credentials;
pub(crate) mod csrf;
mod flash;
mod forms;
mod middleware;
mod visitor;

pub(crate) use credentials::{check_password, confirm_password, device_cookie};
pub(crate) use flash::Flash;
pub(crate) use forms::{
    AuthorizedForm, AuthorizedRequest, CsrfForm, check_sender, unreadable_form,
};
pub(crate) use middleware::{identify, keep_to_rate};
pub(crate) use visitor::{CurrentVisitor, SignedIn, Visitor, address_of, theme};
