//! People: accounts and signing in.
use super::Refractory;
use super::policy::{Relation, Verb, check};
use crate::model::{EventKind, PasswordHash, Principal, Role, User, UserName, Via};
use crate::ports::Credential;
use crate::{Error, ErrorKind, Result, Secret, Timestamp, UserId};

impl Refractory {
    /// Whether nobody has an account yet.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn needs_setup(&self) -> Result<bool> {
        Ok(self.table::<User>().list().await?.is_empty())
    }

    /// Every account, in order of name.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub async fn users(&self, who: &Principal) -> Result<Vec<User>> {
        check(who, Verb::ManagePeople, Relation::Stranger)?;
        let mut all = self.table::<User>().list().await?;
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
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
        check(who, Verb::ManagePeople, Relation::Stranger)?;
        let now = self.now();
        let user = User {
            id: UserId::fresh(),
            name,
            role,
            password,
            sessions_from: now,
            added: now,
            revision: 0,
        };
        let added =
            self.table().insert(&user).await.map_err(|error| name_taken(error, &user.name))?;
        self.tell(
            who,
            EventKind::Created,
            None,
            format!("{} got an account as {}.", added.name, added.role),
        )
        .await?;
        Ok(added)
    }

    /// The account called `name`.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn find_user(&self, who: &Principal, name: &str) -> Result<User> {
        check(who, Verb::ManagePeople, Relation::Stranger)?;
        let name = UserName::new(name)?;
        self.table::<User>().find(&format!("name:{name}")).await?.ok_or_else(|| no_such(&name))
    }

    /// Sets a password and ends every session made before.
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
        if who.user.as_ref() != Some(id) {
            check(who, Verb::ManagePeople, Relation::Stranger)?;
        }
        let now = self.now();
        self.edit(id, move |user| {
            user.password = Some(password.clone());
            user.sessions_from = now;
            Ok(())
        })
        .await
    }

    /// Gives an account another role. The last administrator stays one.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` for the last administrator.
    pub async fn set_role(&self, who: &Principal, id: &UserId, role: Role) -> Result<User> {
        check(who, Verb::ManagePeople, Relation::Stranger)?;
        if role != Role::Admin {
            self.check_not_last_admin(id).await?;
        }
        self.edit(id, move |user| {
            user.role = role;
            Ok(())
        })
        .await
    }

    /// Removes an account and its sessions. The last administrator stays; their tables become nobody's in particular.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` for the last administrator.
    pub async fn remove_user(&self, who: &Principal, id: &UserId) -> Result<()> {
        check(who, Verb::ManagePeople, Relation::Stranger)?;
        self.check_not_last_admin(id).await?;
        let user = self.table::<User>().load(id.as_str()).await?.ok_or_else(|| no_such(id))?;
        self.table().delete(&user).await?;
        self.end_sessions(id).await?;
        self.tell(
            who,
            EventKind::Delete,
            None,
            format!("The account of {} was removed.", user.name),
        )
        .await
    }

    /// Checks a name and a password; `None` when they are not good.
    ///
    /// # Errors
    ///
    /// As the authenticator has them.
    pub async fn sign_in(
        &self,
        name: UserName,
        password: Secret,
        via: Via,
    ) -> Result<Option<User>> {
        let shown = name.to_string();
        let identity = self
            .deployment
            .ports
            .auth
            .authenticate(&Credential::Password { name, password })
            .await?;
        let user = match &identity {
            Some(identity) => self.table::<User>().find(&format!("name:{}", identity.name)).await?,
            None => None,
        };
        let text = if user.is_some() {
            format!("{shown} signed in.")
        } else {
            format!("Somebody failed to sign in as {shown}.")
        };
        let who = user.as_ref().map_or_else(Principal::system, |user| Principal::person(user, via));
        self.tell(&who, EventKind::SignIn, None, text).await?;
        Ok(user)
    }

    async fn edit(
        &self,
        id: &UserId,
        mut change: impl FnMut(&mut User) -> Result<()> + Send,
    ) -> Result<User> {
        let edited = self.table::<User>().update(id.as_str(), |user| {
            let before = user.clone();
            change(user)?;
            Ok(*user != before)
        });
        edited.await?.ok_or_else(|| no_such(id))
    }

    async fn check_not_last_admin(&self, id: &UserId) -> Result<()> {
        let all = self.table::<User>().list().await?;
        let others = all.iter().any(|user| user.role == Role::Admin && user.id != *id);
        let is_admin = all.iter().any(|user| user.role == Role::Admin && user.id == *id);
        if is_admin && !others {
            return Err(Error::new(ErrorKind::Conflict, "changing the last administrator")
                .permanent()
                .advise("This is the last administrator. Make somebody else one first."));
        }
        Ok(())
    }

    /// The account behind a session made at `made`, unless it was ended since.
    pub(super) async fn user_of_session(
        &self,
        id: &UserId,
        made: Timestamp,
    ) -> Result<Option<User>> {
        let user = self.table::<User>().load(id.as_str()).await?;
        Ok(user.filter(|user| made >= user.sessions_from))
    }
}

fn name_taken(error: Error, name: &UserName) -> Error {
    if error.kind() == ErrorKind::Conflict {
        return Error::new(ErrorKind::Conflict, "adding an account")
            .permanent()
            .advise(format!("There is an account called `{name}` already."))
            .caused_by(error);
    }
    error
}

fn no_such(name: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::NotFound, "looking for an account")
        .advise(format!("There is no account `{name}`."))
}
