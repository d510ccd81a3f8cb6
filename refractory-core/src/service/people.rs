//! People: accounts and signing in.
use std::net::IpAddr;

use super::admins::AccountChange;
use super::{ListQuery, Refractory};
use crate::access::{Verb, check_role, check_scope};
use crate::model::{
    EventKind, Grantee, PasswordHash, Principal, Role, Scope, SignInFailure, SignInMethod, User,
    UserName, Via,
};
use crate::ports::{Commit, Credential, Index, Kind, Query, TypedPage, UniqueKey};
use crate::{Code, Error, ErrorKind, Result, Secret, UserId};

impl Refractory {
    /// Whether nobody has an account yet.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn needs_setup(&self) -> Result<bool> {
        // A record that cannot be read is an account still: without it this would look like a fresh installation.
        Ok(!self.deployment.ports.store.holds_any(Kind::User).await?)
    }

    /// The users, in order of name, a page at a time.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub async fn users(&self, who: &Principal, query: &ListQuery) -> Result<TypedPage<User>> {
        check_role(who, Verb::ManagePeople)?;
        self.collection().page(&query.on(Query::index(Index::UserByName))).await
    }

    /// Every page of [`users`](Self::users), one after another: for tools that look at everything once.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub async fn users_all(&self, who: &Principal) -> Result<Vec<User>> {
        check_role(who, Verb::ManagePeople)?;
        Ok(self.collection().gather(Query::index(Index::UserByName)).await?.0)
    }

    /// The account of `who`; none at the prompt.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn own_account(&self, who: &Principal) -> Result<Option<User>> {
        match &who.user {
            Some(id) => self.collection::<User>().load(id.as_str()).await,
            None => Ok(None),
        }
    }

    /// Returns the name of the account `id`; `None` where it is gone or cannot be read.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as the store has them.
    pub async fn account_name(&self, who: &Principal, id: &UserId) -> Result<Option<UserName>> {
        check_role(who, Verb::ManagePeople)?;
        let found = self.collection::<User>().load_readable(id.as_str()).await?;
        Ok(found.map(|user| user.name))
    }

    /// Adds an account. Hashing the password is the caller's: it takes a good part of a second, on purpose.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Conflict` when the name is taken.
    pub async fn add_user(
        &self,
        who: &Principal,
        name: UserName,
        role: Role,
        password: Option<PasswordHash>,
    ) -> Result<User> {
        check_role(who, Verb::ManagePeople)?;
        let user = User::new(name, role, password, self.now());
        let event = self.event(who, EventKind::UserAdded { user: user.named(), role });
        let added = self.collection().commit(&Commit::insert(&user).event(event)).await;
        added.map_err(|error| name_taken(error, &user.name))
    }

    /// The account called `name`.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn find_user(&self, who: &Principal, name: &str) -> Result<User> {
        check_role(who, Verb::ManagePeople)?;
        self.account_named(name).await
    }

    /// The account called `name`, for an instance to be given to.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn find_new_owner(&self, who: &Principal, name: &str) -> Result<User> {
        check_role(who, Verb::TransferInstance)?;
        self.account_named(name).await
    }

    pub(super) async fn user_by_id(&self, id: &UserId) -> Result<User> {
        self.collection::<User>().load(id.as_str()).await?.ok_or_else(|| no_such(id))
    }

    pub(super) async fn account_named(&self, name: &str) -> Result<User> {
        let name = UserName::new(name)?;
        self.collection::<User>().find(&UniqueKey::user(&name)).await?.ok_or_else(|| no_such(&name))
    }

    /// Sets a password and signs the account out everywhere: every session, and every link that was not used yet.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn set_password(
        &self,
        who: &Principal,
        id: &UserId,
        password: PasswordHash,
    ) -> Result<User> {
        check_credentials_of(who, id)?;
        let now = self.now();
        let changed = self.collection::<User>().update_with_events(id.as_str(), |user| {
            user.password = Some(password.clone());
            user.sign_out_everywhere(now);
            let kind = EventKind::PasswordChanged { user: user.named() };
            Ok((true, vec![self.event(who, kind)]))
        });
        let changed = changed.await?.ok_or_else(|| no_such(id))?;
        self.close_setups_of(id).await?;
        Ok(changed)
    }

    /// Ends every session of an account, and makes every link void that was not used yet.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn sign_out_everywhere(&self, who: &Principal, id: &UserId) -> Result<User> {
        check_credentials_of(who, id)?;
        let now = self.now();
        let changed = self.collection::<User>().update_with_events(id.as_str(), |user| {
            user.sign_out_everywhere(now);
            let kind = EventKind::SignedOutEverywhere { user: user.named() };
            Ok((true, vec![self.event(who, kind)]))
        });
        let changed = changed.await?.ok_or_else(|| no_such(id))?;
        self.close_setups_of(id).await?;
        Ok(changed)
    }

    /// Gives an account another role; sign-in links made before are void. The last administrator stays one.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` for the last administrator.
    pub async fn set_role(&self, who: &Principal, id: &UserId, role: Role) -> Result<User> {
        self.set_role_at(who, id, role, None).await
    }

    /// The same, if the account is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`set_role`](Self::set_role); `Outdated` when it is at another revision.
    pub async fn set_role_at(
        &self,
        who: &Principal,
        id: &UserId,
        role: Role,
        revision: Option<u64>,
    ) -> Result<User> {
        check_role(who, Verb::ManagePeople)?;
        let before = self.change_account(id, AccountChange::Role(role), revision).await?;
        if before.role != role {
            let (user, from) = (before.named(), before.role);
            let kind = EventKind::RoleChanged { user, from, to: role };
            self.deployment.record(self.event(who, kind)).await;
        }
        self.close_setups_of(id).await?;
        self.user_by_id(id).await
    }

    /// Removes an account and its sessions. The last administrator stays; their tables become nobody's in particular.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` for the last administrator.
    pub async fn remove_user(&self, who: &Principal, id: &UserId) -> Result<()> {
        self.remove_user_at(who, id, None).await
    }

    /// The same, if the account is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`remove_user`](Self::remove_user); `Outdated` when it is at another revision.
    pub async fn remove_user_at(
        &self,
        who: &Principal,
        id: &UserId,
        revision: Option<u64>,
    ) -> Result<()> {
        check_role(who, Verb::ManagePeople)?;
        let user = self.change_account(id, AccountChange::Removal, revision).await?;
        self.end_sessions(id).await?;
        self.close_setups_of(id).await?;
        self.leave_groups(id).await?;
        self.revoke_everywhere(&Grantee::User(id.clone())).await?;
        let kind = EventKind::UserRemoved { user: user.named() };
        self.deployment.record(self.event(who, kind)).await;
        Ok(())
    }

    /// Checks a name and a password; `None` when they are not good, and for an account that is disabled.
    ///
    /// # Errors
    ///
    /// As the authenticator has them.
    pub async fn sign_in(
        &self,
        name: UserName,
        password: Secret,
        via: Via,
        address: Option<IpAddr>,
    ) -> Result<Option<User>> {
        let shown = name.to_string();
        let identity = self
            .deployment
            .ports
            .auth
            .authenticate(&Credential::Password { name, password })
            .await?;
        let user = match &identity {
            Some(identity) => {
                self.collection::<User>().find(&UniqueKey::user(&identity.name)).await?
            }
            None => None,
        };
        let is_disabled = user.as_ref().is_some_and(|user| !user.is_active());
        let user = user.filter(User::is_active);
        let kind = if user.is_some() {
            EventKind::SignedIn { method: SignInMethod::Password }
        } else {
            let reason =
                if is_disabled { SignInFailure::Disabled } else { SignInFailure::Credentials };
            EventKind::SignInFailed { name: shown, reason }
        };
        let who = user.as_ref().map_or_else(
            || Principal::anonymous(via),
            |user| Principal::signed_in(user, Vec::new(), via),
        );
        self.deployment.record(self.event(&who.seen_at(address), kind)).await;
        Ok(user)
    }
}

