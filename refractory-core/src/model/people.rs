//! People with an account, and who is asking.
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::Named;
use crate::text::trimmed;
use crate::{Error, ErrorKind, Timestamp, UserId};

/// Why a text cannot be the name of a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid user name. Use 1 to 32 letters, digits, `.`, `-` and `_`, beginning with a letter or digit"
)]
pub struct UserNameError(String);

impl From<UserNameError> for Error {
    fn from(error: UserNameError) -> Self {
        let advice = error.to_string();
        Self::new(ErrorKind::Invalid, "reading a user name").advise(advice)
    }
}

/// What a person signs in with. Kept in lower case, unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct UserName(String);

impl UserName {
    /// Checks `raw`; upper case is folded.
    pub fn new(raw: &str) -> Result<Self, UserNameError> {
        let name = trimmed(raw).to_ascii_lowercase();
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        if begins && name.len() <= 32 && name.chars().all(legal) {
            Ok(Self(name))
        } else {
            Err(UserNameError(raw.chars().take(60).collect()))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UserName {
    type Err = UserNameError;
    fn from_str(raw: &str) -> Result<Self, UserNameError> {
        Self::new(raw)
    }
}

impl TryFrom<String> for UserName {
    type Error = UserNameError;
    fn try_from(raw: String) -> Result<Self, UserNameError> {
        Self::new(&raw)
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> Self {
        name.0
    }
}

/// What somebody may do in general; what they may do to one instance follows from whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Role {
    /// Sees the tables.
    Player,
    /// Has tables of their own.
    GameMaster,
    /// Runs the deployment.
    Admin,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Self; 3] = [Self::Player, Self::GameMaster, Self::Admin];

    /// The word for it in configuration, JSON and at the prompt.
    pub fn name(self) -> &'static str {
        match self {
            Self::Player => "player",
            Self::GameMaster => "game-master",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Error;
    fn from_str(raw: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|role| role.name() == raw).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "reading a role")
                .advise(format!("`{raw}` is not a role. Use player, game-master or admin."))
        })
    }
}

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct User {
    /// Their name for ever.
    pub id: UserId,
    /// What they sign in with.
    pub name: UserName,
    /// What they may do in general.
    pub role: Role,
    /// Their password as a PHC string; none until they have set one.
    pub password: Option<PasswordHash>,
    /// Sign-ins made before this moment are void. Only tokens of accounts without a session epoch are held against it.
    pub sessions_from: Timestamp,
    /// Counts how often the account was signed out everywhere. A session of an earlier count is void, whatever the clock says.
    #[cfg_attr(feature = "serde", serde(default))]
    pub session_epoch: u64,
    /// Counts what makes sign-in links void: being signed out everywhere, and a change of role.
    #[cfg_attr(feature = "serde", serde(default))]
    pub link_epoch: u64,
    /// When the account was made.
    pub added: Timestamp,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl User {
    /// Their id and their name.
    pub fn named(&self) -> Named<UserId> {
        Named::new(self.id.clone(), self.name.as_str())
    }

    /// Makes every session and every sign-in link that was made so far void.
    pub fn sign_out_everywhere(&mut self, now: Timestamp) {
        self.sessions_from = now;
        self.session_epoch += 1;
        self.link_epoch += 1;
    }
}

/// A hashed password in PHC form. Not a secret in the strict sense, and still nobody's to see.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// Which door somebody came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Via {
    /// The portal or its JSON API.
    Web,
    /// The Discord bot.
    Discord,
    /// A prompt on the machine itself.
    Cli,
    /// The deployment itself: a schedule, a hand-over.
    System,
}

/// Who is asking. An argument of every method of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whose account; none for the deployment itself and for the prompt.
    pub user: Option<UserId>,
    /// What they are called.
    pub name: String,
    /// What they may do in general.
    pub role: Role,
    /// Which door they came through.
    pub via: Via,
    /// The network address they came from, where there is one to name.
    pub address: Option<IpAddr>,
}

impl Principal {
    /// Somebody with an account.
    pub fn person(user: &User, via: Via) -> Self {
        Self {
            user: Some(user.id.clone()),
            name: user.name.to_string(),
            role: user.role,
            via,
            address: None,
        }
    }

    /// The same, seen at the network address `address`.
    #[must_use]
    pub fn seen_at(mut self, address: Option<IpAddr>) -> Self {
        self.address = address;
        self
    }

    /// Whoever may run programs on the machine: they hold the data in any case.
    pub fn operator() -> Self {
        Self {
            user: None,
            name: "operator".to_owned(),
            role: Role::Admin,
            via: Via::Cli,
            address: None,
        }
    }

    /// A stranger at one of the doors, who may do nothing.
    pub fn stranger(via: Via) -> Self {
        Self { user: None, name: "unknown".to_owned(), role: Role::Player, via, address: None }
    }

    /// The deployment itself.
    pub fn system() -> Self {
        Self {
            user: None,
            name: "refractory".to_owned(),
            role: Role::Admin,
            via: Via::System,
            address: None,
        }
    }
}
