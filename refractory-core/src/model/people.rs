//! Users: who has an account.
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::name::name_type;
use super::{Email, Identity, Locale, Named, UserState};
use crate::{Error, ErrorKind, Timestamp, UserId};

name_type! {
    /// What a user signs in with. Kept in lower case, unique.
    UserName, UserNameError, "user name"
}

/// What a user may do in the deployment. What they may do with one instance is granted there, in [`Grants`](super::Grants).
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

/// A user: someone with an account.
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
    /// Whether they may sign in.
    #[cfg_attr(feature = "serde", serde(default))]
    pub state: UserState,
    /// Accounts of other services that they sign in with. A password is none of them: [`User::identities`] has it too.
    #[cfg_attr(feature = "serde", serde(default))]
    pub linked: BTreeSet<Identity>,
    /// Where they get mail.
    #[cfg_attr(feature = "serde", serde(default))]
    pub email: Option<Email>,
    /// The language they read; the deployment's where they have not said.
    #[cfg_attr(feature = "serde", serde(default))]
    pub locale: Option<Locale>,
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

    /// A user who has never signed in.
    pub fn new(name: UserName, role: Role, password: Option<PasswordHash>, now: Timestamp) -> Self {
        Self {
            id: UserId::fresh(),
            name,
            role,
            password,
            sessions_from: now,
            // Tokens without a count are of an older version, and none of those is this account's.
            session_epoch: 1,
            link_epoch: 1,
            state: UserState::Active,
            linked: BTreeSet::new(),
            email: None,
            locale: None,
            added: now,
            revision: 0,
        }
    }

    /// Whether they may sign in.
    pub fn is_active(&self) -> bool {
        self.state == UserState::Active
    }

    /// Whether they count as an administrator who is left.
    pub fn is_active_administrator(&self) -> bool {
        self.is_active() && self.role == Role::Admin
    }

    /// Every way in which they prove who they are.
    pub fn identities(&self) -> impl Iterator<Item = Identity> + '_ {
        let password = self.password.as_ref().map(|_| Identity::Password);
        password.into_iter().chain(self.linked.iter().cloned())
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
