//! What happened, in English.
use std::time::Duration;

use super::Words;
use crate::BackupId;
use crate::model::{
    Event, EventKind, FoundOrphan, GrantedRight, GranteeName, OperationName, SignInFailure,
    SignInMethod, Step,
};

/// The sentence of an event.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is below, and a test finds a kind without words"
)]
pub(super) fn event(words: &dyn Words, event: &Event) -> String {
    let who = &event.actor.name;
    let table = event.instance.as_ref().map_or_else(|| "A table".to_owned(), ToString::to_string);
    if let Some(sentence) = of_operation(words, &event.kind, who, &table) {
        return sentence;
    }
    match &event.kind {
        EventKind::InstanceCreated => format!("{table} was created."),
        EventKind::InstanceChanged { fields } => {
            format!("{who} changed {} of {table}.", fields.join(", "))
        }
        EventKind::OwnerChanged { to: Some(to), .. } => {
            format!("{who} made {to} the owner of {table}.")
        }
        EventKind::OwnerChanged { to: None, .. } => format!("{who} left {table} without an owner."),
        EventKind::AccessChanged { rights } => {
            format!("{who} changed who has access to {table}: {}.", granted(rights))
        }
        EventKind::StartRequested => format!("{who} started {table}."),
        EventKind::RestartRequested => format!("{who} restarted {table}."),
        EventKind::StopRequested => format!("{who} stopped {table}."),
        EventKind::DeletionRequested => format!("{who} deleted {table}."),
        EventKind::MachineDeclaredLost => format!("{who} declared the machine of {table} lost."),
        EventKind::InstanceStarted => format!("{table} is on."),
        EventKind::InstanceStopped => format!("{table} is off."),
        EventKind::InstanceSuspended { resumes: true } => {
            format!("{table} was closed because Refractory ends. It starts again with it.")
        }
        EventKind::InstanceSuspended { resumes: false } => {
            format!("{table} was closed because Refractory ends.")
        }
        EventKind::InstanceLost { cause, message, .. } => words.cause(cause, message),
        EventKind::AttemptFailed { step, cause, message, attempt, retry } => {
            failed(&words.cause(cause, message), *step, *attempt, *retry)
        }
        EventKind::InstanceRemoved { .. } => format!("{table} is deleted, with all of its data."),
        EventKind::WorldOpened { world } => format!("The world {world} is open at {table}."),
        EventKind::SetupEntered => format!("{who} opened Foundry's setup of {table}."),
        EventKind::SettingsSaved => "Foundry saves its settings and starts again.".to_owned(),
        EventKind::LicenseGranted { license } => format!("{table} has the license {license}."),
        EventKind::LicenseHandedOver { license, from, to } => {
            format!("The license {license} went from {from} to {to}.")
        }
        EventKind::LicenseReturned { license } => {
            format!("{table} returned the license {license}.")
        }
        EventKind::LicenseHandOverBegun { to } => format!(
            "{table} is stopping: no one is playing there, and {to} is waiting for its license."
        ),
        EventKind::LicenseTaken { from, to } => {
            format!("{who} took the license of {from} for {to}.")
        }
        EventKind::Recorded { text, .. } => text.clone(),
        EventKind::Unknown { name, .. } => format!("An event of a newer version: {name}."),
        kind => of_deployment(kind, who),
    }
}

