//! Roles, removals and disabling of accounts. An administrator is ended only while another one is left, also where several are changed at once.
use super::Refractory;
use super::people::no_such;
use crate::error::unless_raced;
use crate::model::{AdminChange, AdminGuard, Role, User, UserState, check_revision};
use crate::ports::{Index, Query};
use crate::{Code, Error, ErrorKind, Result, UserId};

/// What one attempt came to.
enum Attempt {
    /// The change is made.
    Made(User),
    /// Somebody wrote the account or the guard first: look again.
    Overtaken,
    /// It was written down, and whoever came next may have made it: look again.
    WrittenDown,
}

/// What becomes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountChange {
    /// It has another role.
    Role(Role),
    /// It may not sign in any more.
    Disabling,
    /// It is gone.
    Removal,
}

impl AccountChange {
    /// Whether there is nothing left to do.
    fn is_made(self, user: &User) -> bool {
        match self {
            Self::Role(role) => user.role == role,
            Self::Disabling => !user.is_active(),
            Self::Removal => false,
        }
    }

    /// As the guard has it.
    fn noted(self, user: &User) -> AdminChange {
        let (becomes, disables) = match self {
            Self::Role(role) => (Some(role), false),
            Self::Disabling => (None, true),
            Self::Removal => (None, false),
        };
        AdminChange { user: user.id.clone(), revision: user.revision, becomes, disables }
    }

    fn of(noted: &AdminChange) -> Self {
        match noted.becomes {
            Some(role) => Self::Role(role),
            None if noted.disables => Self::Disabling,
            None => Self::Removal,
        }
    }
}

impl Refractory {
    /// Changes an account; only at `revision`, where that is named. Returns it as it was before.
    ///
    /// # Errors
    ///
    /// `NotFound`; `Outdated` when it is at another revision; `Conflict` for the last administrator.
    pub(super) async fn change_account(
        &self,
        id: &UserId,
        becomes: AccountChange,
        revision: Option<u64>,
    ) -> Result<User> {
        let mut asked = None;
        loop {
            let Some(user) = self.collection::<User>().load(id.as_str()).await? else {
                let removed = asked.filter(|_| becomes == AccountChange::Removal);
                return removed.ok_or_else(|| no_such(id));
            };
            if asked.is_none() {
                check_revision(revision, user.revision)?;
            }
            if becomes.is_made(&user) {
                return Ok(asked.unwrap_or(user));
            }
            let attempt = if user.is_active_administrator() {
                self.end_administrator(&user, becomes).await?
            } else {
                self.apply(&user, becomes).await?
            };
            match attempt {
                Attempt::Made(before) => return Ok(before),
                Attempt::WrittenDown => asked = Some(user),
                Attempt::Overtaken => {}
            }
        }
    }

    /// Writes the change down, counts who is left, and makes it.
    async fn end_administrator(&self, user: &User, becomes: AccountChange) -> Result<Attempt> {
        let guard = self.admin_guard().await?;
        if guard.pending.is_some() {
            self.finish(&guard).await?;
            return Ok(Attempt::Overtaken);
        }
        // Counted after the guard was read: nobody ends an administrator in between, or the guard has moved.
        let others = Query::partition(Index::UserByRole, Role::Admin.name());
        let admins = self.collection::<User>().first(others, 2).await?;
        if self.collection().load(user.id.as_str()).await?.as_ref() != Some(user) {
            return Ok(Attempt::Overtaken);
        }
        if admins.iter().all(|other| other.id == user.id) {
            return Err(last_administrator());
        }
        let guard = AdminGuard { pending: Some(becomes.noted(user)), ..guard };
        match unless_raced(self.collection().save(&guard).await)? {
            Some(guard) => match self.finish(&guard).await? {
                Attempt::Overtaken => Ok(Attempt::WrittenDown),
                attempt @ (Attempt::Made(_) | Attempt::WrittenDown) => Ok(attempt),
            },
            None => Ok(Attempt::Overtaken),
        }
    }

    async fn admin_guard(&self) -> Result<AdminGuard> {
        loop {
            if let Some(guard) = self.collection::<AdminGuard>().load(AdminGuard::ID).await? {
                return Ok(guard);
            }
            if let Some(guard) = unless_raced(self.collection().insert(&AdminGuard::fresh()).await)?
            {
                return Ok(guard);
            }
        }
    }

    /// Makes the pending change, whoever wrote it down, and clears the guard. A change that cannot be made for want of an
    /// answer stays pending.
    async fn finish(&self, guard: &AdminGuard) -> Result<Attempt> {
        let Some(change) = &guard.pending else { return Ok(Attempt::Overtaken) };
        let user = self.collection::<User>().load_readable(change.user.as_str()).await?;
        let attempt = match user.filter(|user| user.revision == change.revision) {
            Some(user) => self.apply(&user, AccountChange::of(change)).await?,
            // It was made, or the account was written since: at this revision it can never be made any more.
            None => Attempt::Overtaken,
        };
        unless_raced(self.collection().save(&AdminGuard { pending: None, ..guard.clone() }).await)?;
        Ok(attempt)
    }

    /// Makes the change to the account at the revision it was read at.
    async fn apply(&self, user: &User, becomes: AccountChange) -> Result<Attempt> {
        let mut changed = user.clone();
        let made = match becomes {
            AccountChange::Role(role) => {
                changed.role = role;
                changed.link_epoch += 1;
                unless_raced(self.collection().save(&changed).await)?.is_some()
            }
            AccountChange::Disabling => {
                changed.state = UserState::Disabled;
                changed.sign_out_everywhere(self.now());
                unless_raced(self.collection().save(&changed).await)?.is_some()
            }
            AccountChange::Removal => unless_raced(self.collection().delete(user).await)?.is_some(),
        };
        Ok(if made { Attempt::Made(user.clone()) } else { Attempt::Overtaken })
    }
}

fn last_administrator() -> Error {
    Error::new(ErrorKind::Conflict, "changing the last administrator")
        .permanent()
        .coded(Code::LAST_ADMINISTRATOR)
}
