//! Tokens for programs: each has a name, scopes, and an end.
use std::time::Duration;

use super::Refractory;
use super::people::check_credentials_of;
use super::tokens::{MintedToken, gone};
use crate::access::{Verb, check_role, check_scope};
use crate::id::random_text;
use crate::model::{
    ApiToken, EventKind, Named, Principal, Purpose, Scope, Scopes, Token, User, Via, checked_label,
};
use crate::ports::{Commit, Cursor, Index, Query, TypedPage, UniqueKey};
use crate::{Code, Error, ErrorKind, Result, Secret, Timestamp, UserId};

/// What the secret of such a token begins with, so that it is recognized where it should not be.
const PREFIX: &str = "rft_";
/// The shortest and the longest that one is good for, where it ends.
const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(24 * 3650);
const DAY: u64 = 24 * 60 * 60 * 1000;

/// A token to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// What it is called; unique among its user's.
    pub name: String,
    /// What it is limited to.
    pub scopes: Scopes,
    /// How long it is good for; for ever where `None`.
    pub lasts: Option<Duration>,
}

/// A token with the name of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiTokenView {
    /// What the token is.
    pub api: ApiToken,
    /// What its user is called.
    pub user: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

impl ApiTokenView {
    /// `token` of the user called `user`; `None` for one that is not for programs.
    pub fn of(token: &Token, user: &str) -> Option<Self> {
        let Purpose::Api(api) = &token.purpose else { return None };
        let expires = (token.until != Token::NEVER).then_some(token.until);
        Some(Self { api: api.clone(), user: user.to_owned(), made: token.made, expires })
    }
}

/// One page of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ApiTokenPage {
    /// The tokens of this page.
    pub items: Vec<ApiTokenView>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

impl Refractory {
    /// A token for programs that act as `user`. Its secret is seen only now.
    ///
    /// # Errors
    ///
    /// `Forbidden` for the token of someone else, and for more scopes than one's own token has; `NotFound`; `Invalid`; `Conflict`
    /// when the user has a token of this name.
    pub async fn create_api_token(
        &self,
        who: &Principal,
        user: &UserId,
        new: NewApiToken,
    ) -> Result<MintedToken> {
        check_credentials_of(who, user)?;
        if let Some(own) = &who.scopes
            && !own.include_all(&new.scopes)
        {
            return Err(Error::new(ErrorKind::Forbidden, "creating a token")
                .coded(Code::SCOPES_EXCEEDED)
                .about("scopes", own));
        }
        let user = self.user_by_id(user).await?;
        let (token, secret) = self.new_token(&user, new)?;
        let Purpose::Api(api) = &token.purpose else { return Err(not_one()) };
        let kind = EventKind::TokenCreated {
            user: user.named(),
            token: api.name.clone(),
            scopes: api.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        };
        let entry = self.event(who, kind);
        let made = self.collection().commit(&Commit::insert(&token).event(entry)).await;
        let token = made.map_err(|error| name_taken(error, &api.name))?;
        Ok(MintedToken { secret, token })
    }

    fn new_token(&self, user: &User, new: NewApiToken) -> Result<(Token, Secret)> {
        let NewApiToken { name, scopes, lasts } = new;
        let now = self.now();
        let until = match lasts {
            None => Token::NEVER,
            Some(lasts) if (SHORTEST..=LONGEST).contains(&lasts) => now.after(lasts),
            Some(_) => {
                return Err(
                    Error::new(ErrorKind::Invalid, "creating a token").coded(Code::TOKEN_LIFETIME)
                );
            }
        };
        let secret = format!("{PREFIX}{}", random_text(40));
        let name = checked_label(&name, "naming a token", "backup script")?;
        let api = ApiToken::new(random_text(12), user.id.clone(), name, scopes);
        let id = super::tokens::token_id(&secret)?;
        let token =
            Token { id, purpose: Purpose::Api(api), made: now, until, epoch: 0, revision: 0 };
        Ok((token, Secret::new(secret)))
    }

