//! Sessions and one-time links.
use std::net::IpAddr;
use std::time::Duration;

use super::Refractory;
use crate::access::{Verb, check_role, check_scope};
use crate::digest::sha256_hex;
use crate::error::unless_raced;
use crate::id::random_text;
use crate::model::{
    EventKind, PasswordHash, Principal, Purpose, Role, Scope, SignInFailure, SignInMethod, Token,
    User, UserName, Via,
};
use crate::ports::{Commit, Index, Kind, Query, UniqueKey};
use crate::{Code, Error, ErrorKind, Remedy, Result, Secret, TokenId, UserId};

/// How long a link on the console is good for.
const LINK: Duration = Duration::from_hours(1);
/// How long a browser stays signed in.
const SESSION: Duration = Duration::from_hours(24 * 14);

/// A token with its secret: the only moment anybody sees it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MintedToken {
    /// What goes into a link or a cookie.
    pub secret: Secret,
    /// What the store keeps.
    pub token: Token,
}

impl Refractory {
    pub(super) async fn mint(
        &self,
        purpose: Purpose,
        lasts: Duration,
        epoch: u64,
    ) -> Result<MintedToken> {
        let secret = random_text(40);
        let now = self.now();
        let token = Token {
            id: token_id(&secret)?,
            purpose,
            made: now,
            until: now.after(lasts),
            epoch,
            revision: 0,
        };
        let token = self.collection().insert(&token).await?;
        Ok(MintedToken { secret: Secret::new(secret), token })
    }

    /// A fresh link for making the first account; the one before it is void.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Conflict` when there is an account already.
    pub async fn setup_link(&self, who: &Principal) -> Result<MintedToken> {
        check_role(who, Verb::ManagePeople)?;
        if !self.needs_setup().await? {
            return Err(Error::new(ErrorKind::Conflict, "making a setup link")
                .permanent()
                .coded(Code::ALREADY_SET_UP)
                .helped_by(Remedy::CreateSignInLink));
        }
        match self.collection::<Token>().find(&UniqueKey::setup_link()).await {
            Ok(Some(old)) => self.collection().delete(&old).await?,
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::Damaged => {
                self.discard_damaged(Kind::Token, &error).await?;
            }
            Err(error) => return Err(error),
        }
        self.mint(Purpose::Setup, LINK, 0).await
    }

