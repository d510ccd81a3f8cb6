//! Becoming the program's administrator.
use super::talk::Talk;
use crate::foundry::client::Fields;
use crate::{Error, ErrorKind, Result};

impl Talk<'_> {
    /// Makes the session the administrator's, with no world open.
    pub(super) async fn log_in(&self) -> Result<()> {
        let password = self.at.admin_key.expose();
        // Up to 9 the field is `adminKey`, up to 8 the page is the setup itself.
        let form = [("action", "adminAuth"), ("adminPassword", password), ("adminKey", password)];
        let page = if self.at.version.generation < 9 { "setup" } else { "auth" };
        let answer = self.post(page, Fields::Form(&form)).await?;
        if answer.leads_to.as_deref() == Some("setup") { Ok(()) } else { Err(wrong_password()) }
    }
}

/// The password kept here is not the program's.
pub(super) fn wrong_password() -> Error {
    Error::new(ErrorKind::Forbidden, "logging in as Foundry's administrator").advise(
        "Foundry rejected this table's administrator password. Stop and start the table: each start sets the password again.",
    )
}