    /// One page of the tokens of `of` in order of name, or of all users, oldest first.
    ///
    /// # Errors
    ///
    /// `Forbidden` for those of others; `NotFound`.
    pub async fn api_tokens(
        &self,
        who: &Principal,
        of: Option<&UserId>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<ApiTokenPage> {
        let query = if let Some(user) = of {
            check_credentials_of(who, user)?;
            Query::partition(Index::ApiTokenByUser, user.as_str())
        } else {
            check_scope(who, Scope::Credentials)?;
            check_role(who, Verb::ManagePeople)?;
            Query::index(Index::ApiTokenByMade)
        };
        let page: TypedPage<Token> =
            self.collection().page(&query.after(after).limit(limit)).await?;
        let good = page.records.iter().filter(|token| !self.deployment.has_ended(token));
        let good: Vec<_> = good.filter_map(|token| Some((token, token.purpose.user()?))).collect();
        let names = self.user_names(good.iter().map(|(_, user)| *user).collect()).await?;
        let mut items = Vec::new();
        for (token, user) in good {
            let name = names.get(user).map_or(user.as_str(), String::as_str);
            items.extend(ApiTokenView::of(token, name));
        }
        Ok(ApiTokenPage { items, next: page.next })
    }

    /// The token that has this key.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`. The token of someone else is answered as one that does not exist, but to administrators.
    pub async fn find_api_token(&self, who: &Principal, key: &str) -> Result<ApiTokenView> {
        let (token, user) = self.token_of_key(who, key).await?;
        let name = user.map_or_else(String::new, |user| user.name.to_string());
        ApiTokenView::of(&token, &name).ok_or_else(|| no_such(key))
    }

    /// The token of `user` that is called `name`.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn api_token_named(
        &self,
        who: &Principal,
        user: &User,
        name: &str,
    ) -> Result<ApiTokenView> {
        check_credentials_of(who, &user.id)?;
        let key = UniqueKey::api_token_name(&user.id, name);
        let found = self.collection::<Token>().find(&key).await?;
        let token = found.filter(|token| !self.deployment.has_ended(token));
        let view = token.and_then(|token| ApiTokenView::of(&token, user.name.as_str()));
        view.ok_or_else(|| no_such(name))
    }

    /// Ends a token at once.
    ///
    /// # Errors
    ///
    /// As [`find_api_token`](Self::find_api_token).
    pub async fn revoke_api_token(&self, who: &Principal, key: &str) -> Result<()> {
        loop {
            let (token, user) = self.token_of_key(who, key).await?;
            let Purpose::Api(api) = &token.purpose else { return Err(no_such(key)) };
            let named = user.map_or_else(
                || Named::new(api.user.clone(), api.user.as_str()),
                |user| user.named(),
            );
            let kind = EventKind::TokenRevoked { user: named, token: api.name.clone() };
            let entry = self.event(who, kind);
            match self.collection().commit(&Commit::delete(&token).event(entry)).await {
                // It was used meanwhile, and that was written down.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                done => return gone(done.map(|_| ())),
            }
        }
    }

    async fn token_of_key(&self, who: &Principal, key: &str) -> Result<(Token, Option<User>)> {
        check_scope(who, Scope::Credentials)?;
        let found = self.collection::<Token>().find(&UniqueKey::api_token(key)).await?;
        let token = found.filter(|token| !self.deployment.has_ended(token));
        let token = token.ok_or_else(|| no_such(key))?;
        let owner = token.purpose.user().ok_or_else(|| no_such(key))?;
        if check_credentials_of(who, owner).is_err() {
            return Err(no_such(key));
        }
        let user = self.collection::<User>().load_readable(owner.as_str()).await?;
        Ok((token, user))
    }

    /// Who shows `secret` as a program does: a token for programs, or a session. `None` when it is neither, or has ended.
    ///
    /// What a token may do is what its user may do now, within its scopes.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn bearer(&self, secret: &str, via: Via) -> Result<Option<Principal>> {
        if !secret.starts_with(PREFIX) {
            return self.session(secret, via).await;
        }
        let Some(token) = self.token(secret).await? else { return Ok(None) };
        let Purpose::Api(api) = &token.purpose else { return Ok(None) };
        let user = self.collection::<User>().load_readable(api.user.as_str()).await?;
        let Some(user) = user else { return Ok(None) };
        let Some(who) = self.principal(&user, via).await? else { return Ok(None) };
        let scopes = Some(api.scopes.clone());
        self.note_use(&token).await;
        Ok(Some(Principal { scopes, ..who }))
    }

    /// Writes down the day of a use: once a day, so that reading does not write each time.
    async fn note_use(&self, token: &Token) {
        let today = Timestamp(self.now().0 / DAY * DAY);
        let mut used = token.clone();
        let Purpose::Api(api) = &mut used.purpose else { return };
        if api.used >= Some(today) {
            return;
        }
        api.used = Some(today);
        match self.collection().save(&used).await {
            Err(error) if !error.is_lost_race() => {
                tracing::warn!(?error, "the use of a token could not be written down");
            }
            _ => {}
        }
    }
}

fn not_one() -> Error {
    Error::new(ErrorKind::Unexpected, "creating a token")
}

fn no_such(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a token").coded(Code::NO_TOKEN).about("name", name)
}

fn name_taken(error: Error, name: &str) -> Error {
    error.if_taken("creating a token", |taken| {
        taken.coded(Code::TOKEN_NAME_TAKEN).about("name", name)
    })
}
