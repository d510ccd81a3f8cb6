//! Users whom a front end knows from another service: making them, and keeping their groups in step.
use std::collections::BTreeSet;

use super::Refractory;
use crate::access::{Verb, check_role};
use crate::error::unless_raced;
use crate::model::front_end_record::check_name;
use crate::model::{
    EventKind, Group, Identity, Locale, Membership, PasswordHash, Principal, Role, User, UserName,
};
use crate::ports::{Commit, UniqueKey};
use crate::{Code, Error, ErrorKind, GroupId, Result, UserId};

/// A user to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewUser {
    /// What they are called.
    pub name: UserName,
    /// What they may do in general.
    pub role: Role,
    /// Their password; none where they sign in otherwise. Hashing it is the caller's.
    pub password: Option<PasswordHash>,
    /// Accounts of other services that they sign in with.
    pub linked: BTreeSet<Identity>,
    /// The language they read.
    pub locale: Option<Locale>,
}

impl NewUser {
    /// A user without a way to sign in.
    pub fn named(name: UserName, role: Role) -> Self {
        Self { name, role, password: None, linked: BTreeSet::new(), locale: None }
    }

    /// The same, who signs in with an account of another service. The caller has seen to it that the account is theirs.
    #[must_use]
    pub fn linked_to(mut self, identity: Identity) -> Self {
        self.linked.insert(identity);
        self
    }

    fn check(&self) -> Result<()> {
        const DURING: &str = "making a user";
        if self.linked.contains(&Identity::Password) {
            return Err(
                Error::new(ErrorKind::Invalid, DURING).advise("A password is set, not linked.")
            );
        }
        if self.linked.len() > Identity::MOST {
            let error = Error::new(ErrorKind::Exhausted, DURING).permanent();
            return Err(error.coded(Code::TOO_MANY_IDENTITIES).about("most", Identity::MOST));
        }
        Ok(())
    }
}

impl Refractory {
    /// Makes a user together with the accounts of other services that they sign in with: both, or neither.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Conflict` with the code [`Code::USER_NAME_TAKEN`] or [`Code::IDENTITY_TAKEN`]; `Exhausted` for too many
    /// identities; `Invalid` for a password among them.
    pub async fn register(&self, who: &Principal, new: NewUser) -> Result<User> {
        check_role(who, Verb::ManagePeople)?;
        new.check()?;
        let mut user = User::new(new.name, new.role, new.password, self.now());
        (user.linked, user.locale) = (new.linked, new.locale);
        let added = EventKind::UserAdded { user: user.named(), role: user.role };
        let linked = user.linked.iter().map(|identity| EventKind::IdentityLinked {
            user: user.named(),
            identity: identity.to_string(),
        });
        let events = [added].into_iter().chain(linked).map(|kind| self.event(who, kind));
        let commit = Commit::insert(&user).events(events);
        match self.collection::<User>().commit(&commit).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                Err(self.what_is_taken(&user, error).await?)
            }
            made => made,
        }
    }

    /// Which of the keys of `user` another user has.
    async fn what_is_taken(&self, user: &User, error: Error) -> Result<Error> {
        const DURING: &str = "making a user";
        for identity in &user.linked {
            let key = UniqueKey::identity(identity);
            let other = match self.collection::<User>().find(&key).await {
                Err(error) if error.kind() == ErrorKind::Damaged => true,
                found => found?.is_some(),
            };
            if other {
                return Ok(error.if_taken(DURING, |taken| taken.coded(Code::IDENTITY_TAKEN)));
            }
        }
        let name = &user.name;
        Ok(error.if_taken(DURING, |taken| taken.coded(Code::USER_NAME_TAKEN).about("name", name)))
    }

    /// Makes `groups` those that the front end `manager` keeps a user in, such as by their roles elsewhere. Memberships that
    /// people made, or another front end, stay as they are; so does one that a person has set since.
    ///
    /// May be repeated, and is to be where it fails half way.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `NotFound` for a user or a group that is gone: then nothing is changed; `Exhausted` for a group with too many
    /// members, and a user in too many groups; `Invalid` for what is no name of a front end.
    pub async fn set_managed_groups(
        &self,
        who: &Principal,
        manager: &str,
        user: &UserId,
        groups: &BTreeSet<GroupId>,
    ) -> Result<()> {
        check_role(who, Verb::ManageGroups)?;
        check_name(manager)?;
        let user = self.user_by_id(user).await?;
        for group in groups {
            self.group_by_id(group).await?;
        }
        let is_managed = |it: &Membership| it.managed_by.as_deref() == Some(manager);
        for membership in self.memberships_of(&user.id).await? {
            if is_managed(&membership) && !groups.contains(&membership.group) {
                self.leave_managed(who, &user, &membership, is_managed).await?;
            }
        }
        for group in groups {
            self.join_managed(who, manager, &user, group).await?;
        }
        Ok(())
    }

    async fn leave_managed(
        &self,
        who: &Principal,
        user: &User,
        membership: &Membership,
        is_managed: impl Fn(&Membership) -> bool + Send,
    ) -> Result<()> {
        if !self.drop_membership_if(&membership.id, is_managed).await? {
            return Ok(());
        }
        self.close_setups_of(&user.id).await?;
        let group = self.collection::<Group>().load_readable(membership.group.as_str()).await?;
        if let Some(group) = group {
            let kind = EventKind::MemberRemoved { group: group.named(), user: user.named() };
            self.deployment.record(self.event(who, kind)).await;
        }
        Ok(())
    }

    async fn join_managed(
        &self,
        who: &Principal,
        manager: &str,
        user: &User,
        id: &GroupId,
    ) -> Result<()> {
        loop {
            let known = Membership::id_of(id, &user.id);
            if self.collection::<Membership>().load(&known).await?.is_some() {
                return Ok(());
            }
            let mut group = self.group_by_id(id).await?;
            self.check_room(&group, user).await?;
            group.members += 1;
            let mut member = Membership::new(id.clone(), user.id.clone(), false, self.now());
            member.managed_by = Some(manager.to_owned());
            let (named, user) = (group.named(), user.named());
            let kind = EventKind::MemberAdded { group: named, user, administers: false };
            // Together: a group that is deleted meanwhile gets no member.
            let commit = Commit::save(&group).and(Commit::insert(&member));
            let commit = commit.event(self.event(who, kind));
            if unless_raced(self.collection::<Group>().commit(&commit).await)?.is_some() {
                return Ok(());
            }
        }
    }
}
