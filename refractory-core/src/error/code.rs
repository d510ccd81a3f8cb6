//! Stable codes of causes, and what helps against them.
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::{Error, ErrorKind, sentences};

/// A stable name of what went wrong, in kebab case: for programs, translations and links to help.
///
/// A code that this version does not know is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Code(Cow<'static, str>);

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)+) => {
        impl Code {
            $($(#[doc = $doc])+ pub const $name: Self = Self(Cow::Borrowed($code));)+

            /// Every code that this crate gives.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

codes! {
    /// The named thing does not exist.
    NOT_FOUND = "not-found";
    /// Someone else changed it first, or it exists already.
    CONFLICT = "conflict";
    /// What the caller read was changed since. About `expected` and `current`.
    OUTDATED = "outdated";
    /// The request can never succeed as written.
    INVALID = "invalid";
    /// The caller may not do this.
    FORBIDDEN = "forbidden";
    /// A token is not good for this. About `scope`.
    INSUFFICIENT_SCOPE = "insufficient-scope";
    /// A limit was reached.
    EXHAUSTED = "exhausted";
    /// A service that is needed does not answer.
    UNAVAILABLE = "unavailable";
    /// This deployment does not offer it.
    UNSUPPORTED = "unsupported";
    /// A stored record cannot be read.
    DAMAGED = "damaged";
    /// A defect.
    UNEXPECTED = "unexpected";
    /// There is no table of that name. About `name`.
    NO_TABLE = "no-such-table";
    /// A table has that name already. About `name`.
    TABLE_NAME_TAKEN = "table-name-taken";
    /// The table is being deleted.
    BEING_DELETED = "being-deleted";
    /// Only a table that is on can be restarted.
    NOT_ON = "not-on";
    /// Nothing of the table runs.
    NOTHING_RUNS = "nothing-runs";
    /// What was typed to confirm a deletion is not the table's name. About `name`.
    NOT_CONFIRMED = "not-confirmed";
    /// There is no license at all.
    NO_LICENSES = "no-licenses";
    /// There is no such license. About `name`, where it was asked for by name.
    NO_LICENSE = "no-such-license";
    /// The license that a table is to use is gone.
    LICENSE_GONE = "license-gone";
    /// The license agreement was not accepted for a license.
    AGREEMENT_NOT_ACCEPTED = "agreement-not-accepted";
    /// A license has that name or that key already. About `name`.
    LICENSE_TAKEN = "license-taken";
    /// A table uses the license. About `name`.
    LICENSE_IN_USE = "license-in-use";
    /// The table does not wait for a license.
    NOT_WAITING = "not-waiting-for-license";
    /// No license can be taken now.
    NOTHING_TO_TAKE = "no-license-to-take";
    /// The key of a license cannot be decrypted. About `license`.
    LICENSE_UNREADABLE = "license-unreadable";
    /// The secrets of the deployment were encrypted with another key file.
    OTHER_KEY_FILE = "other-key-file";
    /// No release is stored at all.
    NO_RELEASES = "no-releases";
    /// There is no such release. About `name`, where it was asked for by name.
    NO_RELEASE = "no-such-release";
    /// A table uses the release. About `table` and `version`.
    RELEASE_IN_USE = "release-in-use";
    /// There is no user of that name. About `name`.
    NO_USER = "no-such-user";
    /// A user has that name already. About `name`.
    USER_NAME_TAKEN = "user-name-taken";
    /// The user is disabled. About `name`.
    USER_DISABLED = "user-disabled";
    /// The change would leave no administrator.
    LAST_ADMINISTRATOR = "last-administrator";
    /// The account of another service is linked to another user.
    IDENTITY_TAKEN = "identity-taken";
    /// The user has as many linked accounts as a user may have. About `most`.
    TOO_MANY_IDENTITIES = "too-many-identities";
    /// The user does not sign in with that identity. About `name` and `identity`.
    NO_IDENTITY = "no-such-identity";
    /// The user would have no way to sign in.
    ONLY_IDENTITY = "only-identity";
    /// There is no group of that name. About `name`.
    NO_GROUP = "no-such-group";
    /// A group has that name already. About `name`.
    GROUP_NAME_TAKEN = "group-name-taken";
    /// The name is a word that grants use for everyone, or for no one. About `name`.
    GROUP_NAME_RESERVED = "group-name-reserved";
    /// What was typed to confirm a deletion is not the group's name. About `name`.
    GROUP_NOT_CONFIRMED = "group-not-confirmed";
    /// The group has as many members as a group may have. About `name` and `most`.
    GROUP_FULL = "group-full";
    /// The user is in as many groups as a user may be in. About `name` and `most`.
    TOO_MANY_GROUPS = "too-many-groups";
    /// The user is not a member of the group. About `name` and `group`.
    NOT_A_MEMBER = "not-a-member";
    /// A right is granted to more groups and users than it may be. About `most`.
    TOO_MANY_GRANTS = "too-many-grants";
    /// There is no such backup. About `backup`.
    NO_BACKUP = "no-such-backup";
    /// This deployment keeps no backups.
    BACKUPS_UNSUPPORTED = "backups-unsupported";
    /// What was typed to confirm a restore is not the table's name. About `name`.
    RESTORE_NOT_CONFIRMED = "restore-not-confirmed";
    /// There is no such operation. About `operation`.
    NO_OPERATION = "no-such-operation";
    /// Another operation is at work on the table. About `operation`, `table` and `kind`.
    OPERATION_IN_PROGRESS = "operation-in-progress";
    /// An operation on another table is at work on the backup. About `kind`, and about `operation` and `table` where the caller may
    /// see that table.
    BACKUP_IN_USE = "backup-in-use";
    /// The operation has ended, is being undone, or has gone too far. About `because`: `ended`, `failed` or `irreversible`.
    NOT_CANCELABLE = "not-cancelable";
    /// There is no such token. About `name`.
    NO_TOKEN = "no-such-token";
    /// The user has a token of that name already. About `name`.
    TOKEN_NAME_TAKEN = "token-name-taken";
    /// A token cannot create one that may do more than itself. About `scopes`.
    SCOPES_EXCEEDED = "scopes-exceeded";
    /// A token cannot last that long.
    TOKEN_LIFETIME = "token-lifetime";
    /// No administrator password is kept for a deleted table of that name. About `name`.
    NO_ADMIN_KEY = "no-such-admin-key";
    /// The first user exists already.
    ALREADY_SET_UP = "already-set-up";
    /// A setup link is used or expired.
    LINK_EXPIRED = "link-expired";
    /// A step made no progress for too long. About `minutes`.
    STALLED = "stalled";
    /// A running table died. About `reason`.
    LOST = "lost";
    /// A running table died too often. About `reason`, `deaths` and `minutes`.
    LOST_TOO_OFTEN = "lost-too-often";
    /// A record cannot be read. About `kind` and `id`.
    RECORD_DAMAGED = "record-damaged";
    /// A front end has a record of that key already. About `key`.
    RECORD_EXISTS = "record-exists";
    /// Another program leads this duty now. About `duty`.
    NOT_LEADING = "not-leading";
    /// There is no such damaged record. About `kind` and `id`.
    NO_DAMAGED_RECORD = "no-such-damaged-record";
    /// The text is not a cursor.
    NO_CURSOR = "not-a-cursor";
}

impl Code {
    /// A code of someone else's, in kebab case.
    pub const fn new(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code of errors that have none of their own.
    pub(crate) const fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::NotFound => Self::NOT_FOUND,
            ErrorKind::Conflict => Self::CONFLICT,
            ErrorKind::Outdated => Self::OUTDATED,
            ErrorKind::Invalid => Self::INVALID,
            ErrorKind::Forbidden => Self::FORBIDDEN,
            ErrorKind::Exhausted => Self::EXHAUSTED,
            ErrorKind::Unavailable => Self::UNAVAILABLE,
            ErrorKind::Unsupported => Self::UNSUPPORTED,
            ErrorKind::Damaged => Self::DAMAGED,
            ErrorKind::Unexpected => Self::UNEXPECTED,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a user can do about a cause. Each front end says it in its own way: as a page, a command, a button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Remedy {
    /// Add a license.
    AddLicense,
    /// Choose another license for the table.
    ChooseLicense,
    /// Accept the license agreement.
    AcceptAgreement,
    /// See which licenses there are.
    ListLicenses,
    /// Add a release.
    AddRelease,
    /// See which releases there are.
    ListReleases,
    /// Choose another world for the table.
    ChooseWorld,
    /// Read the log of the table.
    ReadLog,
    /// Start the table.
    Start,
    /// See which records are damaged, and what to do about them.
    ListDamagedRecords,
    /// Make a sign-in link for a user.
    CreateSignInLink,
    /// See the log of Refractory itself.
    ReadServiceLog,
    /// What a newer version suggests.
    #[cfg_attr(feature = "serde", serde(other))]
    Other,
}

impl Remedy {
    /// Every remedy that this version knows.
    pub const ALL: [Self; 12] = [
        Self::AddLicense,
        Self::ChooseLicense,
        Self::AcceptAgreement,
        Self::ListLicenses,
        Self::AddRelease,
        Self::ListReleases,
        Self::ChooseWorld,
        Self::ReadLog,
        Self::Start,
        Self::ListDamagedRecords,
        Self::CreateSignInLink,
        Self::ReadServiceLog,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AddLicense => "add-license",
            Self::ChooseLicense => "choose-license",
            Self::AcceptAgreement => "accept-agreement",
            Self::ListLicenses => "list-licenses",
            Self::AddRelease => "add-release",
            Self::ListReleases => "list-releases",
            Self::ChooseWorld => "choose-world",
            Self::ReadLog => "read-log",
            Self::Start => "start",
            Self::ListDamagedRecords => "list-damaged-records",
            Self::CreateSignInLink => "create-sign-in-link",
            Self::ReadServiceLog => "read-service-log",
            Self::Other => "other",
        }
    }
}

/// Why something failed, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cause {
    /// What went wrong.
    pub code: Code,
    /// What it is about, by the keys that the code names.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    pub about: BTreeMap<String, String>,
    /// What helps.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub remedy: Option<Remedy>,
}

impl Cause {
    /// A cause about nothing in particular.
    pub fn new(code: Code) -> Self {
        Self { code, about: BTreeMap::new(), remedy: None }
    }

    /// The same about `value`.
    #[must_use]
    pub fn about(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.about.insert(key.to_owned(), value.to_string());
        self
    }

    /// The same with what helps.
    #[must_use]
    pub fn helped_by(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }
}

impl sentences::Facts for Cause {
    fn fact(&self, key: &str) -> Option<&str> {
        self.about.get(key).map(String::as_str)
    }
}

impl Cause {
    /// The sentence in English; none for a code without words of its own.
    pub(crate) fn sentence(&self) -> Option<String> {
        sentences::sentence(&self.code, self)
    }
}

impl From<&Error> for Cause {
    fn from(error: &Error) -> Self {
        Self { code: error.code().clone(), about: error.facts(), remedy: error.remedy() }
    }
}
