//! The sentences of this crate's own causes, in English. They name no page and no command: what helps is a
//! [`Remedy`](super::Remedy).
use super::{Code, ErrorKind};

/// The facts that a cause is about, by key.
pub(crate) trait Facts {
    fn fact(&self, key: &str) -> Option<&str>;
}

/// The sentence of `code`; none for a code of someone else's, and for those that only repeat an [`ErrorKind`].
#[expect(clippy::too_many_lines, reason = "a table with a row for each code")]
pub(crate) fn sentence(code: &Code, about: &dyn Facts) -> Option<String> {
    let fact = |key: &str| about.fact(key).unwrap_or("?").to_owned();
    let named = |key: &str| about.fact(key).map(|name| format!(" `{name}`")).unwrap_or_default();
    Some(match code.as_str() {
        "insufficient-scope" => {
            format!("This token has no scope{}. Use one that has it.", named("scope"))
        }
        "no-such-table" => format!("There is no table{}.", named("name")),
        "table-name-taken" => {
            format!("A table named{} already exists. Choose another name.", named("name"))
        }
        "being-deleted" => "This table is being deleted.".to_owned(),
        "not-on" => "Only a table that is on can be restarted. Start it instead.".to_owned(),
        "nothing-runs" => {
            "Nothing of this table is running, so there is nothing to declare lost.".to_owned()
        }
        "not-confirmed" => format!(
            "To delete this table and all of its data, type its name:{}.",
            named("name")
        ),
        "no-licenses" => "There is no license yet.".to_owned(),
        "no-such-license" => format!("There is no{} license{}.", such(about), named("name")),
        "license-gone" => "This table's license no longer exists.".to_owned(),
        "agreement-not-accepted" => {
            "The Foundry license agreement for this key hasn't been accepted.".to_owned()
        }
        "license-taken" => {
            format!("A license named{}, or with the same key, already exists.", named("name"))
        }
        "license-in-use" => {
            format!("A table is using the license{}. Stop that table first.", named("name"))
        }
        "not-waiting-for-license" => "This table isn't waiting for a license. Start it first; if a table where no one is playing has the license, you can take it then.".to_owned(),
        "no-license-to-take" => "There is no license to take now: someone is playing, or the license is already on its way. Wait a moment and try again.".to_owned(),
        "license-unreadable" => format!(
            "The key of license{} can't be decrypted: it was encrypted with another key file. Restore that key file, or add the license again.",
            named("license")
        ),
        "other-key-file" => "This deployment's secrets were encrypted with another key file. Restore the previous key file.".to_owned(),
        "no-releases" => "There is no Foundry release yet.".to_owned(),
        "no-such-release" => match about.fact("name") {
            Some(name) => format!("There is no release `{name}`."),
            None => "This release doesn't exist.".to_owned(),
        },
        "release-in-use" => format!(
            "The table{} uses release {}. Choose another release for it first.",
            named("table"),
            fact("version")
        ),
        "no-such-user" => format!("There is no user named{}.", named("name")),
        "user-name-taken" => {
            format!("A user named{} already exists. Choose another name.", named("name"))
        }
        "user-disabled" => {
            format!("The user{} is disabled. Enable the account first.", named("name"))
        }
        "last-administrator" => {
            "This is the last administrator. Make another user an administrator first.".to_owned()
        }
        "identity-taken" => {
            "This account is linked to another user. Unlink it there first.".to_owned()
        }
        "too-many-identities" => {
            format!("A user has at most {} linked accounts. Unlink one first.", fact("most"))
        }
        "no-such-identity" => format!("{} doesn't sign in with {}.", fact("name"), fact("identity")),
        "only-identity" => "This is the only way to sign in. Set a password or link another account first, or have an administrator make a sign-in link.".to_owned(),
        "no-such-group" => format!("There is no group named{}.", named("name")),
        "group-name-taken" => {
            format!("A group named{} already exists. Choose another name.", named("name"))
        }
        "group-name-reserved" => format!(
            "A group can't be called{}: rights are granted with that word. Choose another name.",
            named("name")
        ),
        "group-not-confirmed" => format!("To delete this group, type its name:{}.", named("name")),
        "group-full" => format!(
            "The group {} has {} members, and no group has more. Make another group.",
            fact("name"),
            fact("most")
        ),
        "too-many-groups" => format!(
            "{} is in {} groups, and no user is in more. Remove them from a group first.",
            fact("name"),
            fact("most")
        ),
        "not-a-member" => format!("{} is not a member of the group {}.", fact("name"), fact("group")),
        "too-many-grants" => format!(
            "Rights on one table can be granted to at most {} groups and users. Put users into a group, and grant the right to the group.",
            fact("most")
        ),
        "no-such-backup" => format!("There is no backup{}. It may have been deleted.", named("backup")),
        "backups-unsupported" => "This installation doesn't support backups.".to_owned(),
        "restore-not-confirmed" => format!(
            "To replace all of this table's data with the backup, type its name:{}.",
            named("name")
        ),
        "no-such-operation" => {
            format!("There is no operation{}. It may have ended long ago.", named("operation"))
        }
        "operation-in-progress" => format!(
            "{}: {}. Wait until that has ended, then try again.",
            fact("table"),
            in_progress(&fact("kind"))
        ),
        "backup-in-use" => format!(
            "This backup {}. Wait until that has ended, then try again.",
            in_use(&fact("kind"), about.fact("table"))
        ),
        "not-cancelable" => match about.fact("because") {
            Some("ended") => "This operation has ended already.".to_owned(),
            Some("failed") => "This operation has failed already and is being undone.".to_owned(),
            _ => "This operation has gone too far to be canceled. Wait until it has ended.".to_owned(),
        },
        "no-such-token" => format!("There is no token{}.", named("name")),
        "token-name-taken" => format!(
            "This user has a token named{} already. Choose another name.",
            named("name")
        ),
        "scopes-exceeded" => format!(
            "A token creates none that may do more than itself. This one has: {}.",
            fact("scopes")
        ),
        "token-lifetime" => {
            "A token lasts between one minute and ten years, or for ever.".to_owned()
        }
        "no-such-admin-key" => format!(
            "No administrator password is kept for a deleted table called{} of this owner.",
            named("name")
        ),
        "already-set-up" => "An account already exists.".to_owned(),
        "link-expired" => "This setup link has been used or has expired. Restart Refractory to get a new one, or sign in if you have an account.".to_owned(),
        "stalled" => format!("There was no progress for {} minutes.", fact("minutes")),
        "lost" => format!("{} It is being restarted.", fact("reason")),
        "lost-too-often" => format!(
            "{} It failed {} times within {} minutes and stays off.",
            fact("reason"),
            fact("deaths"),
            fact("minutes")
        ),
        "record-exists" => {
            format!("There is a record with the key{} already. Change that one.", named("key"))
        }
        "not-leading" => format!(
            "Another program has taken over the duty{}. Stop working at it, and ask to lead it again.",
            named("duty")
        ),
        "record-damaged" => format!(
            "The record of the {} `{}` is damaged, or was changed by hand, and cannot be read. Everything else goes on, and nothing was changed.",
            fact("kind"),
            fact("id")
        ),
        "no-such-damaged-record" => {
            format!("There is no damaged record `{} {}`.", fact("kind"), fact("id"))
        }
        "not-a-cursor" => "This is not a place in the list. Begin again at the first page, without a cursor.".to_owned(),
        _ => return None,
    })
}

