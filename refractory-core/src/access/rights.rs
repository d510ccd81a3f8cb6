//! Whether a principal may do it.
use std::collections::BTreeSet;

use super::{Requirement, Verb, check_scope, has_scope};
use crate::model::{Grantee, Grants, Instance, Principal, Right, Role, Scope, Via};
use crate::{Code, Error, ErrorKind, Result, UserId};

/// The rights of one principal on one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rights {
    view: bool,
    /// The highest of the other rights.
    most: Option<Right>,
}

impl Rights {
    /// The rights of `who` on `instance`.
    pub fn of(who: &Principal, instance: &Instance) -> Self {
        Self::on(who, instance.owner.as_ref(), &instance.grants)
    }

    /// The rights on `instance` of a caller who has not shown who they are.
    pub fn of_anyone(instance: &Instance) -> Self {
        Self::on(&Principal::anonymous(Via::Web), None, &instance.grants)
    }

    /// The rights of `who` on an instance of `owner` with these `grants`.
    pub fn on(who: &Principal, owner: Option<&UserId>, grants: &Grants) -> Self {
        if who.is_administrator() || who.is(owner) {
            return Self { view: true, most: Some(Right::Manage) };
        }
        let granted = |right: &Right| has(who, grants.of(*right));
        let above_view = [Right::Manage, Right::GameMaster, Right::Play];
        let most = above_view.into_iter().find(granted);
        // Who plays because anyone may comes by the address, and sees it in no list.
        let plays_by_name = most == Some(Right::Play)
            && grants.play.iter().any(|to| *to != Grantee::Anyone && is_one_of(who, to));
        let view = granted(&Right::View) || most > Some(Right::Play) || plays_by_name;
        Self { view, most }
    }

    /// Whether they hold `right`.
    pub fn hold(self, right: Right) -> bool {
        match right {
            Right::View => self.view,
            right @ (Right::Play | Right::GameMaster | Right::Manage) => self.most >= Some(right),
        }
    }
}

fn has(who: &Principal, grantees: &BTreeSet<Grantee>) -> bool {
    grantees.iter().any(|grantee| is_one_of(who, grantee))
}

fn is_one_of(who: &Principal, grantee: &Grantee) -> bool {
    match grantee {
        Grantee::Anyone => true,
        Grantee::SignedIn => who.is_signed_in(),
        Grantee::Group(group) => who.is_member_of(group),
        Grantee::User(user) => who.is(Some(user)),
    }
}

/// Whether `who` may do `verb` with `instance`. Verbs that are about no instance are as [`may`] has them.
pub fn can(who: &Principal, verb: Verb, instance: &Instance) -> bool {
    can_on(who, verb, Rights::of(who, instance)) && has_scope(who, verb.scope())
}

fn can_on(who: &Principal, verb: Verb, rights: Rights) -> bool {
    match verb.requirement() {
        Requirement::Right(right) => rights.hold(right),
        Requirement::Role(_) | Requirement::GroupAdministrator => has_role(who, verb),
    }
}

/// Whether `who` may do `verb`, which is about the deployment: a verb about an instance or a group is for administrators then.
pub fn may(who: &Principal, verb: Verb) -> bool {
    has_role(who, verb) && has_scope(who, verb.scope())
}

/// The same by role, whatever token they show.
fn has_role(who: &Principal, verb: Verb) -> bool {
    match verb.requirement() {
        Requirement::Role(role) => who.role >= role,
        Requirement::Right(_) | Requirement::GroupAdministrator => who.is_administrator(),
    }
}

/// Refuses what `who` may not do with `instance`, which was asked for by `name`. One that they may not see is answered as one
/// that does not exist.
pub(crate) fn check(
    who: &Principal,
    verb: Verb,
    instance: &Instance,
    name: impl std::fmt::Display,
) -> Result<()> {
    check_with(who, verb, verb.scope(), instance, name)
}

/// The same for reading what only those may see who may do `verb`: a token needs no more than the scope to read.
pub(crate) fn check_reading(
    who: &Principal,
    verb: Verb,
    instance: &Instance,
    name: impl std::fmt::Display,
) -> Result<()> {
    check_with(who, verb, Scope::Read, instance, name)
}

fn check_with(
    who: &Principal,
    verb: Verb,
    scope: Scope,
    instance: &Instance,
    name: impl std::fmt::Display,
) -> Result<()> {
    let rights = Rights::of(who, instance);
    if !rights.hold(Right::View) {
        return Err(no_such_instance(name));
    }
    if can_on(who, verb, rights) { check_scope(who, scope) } else { Err(refused(who, verb)) }
}

/// The same for seeing it only.
pub(crate) fn check_view(
    who: &Principal,
    instance: &Instance,
    name: impl std::fmt::Display,
) -> Result<()> {
    check(who, Verb::SeeInstance, instance, name)
}

/// Refuses what `who` may not do in the deployment, and says whether a role or a scope is missing.
///
/// # Errors
///
/// `Forbidden`.
pub fn check_role(who: &Principal, verb: Verb) -> Result<()> {
    if has_role(who, verb) { check_scope(who, verb.scope()) } else { Err(refused(who, verb)) }
}

/// Refuses to manage the members of a group that `who` is no administrator of. One that they are no member of is answered as
/// one that does not exist: `None`.
#[cfg(feature = "accounts")]
pub(crate) fn check_group(who: &Principal, group: &crate::GroupId) -> Option<Result<()>> {
    if has_role(who, Verb::ManageMembers) || who.administers(group) {
        return Some(check_scope(who, Verb::ManageMembers.scope()));
    }
    who.is_member_of(group).then(|| Err(refused(who, Verb::ManageMembers)))
}

fn refused(who: &Principal, verb: Verb) -> Error {
    Error::new(ErrorKind::Forbidden, "checking rights")
        .about("verb", format!("{verb:?}"))
        .advise(refusal(who.role, verb))
}

/// The sentence for a user who may not do `verb`.
fn refusal(role: Role, verb: Verb) -> String {
    let can = verb.words();
    match verb.requirement() {
        Requirement::Right(Right::View | Right::Play) => {
            format!("Only those whom its owner lets in can {can}. Ask the table's owner.")
        }
        Requirement::Right(Right::GameMaster) => {
            format!("Only the table's owner, its game masters and administrators can {can}.")
        }
        Requirement::Right(Right::Manage) => {
            format!("Only the table's owner, its managers and administrators can {can}.")
        }
        Requirement::GroupAdministrator => {
            format!("Only the group's administrators can {can}.")
        }
        Requirement::Role(_) => {
            let who = match role {
                Role::Player => "Players",
                Role::GameMaster => "Game masters",
                Role::Admin => "Administrators",
            };
            format!("{who} can't {can}. Ask an administrator.")
        }
    }
}

/// The error for an instance that does not exist, or that the asking principal may not see.
pub(crate) fn no_such_instance(name: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a table").coded(Code::NO_TABLE).about("name", name)
}
