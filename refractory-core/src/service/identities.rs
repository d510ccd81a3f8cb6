//! Identities and states of users: how they sign in, and whether they may.
use super::Refractory;
use super::admins::AccountChange;
use super::people::{check_credentials_of, check_own, no_such};
use crate::access::{Verb, check_role};
use crate::model::{
    Edit, Email, EventKind, Identity, Locale, Principal, Purpose, Token, User, UserState, Via,
    check_revision,
};
use crate::ports::{Index, Query, UniqueKey};
use crate::{Code, Error, ErrorKind, Result, UserId};

/// A change to what is known of a user. What it does not name stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct UserChange {
    /// Where they get mail.
    pub email: Edit<Email>,
    /// The language they read.
    pub locale: Edit<Locale>,
    /// The revision that the change is for; any where `None`.
    pub if_revision: Option<u64>,
}

impl UserChange {
    /// The same with this e-mail address.
    #[must_use]
    pub fn email(mut self, email: Edit<Email>) -> Self {
        self.email = email;
        self
    }

    /// The same with this locale.
    #[must_use]
    pub fn locale(mut self, locale: Edit<Locale>) -> Self {
        self.locale = locale;
        self
    }

    /// The same for a user who is still at `revision`, where one is named.
    #[must_use]
    pub fn if_revision(mut self, revision: Option<u64>) -> Self {
        self.if_revision = revision;
        self
    }
}

impl Refractory {
    /// Lets a user sign in, or no longer. A user who is disabled is signed out everywhere at once; links that were not used yet
    /// are void. The last administrator stays active.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` for the last administrator.
    pub async fn set_user_state(
        &self,
        who: &Principal,
        id: &UserId,
        state: UserState,
    ) -> Result<User> {
        self.set_user_state_at(who, id, state, None).await
    }

    /// The same, if the account is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`set_user_state`](Self::set_user_state); `Outdated` when it is at another revision.
    pub async fn set_user_state_at(
        &self,
        who: &Principal,
        id: &UserId,
        state: UserState,
        revision: Option<u64>,
    ) -> Result<User> {
        check_role(who, Verb::ManagePeople)?;
        match state {
            UserState::Active => {
                let enabled = self.collection::<User>().update_with_events(id.as_str(), |user| {
                    check_revision(revision, user.revision)?;
                    if user.is_active() {
                        return Ok((false, Vec::new()));
                    }
                    user.state = UserState::Active;
                    Ok((true, vec![self.event(who, EventKind::UserEnabled { user: user.named() })]))
                });
                enabled.await?.ok_or_else(|| no_such(id))
            }
            UserState::Disabled => {
                let before = self.change_account(id, AccountChange::Disabling, revision).await?;
                self.close_setups_of(id).await?;
                if before.is_active() {
                    let kind = EventKind::UserDisabled { user: before.named() };
                    self.deployment.record(self.event(who, kind)).await;
                }
                self.user_by_id(id).await
            }
        }
    }

    /// Changes what is known of a user. Users may change that of themselves.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Outdated` when they are at another revision than the change is for.
    pub async fn edit_user(
        &self,
        who: &Principal,
        id: &UserId,
        change: &UserChange,
    ) -> Result<User> {
        check_own(who, id)?;
        let edited = self.collection::<User>().update_with_events(id.as_str(), |user| {
            check_revision(change.if_revision, user.revision)?;
            let before = user.clone();
            change.email.apply_to_option(&mut user.email);
            change.locale.apply_to_option(&mut user.locale);
            if *user == before {
                return Ok((false, Vec::new()));
            }
            Ok((true, vec![self.event(who, EventKind::UserChanged { user: user.named() })]))
        });
        edited.await?.ok_or_else(|| no_such(id))
    }

    /// Links an account of another service to a user, so that they can sign in with it. The caller has seen to it that the
    /// account is theirs.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when it is linked to another user; `Exhausted` for too many; `Invalid` for a
    /// password, which is set instead.
    pub async fn link_identity(
        &self,
        who: &Principal,
        id: &UserId,
        identity: &Identity,
    ) -> Result<User> {
        check_credentials_of(who, id)?;
        if *identity == Identity::Password {
            return Err(Error::new(ErrorKind::Invalid, "linking an identity")
                .advise("A password is set, not linked."));
        }
        let linked = self.collection::<User>().update_with_events(id.as_str(), |user| {
            if !user.linked.insert(identity.clone()) {
                return Ok((false, Vec::new()));
            }
            if user.linked.len() > Identity::MOST {
                return Err(Error::new(ErrorKind::Exhausted, "linking an identity")
                    .permanent()
                    .coded(Code::TOO_MANY_IDENTITIES)
                    .about("most", Identity::MOST));
            }
            let kind =
                EventKind::IdentityLinked { user: user.named(), identity: identity.to_string() };
            Ok((true, vec![self.event(who, kind)]))
        });
        let linked = linked.await.map_err(|error| {
            error.if_taken("linking an identity", |taken| taken.coded(Code::IDENTITY_TAKEN))
        });
        linked?.ok_or_else(|| no_such(id))
    }

    /// Takes a way to sign in from a user: an account of another service, or their password. At least one remains, or a sign-in
    /// link that was not used yet.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound`, also for an identity that is not theirs; `Conflict` for the only way to sign in.
    pub async fn unlink_identity(
        &self,
        who: &Principal,
        id: &UserId,
        identity: &Identity,
    ) -> Result<User> {
        check_credentials_of(who, id)?;
        let links = self.open_links(id).await?;
        let unlinked = self.collection::<User>().update_with_events(id.as_str(), |user| {
            let had = match identity {
                Identity::Password => user.password.take().is_some(),
                linked @ (Identity::Discord(_) | Identity::Oidc { .. }) => {
                    user.linked.remove(linked)
                }
            };
            if !had {
                return Err(Error::new(ErrorKind::NotFound, "unlinking an identity")
                    .coded(Code::NO_IDENTITY)
                    .about("name", &user.name)
                    .about("identity", identity));
            }
            let has_link = links.iter().any(|link| link.epoch == user.link_epoch);
            if user.identities().next().is_none() && !has_link {
                return Err(Error::new(ErrorKind::Conflict, "unlinking an identity")
                    .permanent()
                    .coded(Code::ONLY_IDENTITY));
            }
            let kind =
                EventKind::IdentityUnlinked { user: user.named(), identity: identity.to_string() };
            Ok((true, vec![self.event(who, kind)]))
        });
        unlinked.await?.ok_or_else(|| no_such(id))
    }

    /// The sign-in links of a user that were not used yet and have not ended.
    async fn open_links(&self, id: &UserId) -> Result<Vec<Token>> {
        const MOST: usize = 100;
        let theirs = Query::partition(Index::TokenByUser, id.as_str()).descending();
        let mut tokens = self.collection::<Token>().first(theirs, MOST).await?;
        tokens.retain(|token| {
            matches!(token.purpose, Purpose::SignIn(_)) && !self.deployment.has_ended(token)
        });
        Ok(tokens)
    }

    /// The user that an account of another service is linked to, as a principal; none where there is none, or where the user
    /// is disabled. For front ends to which that service has vouched for the account.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn identify(&self, identity: &Identity, via: Via) -> Result<Option<Principal>> {
        if *identity == Identity::Password {
            return Ok(None);
        }
        match self.collection::<User>().find(&UniqueKey::identity(identity)).await? {
            Some(user) => self.principal(&user, via).await,
            None => Ok(None),
        }
    }
}
