//! Where `GET /` leads: the state of the program in one word.
use super::license::LicenseState;

/// What the program and the visitor are to each other.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "facts that hold or not, each by itself")]
pub(crate) struct LandingState {
    /// Whether the license stops everything.
    pub(crate) standing: LicenseState,
    /// Whether an admin password is set.
    pub(crate) admin_set: bool,
    /// Whether this visitor has given it.
    pub(crate) is_admin: bool,
    /// Whether a world is active.
    pub(crate) active: bool,
    /// Whether this visitor has a seat in it.
    pub(crate) seated: bool,
}

/// The path `GET /` leads to.
pub(crate) fn landing(at: LandingState) -> &'static str {
    match at {
        _ if at.standing != LicenseState::Signed => "/license",
        _ if at.active && at.seated => "/game",
        _ if at.active => "/join",
        _ if at.admin_set && !at.is_admin => "/auth",
        _ => "/setup",
    }
}

#[cfg(test)]
mod tests;
