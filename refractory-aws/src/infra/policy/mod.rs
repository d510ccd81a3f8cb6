//! Permissions: one table for each subject, with a reason beside every action.
//!
//! The controller is Refractory itself, wherever it runs; a front end is a process that holds the handle and no worker. Operators are people who deploy, destroy and inspect. A table's
//! program has its own user, which reaches its uploads and nothing else; the boundary is the most that such a user
//! can ever do, whatever the controller writes for it.
mod controller;
mod front_end;
mod operator;
mod spec;
mod table;

use serde_json::Value;

pub use self::spec::PolicyScope;
use self::spec::PolicySpec;

/// The most characters that AWS takes in a managed policy; blanks are not counted.
pub const LONGEST: usize = 6_144;

/// Whose policies they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicySubject {
    /// Refractory itself.
    Controller,
    /// A front end that is no worker: the API behind Lambda, a bot.
    FrontEnd,
    /// People who deploy, destroy and inspect.
    Operator,
    /// The user of a table's uploads.
    Table,
}

/// A managed policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What it is called, after the deployment's name and a hyphen.
    pub name: &'static str,
    /// Its document.
    pub document: Value,
}

/// One permission with its policy, its resources and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionReason {
    /// The policy it is in.
    pub policy: &'static str,
    /// The action, as `ecs:RunTask`.
    pub action: &'static str,
    /// What it may be done to.
    pub on: Vec<String>,
    /// Why.
    pub why: &'static str,
}

/// The policies of `whose`, each small enough for a managed one.
pub fn policies(whose: PolicySubject, names: &PolicyScope) -> Vec<Policy> {
    let specs = whose.sheets();
    specs.iter().map(|sheet| Policy { name: sheet.name, document: sheet.document(names) }).collect()
}

/// Every row behind the policies of `whose`.
pub fn reasons(whose: PolicySubject, names: &PolicyScope) -> Vec<PermissionReason> {
    let rows = whose
        .sheets()
        .iter()
        .flat_map(|sheet| sheet.rights.iter().map(|right| (sheet.name, right)));
    let each = rows.flat_map(|(policy, right)| {
        let on: Vec<_> = right.on.iter().map(|pattern| names.fill(pattern)).collect();
        let why = right.why;
        right.actions.iter().map(move |action| PermissionReason {
            policy,
            action,
            on: on.clone(),
            why,
        })
    });
    each.collect()
}

/// The documents that the template holds, by the names it has for them.
pub(super) fn in_template(names: &PolicyScope) -> Vec<(&'static str, Value)> {
    let sheets = controller::POLICIES.iter().chain([&table::BOUNDARY]);
    sheets.map(|sheet| (sheet.name, sheet.document(names))).collect()
}

impl PolicySubject {
    fn sheets(self) -> &'static [PolicySpec] {
        match self {
            Self::Controller => controller::POLICIES,
            Self::FrontEnd => front_end::POLICIES,
            Self::Operator => operator::POLICIES,
            Self::Table => table::POLICIES,
        }
    }
}

#[cfg(test)]
mod tests;