fn in_progress(kind: &str) -> &'static str {
    match kind {
        "rotate-asset-credentials" => "its uploads key is being replaced",
        "create-backup" => "a backup is being created",
        "verify-backup" => "a backup is being verified",
        "restore-backup" => "a backup is being restored",
        "delete-backup" => "a backup is being deleted",
        _ => "another operation is at work",
    }
}

fn in_use(kind: &str, table: Option<&str>) -> String {
    match kind {
        "verify-backup" => "is being verified".to_owned(),
        "delete-backup" => "is being deleted".to_owned(),
        "restore-backup" => format!("is being restored to {}", table.unwrap_or("another table")),
        _ => "is in use".to_owned(),
    }
}

fn such(about: &dyn Facts) -> &'static str {
    if about.fact("name").is_some() { "" } else { " such" }
}

/// The sentence of an error that has neither advice nor a code with a sentence.
pub(crate) fn of_kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "It doesn't exist, or no longer exists.",
        ErrorKind::Conflict => {
            "It was changed at the same time by someone else. Reload and try again."
        }
        ErrorKind::Outdated => {
            "It was changed since you read it, and nothing was written. Read it again, and repeat the change."
        }
        ErrorKind::Invalid => "The request is invalid. Check it and try again.",
        ErrorKind::Forbidden => "You don't have permission to do this. Ask an administrator.",
        ErrorKind::Exhausted => {
            "A limit was reached. Free some resources, or ask an administrator."
        }
        ErrorKind::Unavailable => "A required service isn't responding. Try again in a moment.",
        ErrorKind::Unsupported => "This installation doesn't support this.",
        ErrorKind::Damaged => "A record is damaged.",
        ErrorKind::Unexpected => "Something went wrong in Refractory. See the log for details.",
    }
}
