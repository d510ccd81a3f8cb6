//! The program's own doors that players have no business behind: the first part of a path.
//!
//! Whatever stands between players and the program closes them: the edge, and the rules of a load balancer that leads past it.

/// For administrators.
pub const ADMINISTRATION: [&str; 4] = ["setup", "auth", "create", "update"];
/// The deployment's own, whoever asks: what is done there is undone behind its back.
pub const NOBODYS: [&str; 2] = ["license", "quit"];