/// As `view signed-in group:crew; play no-one`.
fn granted(rights: &[GrantedRight]) -> String {
    let one = |it: &GrantedRight| {
        let to = if it.to.is_empty() { GranteeName::NO_ONE.to_owned() } else { it.to.join(" ") };
        format!("{} {to}", it.right)
    };
    rights.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Events of operations.
#[expect(clippy::wildcard_enum_match_arm, reason = "all others are none of operations")]
fn of_operation(words: &dyn Words, kind: &EventKind, who: &str, table: &str) -> Option<String> {
    Some(match kind {
        EventKind::CredentialsRotationRequested => {
            requested(OperationName::RotateAssetCredentials, None, who, table)
        }
        EventKind::CredentialsRotated => {
            succeeded(OperationName::RotateAssetCredentials, None, table)
        }
        EventKind::OperationRequested { what, backup, .. } => {
            requested(*what, backup.as_ref(), who, table)
        }
        EventKind::OperationSucceeded { what, backup, .. } => {
            succeeded(*what, backup.as_ref(), table)
        }
        EventKind::OperationFailed { what, backup, cause, message, .. } => {
            let doing = doing(*what, backup.as_ref(), table);
            format!("{doing} failed. {}", words.cause(cause, message))
        }
        EventKind::OperationCanceled { what, .. } => {
            format!("{who} canceled an operation: {}.", doing(*what, None, table))
        }
        _ => return None,
    })
}

/// `the backup ID`, or `a backup` where none is named.
fn named(backup: Option<&BackupId>) -> String {
    backup.map_or_else(|| "a backup".to_owned(), |id| format!("the backup {id}"))
}

fn requested(what: OperationName, backup: Option<&BackupId>, who: &str, table: &str) -> String {
    let backup = named(backup);
    match what {
        OperationName::RotateAssetCredentials => {
            format!("{who} requested a new uploads key for {table}.")
        }
        OperationName::CreateBackup => format!("{who} requested a backup of {table}."),
        OperationName::VerifyBackup => {
            format!("{who} requested that {backup} of {table} be verified.")
        }
        OperationName::RestoreBackup => {
            format!("{who} requested that {backup} be restored to {table}.")
        }
        OperationName::DeleteBackup => format!("{who} deleted {backup} of {table}."),
    }
}

fn succeeded(what: OperationName, backup: Option<&BackupId>, table: &str) -> String {
    let backup = capitalized(&named(backup));
    match what {
        OperationName::RotateAssetCredentials => {
            format!("The old uploads key of {table} was deleted.")
        }
        OperationName::CreateBackup => format!("{backup} of {table} was created."),
        OperationName::VerifyBackup => format!("{backup} of {table} was verified and is intact."),
        OperationName::RestoreBackup => format!("{backup} was restored to {table}."),
        OperationName::DeleteBackup => format!("{backup} of {table} is deleted."),
    }
}

fn doing(what: OperationName, backup: Option<&BackupId>, table: &str) -> String {
    let backup = named(backup);
    match what {
        OperationName::RotateAssetCredentials => format!("Replacing the uploads key of {table}"),
        OperationName::CreateBackup => format!("Creating a backup of {table}"),
        OperationName::VerifyBackup => format!("Verifying {backup} of {table}"),
        OperationName::RestoreBackup => format!("Restoring {backup} to {table}"),
        OperationName::DeleteBackup => format!("Deleting {backup} of {table}"),
    }
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn failed(why: &str, step: Step, attempt: u32, retry: Option<Duration>) -> String {
    let Some(retry) = retry else { return why.to_owned() };
    let doing = match step {
        Step::License => "get a license",
        Step::Volume => "prepare data",
        Step::Assets => "prepare uploads",
        Step::Runtime => "run Foundry",
        Step::World => "open the world",
        Step::Name => "make it reachable",
    };
    let seconds = retry.as_millis().div_ceil(1000);
    let next = match seconds {
        0 => "at once".to_owned(),
        1 => "in 1 second".to_owned(),
        2..120 => format!("in {seconds} seconds"),
        _ => format!("in {} minutes", seconds / 60),
    };
    format!("Attempt {attempt} to {doing} failed. {why} The next attempt starts {next}.")
}

/// Events that happen to no instance.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is above, and a test finds a kind without words"
)]
fn of_deployment(kind: &EventKind, who: &str) -> String {
    match kind {
        EventKind::LicenseAdded { license } => format!("License {license} was added."),
        EventKind::LicenseRenamed { license, from } => {
            format!("{who} renamed the license {from} to {license}.")
        }
        EventKind::AgreementAccepted { license } => {
            format!("{who} accepted the license agreement for {license}.")
        }
        EventKind::LicenseRemoved { license } => format!("License {license} was removed."),
        EventKind::ReleaseAdded { version, .. } => format!("Release {version} was added."),
        EventKind::ReleaseRemoved { version, .. } => format!("Release {version} was removed."),
        EventKind::OrphanFound { orphan: found } => orphan(found),
        EventKind::DamagedRecordRemoved { record, removed } => {
            format!("{who} removed the damaged record of the {record} {removed}.")
        }
        other => of_users(other, who),
    }
}

