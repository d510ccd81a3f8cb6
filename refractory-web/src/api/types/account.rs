//! Users, sessions and tokens.
use refractory_core::model::{self, Edit};
use refractory_core::{Addressing, ApiTokenView, MintedToken, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::links::sign_in_url;

/// What a user may do in general.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees instances.
    Player,
    /// Has instances.
    GameMaster,
    /// Runs the deployment.
    Admin,
}

impl From<model::Role> for Role {
    fn from(role: model::Role) -> Self {
        match role {
            model::Role::Player => Self::Player,
            model::Role::GameMaster => Self::GameMaster,
            model::Role::Admin => Self::Admin,
        }
    }
}

impl From<Role> for model::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Player => Self::Player,
            Role::GameMaster => Self::GameMaster,
            Role::Admin => Self::Admin,
        }
    }
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UserState {
    /// They may.
    Active,
    /// They may not, and are signed out everywhere.
    Disabled,
}

impl From<model::UserState> for UserState {
    fn from(state: model::UserState) -> Self {
        match state {
            model::UserState::Active => Self::Active,
            model::UserState::Disabled | _ => Self::Disabled,
        }
    }
}

impl From<UserState> for model::UserState {
    fn from(state: UserState) -> Self {
        match state {
            UserState::Active => Self::Active,
            UserState::Disabled => Self::Disabled,
        }
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// Names the user for ever.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// What they may do in general.
    pub role: Role,
    /// Whether they may sign in.
    pub state: UserState,
    /// Whether they have set a password.
    pub has_password: bool,
    /// What they sign in with: `password`, `discord:ID`, `oidc:ISSUER:SUB`.
    pub identities: Vec<String>,
    /// Where they get mail.
    pub email: Option<String>,
    /// The language they read.
    pub locale: Option<String>,
    /// When they were added.
    #[schema(format = DateTime)]
    pub added: String,
    /// Counts writes; the number in its `ETag`.
    pub revision: u64,
}

impl From<&model::User> for User {
    fn from(user: &model::User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.to_string(),
            role: user.role.into(),
            state: user.state.into(),
            has_password: user.password.is_some(),
            identities: user.identities().map(|identity| identity.to_string()).collect(),
            email: user.email.as_ref().map(ToString::to_string),
            locale: user.locale.as_ref().map(ToString::to_string),
            added: user.added.to_string(),
            revision: user.revision,
        }
    }
}

/// A user to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct NewUser {
    /// What they sign in with. Upper case is folded.
    #[schema(min_length = 1, max_length = 32, format = "user-name")]
    pub name: String,
    /// What they may do in general.
    pub role: Role,
}

/// A change to a user. What it leaves out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct UserPatch {
    /// What they may do in general.
    #[schema(value_type = Role)]
    #[serde(default)]
    pub role: Edit<Role>,
    /// Whether they may sign in. A user who is disabled is signed out everywhere at once.
    #[schema(value_type = UserState)]
    #[serde(default)]
    pub state: Edit<UserState>,
    /// Where they get mail.
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254, format = "mail-address")]
    #[serde(default)]
    pub email: Edit<String>,
    /// The language they read, with or without a region, as `en` or `pt-BR`.
    #[schema(value_type = Option<String>, min_length = 2, max_length = 35, format = "locale")]
    #[serde(default)]
    pub locale: Edit<String>,
}

/// A link that signs a user in, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignInLink {
    /// The user's name.
    pub user: String,
    /// The link.
    #[schema(format = "uri")]
    pub link: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub until: String,
}

impl SignInLink {
    /// The link of `minted`, a token of [`sign_in_link`](refractory_core::Refractory::sign_in_link) for `user`.
    pub fn of(at: &Addressing, user: &model::User, minted: &MintedToken) -> Self {
        Self {
            user: user.name.to_string(),
            link: sign_in_url(at, minted),
            until: minted.token.until.to_string(),
        }
    }
}

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Session {
    /// The caller's name.
    pub name: String,
    /// What the caller may do in general.
    pub role: Role,
    /// What the caller's token is limited to. Null where the caller signed in.
    pub scopes: Option<Vec<TokenScope>>,
    /// The value for `X-CSRF-Token`, where a cookie is what identifies the caller.
    pub csrf: String,
}

/// A name and a password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct NewSession {
    /// The name to sign in with.
    pub name: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub password: Secret,
}

/// A session that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpenedSession {
    /// The value for `Authorization: Bearer`. It is not shown again.
    pub token: String,
    /// When it ends.
    #[schema(format = DateTime)]
    pub until: String,
    /// The user's name.
    pub name: String,
    /// What the user may do in general.
    pub role: Role,
}

/// What a token is good for. Each includes the ones before it, but for `credentials`, which stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenScope {
    /// Read what the user may see.
    Read,
    /// Start, stop and restart instances.
    Play,
    /// Create, change and delete instances.
    Manage,
    /// Manage users, licenses, releases and the deployment.
    Admin,
    /// Manage tokens, sign-in links and sessions.
    Credentials,
}

impl From<model::Scope> for TokenScope {
    fn from(scope: model::Scope) -> Self {
        match scope {
            model::Scope::Play => Self::Play,
            model::Scope::Manage => Self::Manage,
            model::Scope::Admin => Self::Admin,
            model::Scope::Credentials => Self::Credentials,
            model::Scope::Read | _ => Self::Read,
        }
    }
}

impl From<TokenScope> for model::Scope {
    fn from(scope: TokenScope) -> Self {
        match scope {
            TokenScope::Read => Self::Read,
            TokenScope::Play => Self::Play,
            TokenScope::Manage => Self::Manage,
            TokenScope::Admin => Self::Admin,
            TokenScope::Credentials => Self::Credentials,
        }
    }
}

/// A token for programs. Its secret is shown only when it is created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Token {
    /// Names the token.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The name of the user whose rights it has.
    pub user: String,
    /// What it is limited to.
    pub scopes: Vec<TokenScope>,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created: String,
    /// The day on which it was last used.
    #[schema(format = Date)]
    pub last_used: Option<String>,
    /// When it ends. Null where it never does.
    #[schema(format = DateTime)]
    pub expires: Option<String>,
}

impl From<&ApiTokenView> for Token {
    fn from(view: &ApiTokenView) -> Self {
        Self {
            id: view.api.key.clone(),
            name: view.api.name.clone(),
            user: view.user.clone(),
            scopes: view.api.scopes.iter().map(Into::into).collect(),
            created: view.made.to_string(),
            last_used: view.api.used.map(|day| day.to_string()[..10].to_owned()),
            expires: view.expires.map(|at| at.to_string()),
        }
    }
}

/// A token that was just created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenWithSecret {
    /// The token.
    #[serde(flatten)]
    pub token: Token,
    /// The value for `Authorization: Bearer`. It is not shown again.
    pub secret: String,
}

/// A token to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct NewToken {
    /// What it is to be called.
    #[schema(min_length = 1, max_length = 60, format = "label")]
    pub name: String,
    /// The name of the user whose rights it is to have; the caller where this is left out. For administrators.
    #[serde(default)]
    #[schema(min_length = 1, format = "user")]
    pub user: Option<String>,
    /// What it is limited to; `read` where this is left out.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub scopes: Vec<TokenScope>,
    /// The seconds after which it ends; 90 days where this is left out. Null: never.
    #[serde(default)]
    #[schema(value_type = Option<u64>, minimum = 60, maximum = 315_360_000)]
    pub expires_in: Edit<u64>,
}