    /// A fresh link that signs `user` in, once. It is void once the account has another role or is signed out everywhere.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn sign_in_link(&self, who: &Principal, user: &UserId) -> Result<MintedToken> {
        check_scope(who, Scope::Credentials)?;
        check_role(who, Verb::ManagePeople)?;
        let user = self.user_by_id(user).await?;
        if !user.is_active() {
            return Err(Error::new(ErrorKind::Conflict, "making a sign-in link")
                .permanent()
                .coded(Code::USER_DISABLED)
                .about("name", &user.name));
        }
        let named = user.named();
        let minted = self.mint(Purpose::SignIn(user.id), LINK, user.link_epoch).await?;
        let kind = EventKind::SignInLinkCreated { user: named };
        self.deployment.record(self.event(who, kind)).await;
        Ok(minted)
    }

    /// Whether a setup link is good. Changes nothing.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn setup_link_is_good(&self, secret: &str) -> Result<bool> {
        Ok(self.token(secret).await?.is_some_and(|token| token.purpose == Purpose::Setup)
            && self.needs_setup().await?)
    }

    /// Makes the first account, with the setup link that was printed on the console.
    ///
    /// # Errors
    ///
    /// `Forbidden` when the link is not good any more.
    pub async fn set_up(
        &self,
        secret: &str,
        name: UserName,
        password: PasswordHash,
    ) -> Result<User> {
        let token = self
            .token(secret)
            .await?
            .filter(|token| token.purpose == Purpose::Setup)
            .ok_or_else(stale)?;
        if !self.needs_setup().await? {
            return Err(stale());
        }
        // Taking the link is what decides between two browsers.
        unless_raced(self.collection().delete(&token).await)?.ok_or_else(stale)?;
        self.add_user(&Principal::system(), name, Role::Admin, Some(password)).await
    }

    /// Takes a sign-in link; `None` when it is not good any more.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn take_sign_in_link(
        &self,
        secret: &str,
        via: Via,
        address: Option<IpAddr>,
    ) -> Result<Option<User>> {
        let Some(token) = self.token(secret).await? else { return Ok(None) };
        let Purpose::SignIn(user) = &token.purpose else { return Ok(None) };
        let user = self.collection::<User>().load_readable(user.as_str()).await?;
        let Some(user) = user else { return Ok(None) };
        let good = user.is_active() && is_current(&token, user.link_epoch, &user);
        let (who, kind) = if good {
            let method = SignInMethod::Link;
            (Principal::signed_in(&user, Vec::new(), via), EventKind::SignedIn { method })
        } else {
            let reason =
                if user.is_active() { SignInFailure::LinkRevoked } else { SignInFailure::Disabled };
            let name = user.name.to_string();
            (Principal::anonymous(via), EventKind::SignInFailed { name, reason })
        };
        let event = self.event(&who.seen_at(address), kind);
        // Taking the link is what decides between two browsers; a void one goes the same way.
        let deleted = self.collection().commit(&Commit::delete(&token).event(event)).await;
        Ok(unless_raced(deleted)?.and_then(|_| good.then_some(user)))
    }

    /// A session for a person who has just signed in.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn open_session(&self, user: &User) -> Result<MintedToken> {
        self.mint(Purpose::Session(user.id.clone()), SESSION, user.session_epoch).await
    }

    /// Who a session is, with role and groups as they are now; `None` when it has ended, or the account is disabled.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn session(&self, secret: &str, via: Via) -> Result<Option<Principal>> {
        let Some(token) = self.token(secret).await? else { return Ok(None) };
        let Purpose::Session(user) = &token.purpose else { return Ok(None) };
        // Nobody is signed in by a record that cannot be read, and nobody is kept from signing in as another.
        let user = self.collection::<User>().load_readable(user.as_str()).await?;
        match user.filter(|user| is_current(&token, user.session_epoch, user)) {
            Some(user) => self.principal(&user, via).await,
            None => Ok(None),
        }
    }

    /// Ends a session; one that has ended is fine.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn close_session(&self, who: &Principal, secret: &str) -> Result<()> {
        let Some(token) = self.token(secret).await? else { return Ok(()) };
        if !matches!(token.purpose, Purpose::Session(_)) {
            return Err(Error::new(ErrorKind::Conflict, "ending a session")
                .permanent()
                .advise("This is no session. A token for programs ends when it is revoked."));
        }
        let event = self.event(who, EventKind::SignedOut);
        gone(self.collection().commit(&Commit::delete(&token).event(event)).await.map(|_| ()))
    }

    pub(super) async fn end_sessions(&self, of: &UserId) -> Result<()> {
        let theirs = Query::partition(Index::TokenByUser, of.as_str());
        for token in self.collection::<Token>().gather(theirs).await?.0 {
            if matches!(token.purpose, Purpose::Session(_) | Purpose::SignIn(_) | Purpose::Api(_)) {
                gone(self.collection().delete(&token).await)?;
            }
        }
        Ok(())
    }

    pub(super) async fn token(&self, secret: &str) -> Result<Option<Token>> {
        // A link or a session that cannot be read is none.
        let found = self.collection::<Token>().load_readable(token_id(secret)?.as_str()).await?;
        match found.filter(|token| !self.deployment.has_ended(token)) {
            Some(token) => self.deployment.date_anew(token).await,
            None => Ok(None),
        }
    }
}

/// Whether nothing made `token` void since: the account's count is the one it was made at. Tokens and accounts of an older
/// version have no count; there the time decides.
fn is_current(token: &Token, epoch: u64, user: &User) -> bool {
    token.epoch == epoch && (epoch > 0 || token.made >= user.sessions_from)
}

pub(super) fn token_id(secret: &str) -> Result<TokenId> {
    Ok(TokenId::new(&sha256_hex(&[secret.as_bytes()]))?)
}

pub(super) fn gone(result: Result<()>) -> Result<()> {
    unless_raced(result).map(drop)
}

fn stale() -> Error {
    Error::new(ErrorKind::Forbidden, "using a setup link").coded(Code::LINK_EXPIRED)
}