/// Events about users, and how they sign in.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is elsewhere, and a test finds a kind without words"
)]
fn of_users(kind: &EventKind, who: &str) -> String {
    match kind {
        EventKind::UserAdded { user, role } => {
            format!("{who} added the user {user} with the role {role}.")
        }
        EventKind::UserRemoved { user } => format!("{who} removed the user {user}."),
        EventKind::RoleChanged { user, from, to } => {
            format!("{who} changed the role of {user} to {to}. It was {from}.")
        }
        EventKind::PasswordChanged { user } if user.name == who => {
            format!("{who} set a new password. All other sessions were signed out.")
        }
        EventKind::PasswordChanged { user } => {
            format!("{who} set a new password for {user}. All of their sessions were signed out.")
        }
        EventKind::SignedOutEverywhere { user } => format!("{who} signed {user} out everywhere."),
        EventKind::SignInLinkCreated { user } => format!("{who} made a sign-in link for {user}."),
        EventKind::TokenCreated { user, token, scopes } => {
            format!("{who} created the token {token} for {user}: {}.", scopes.join(", "))
        }
        EventKind::TokenRevoked { user, token } => {
            format!("{who} revoked the token {token} of {user}.")
        }
        EventKind::SignedIn { method: SignInMethod::Password } => format!("{who} signed in."),
        EventKind::SignedIn { method: SignInMethod::Link } => format!("{who} signed in by a link."),
        EventKind::SignInFailed { name, reason } => match reason {
            SignInFailure::Credentials => format!("Failed sign-in as {name}."),
            SignInFailure::CurrentPassword => format!("{name} entered a wrong current password."),
            SignInFailure::LinkRevoked => {
                format!("{name} was not signed in: the link was revoked.")
            }
            SignInFailure::Disabled => {
                format!("{name} was not signed in: the account is disabled.")
            }
        },
        EventKind::SignedOut => format!("{who} signed out."),
        other => of_groups(other, who),
    }
}

/// Events about groups, and about what is known of users.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is above, and a test finds a kind without words"
)]
fn of_groups(kind: &EventKind, who: &str) -> String {
    match kind {
        EventKind::UserDisabled { user } => format!("{who} disabled the user {user}."),
        EventKind::UserEnabled { user } => format!("{who} enabled the user {user}."),
        EventKind::UserChanged { user } => format!("{who} changed the details of {user}."),
        EventKind::IdentityLinked { user, identity } => {
            format!("{who} linked {identity} to {user}.")
        }
        EventKind::IdentityUnlinked { user, identity } => {
            format!("{who} unlinked {identity} from {user}.")
        }
        EventKind::GroupCreated { group } => format!("{who} created the group {group}."),
        EventKind::GroupRenamed { group, from } => {
            format!("{who} renamed the group {from} to {group}.")
        }
        EventKind::GroupDeleted { group } => format!("{who} deleted the group {group}."),
        EventKind::MemberAdded { group, user, administers: false } => {
            format!("{who} added {user} to the group {group}.")
        }
        EventKind::MemberAdded { group, user, administers: true } => {
            format!("{who} added {user} to the group {group} as an administrator of it.")
        }
        EventKind::MemberChanged { group, user, administers: true } => {
            format!("{who} made {user} an administrator of the group {group}.")
        }
        EventKind::MemberChanged { group, user, administers: false } => {
            format!("{who} made {user} an ordinary member of the group {group}.")
        }
        EventKind::MemberRemoved { group, user } => {
            format!("{who} removed {user} from the group {group}.")
        }
        other => label(other.name()),
    }
}

fn orphan(orphan: &FoundOrphan) -> String {
    match orphan {
        FoundOrphan::PublicName { name, .. } => {
            format!("The name {name} points to a table that is off. It will be removed.")
        }
        FoundOrphan::Program { launch } => format!(
            "An orphaned program is running: launch {launch}. It may use any license, so no license is assigned until it ends. Stop it yourself, or wait: it is stopped when no one has played there for long enough."
        ),
        FoundOrphan::LicenseLease { license, instance } => format!(
            "License {license} is held by a table that is off: {instance}. It will be released."
        ),
        FoundOrphan::Resource { description, instance, monthly_mills } => format!(
            "Orphaned resource of a deleted table: {description} ({instance}).{} It will be removed.",
            price(*monthly_mills)
        ),
        FoundOrphan::Volume { instance } => {
            format!("There is data of a table that doesn't exist: {instance}. It is kept.")
        }
        FoundOrphan::Uploads { instance } => {
            format!("There are uploads of a table that doesn't exist: {instance}. They are kept.")
        }
    }
}

/// What something costs, as a separate sentence; nothing where that is not known.
fn price(monthly_mills: Option<u32>) -> String {
    let text =
        |mills: u32| format!(" It costs about ${}.{:02} a month.", mills / 1000, mills % 1000 / 10);
    monthly_mills.filter(|mills| *mills > 0).map(text).unwrap_or_default()
}

/// `instance-created` as `Instance created`; what people see is called a table.
pub(super) fn label(name: &str) -> String {
    if name.is_empty() {
        return "Unknown".to_owned();
    }
    capitalized(&name.replace('-', " ").replace("instance", "table"))
}