impl Refractory {
    /// Whether `password` is the one of `who`, who is signed in and shows it once more.
    ///
    /// # Errors
    ///
    /// As the authenticator has them; `Invalid` for somebody without an account.
    pub async fn confirm_password(&self, who: &Principal, password: Secret) -> Result<bool> {
        let credential = Credential::Password { name: UserName::new(&who.name)?, password };
        let good = self.deployment.ports.auth.authenticate(&credential).await?.is_some();
        if !good {
            let (name, reason) = (who.name.clone(), SignInFailure::CurrentPassword);
            let kind = EventKind::SignInFailed { name, reason };
            self.deployment.record(self.event(who, kind)).await;
        }
        Ok(good)
    }
}

/// Refuses changes of what a user signs in with, or their programs do: to a token without the scope for it, and on the accounts of others.
pub(super) fn check_credentials_of(who: &Principal, id: &UserId) -> Result<()> {
    check_scope(who, Scope::Credentials)?;
    check_own(who, id)
}

/// Refuses changes to the accounts of others, but for administrators.
pub(super) fn check_own(who: &Principal, id: &UserId) -> Result<()> {
    if who.is(Some(id)) { Ok(()) } else { check_role(who, Verb::ManagePeople) }
}

fn name_taken(error: Error, name: &UserName) -> Error {
    error.if_taken("adding an account", |taken| {
        taken.coded(Code::USER_NAME_TAKEN).about("name", name)
    })
}

pub(super) fn no_such(name: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::NotFound, "looking for an account")
        .coded(Code::NO_USER)
        .about("name", name)
}
