//! `/auth`: the admin password.
use crate::foundry::http::{Fields, Reply, page, redirect};
use crate::foundry::pages;
use crate::foundry::session::Session;
use crate::foundry::state::FoundryState;

/// The form; pointless while a world is active or no password is set.
pub(super) fn show(table: &FoundryState) -> Reply {
    if table.game().active().is_some() {
        redirect(&table.prefixed("/join"))
    } else if table.admin.is_set() {
        page(pages::auth(table))
    } else {
        redirect(&table.prefixed("/setup"))
    }
}

/// A password given. While a world is active only v14 listens, and does not show whether it was
/// right.
pub(super) fn submit(table: &FoundryState, visitor: &Session, fields: &Fields) -> Reply {
    let version = table.program.version;
    let active = table.game().active().is_some();
    if active && !version.has_create_and_quit() {
        return redirect(&table.prefixed("/join"));
    }
    let right = table.admin.accepts(fields.text(version.admin_field()));
    if right {
        table.sessions.set_admin(&visitor.id, true);
    }
    redirect(&table.prefixed(if right && !active { "/setup" } else { "/auth" }))
}
