//! Groups: making, renaming and deleting them, and who is in them.
use super::Refractory;
use super::list::{ListQuery, merged, page_of};
use crate::access::{Partition, Verb, check_group, check_role, check_scope, may};
use crate::error::unless_raced;
use crate::model::{
    EventKind, Grantee, Group, GroupName, Instance, Membership, Principal, Right, Scope, User,
    UserName, check_revision,
};
use crate::ports::{Commit, Index, Query, TypedPage, UniqueKey};
use crate::{Code, Error, ErrorKind, GroupId, Result, Timestamp, UserId};

/// A member of a group, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Whose account.
    pub user: UserId,
    /// What they are called.
    pub name: UserName,
    /// Whether they manage the members of the group.
    pub is_administrator: bool,
    /// Since when they are a member.
    pub since: Timestamp,
}

impl Member {
    fn of(user: User, membership: &Membership) -> Self {
        Self {
            user: user.id,
            name: user.name,
            is_administrator: membership.is_administrator,
            since: membership.added,
        }
    }
}

/// One page of the members of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MemberPage {
    /// The members, by since when they are.
    pub members: Vec<Member>,
    /// Where the next page begins; none after the last.
    pub next: Option<crate::ports::Cursor>,
}

impl Refractory {
    /// The groups that `who` manages, in order of name: all of them for administrators, else those that they administer.
    ///
    /// # Errors
    ///
    /// `Forbidden` for a token without the scope for it.
    pub async fn groups(&self, who: &Principal, query: &ListQuery) -> Result<TypedPage<Group>> {
        check_scope(who, Verb::ManageMembers.scope())?;
        if may(who, Verb::ManageGroups) {
            return self.collection().page(&query.on(Query::index(Index::GroupByName))).await;
        }
        let mut theirs = Vec::new();
        for member in who.groups.iter().filter(|member| member.is_administrator) {
            theirs.extend(self.collection::<Group>().load_readable(member.id.as_str()).await?);
        }
        Ok(page_of(theirs, |group| group.name.as_str(), query))
    }

    /// The group called `name`.
    ///
    /// # Errors
    ///
    /// `NotFound`, also for a group that `who` is no member of; `Forbidden` for members who don't administer it.
    pub async fn find_group(&self, who: &Principal, name: &str) -> Result<Group> {
        let key = UniqueKey::group(&GroupName::new(name)?);
        let group = self.collection::<Group>().find(&key).await?;
        let group = group.ok_or_else(|| no_such(name))?;
        check_group(who, &group.id).ok_or_else(|| no_such(name))??;
        Ok(group)
    }

    /// Makes a group without members.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Invalid` for a word that grants use; `Conflict` when the name is taken.
    pub async fn create_group(&self, who: &Principal, name: GroupName) -> Result<Group> {
        check_role(who, Verb::ManageGroups)?;
        check_name(&name)?;
        let group = Group::new(name, self.now());
        let entry = self.event(who, EventKind::GroupCreated { group: group.named() });
        let made = self.collection().commit(&Commit::insert(&group).event(entry)).await;
        made.map_err(|error| name_taken(error, &group.name))
    }

    /// Gives a group another name. What is granted to it stays.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Invalid` for a word that grants use; `Conflict` when the name is taken.
    pub async fn rename_group(
        &self,
        who: &Principal,
        id: &GroupId,
        name: GroupName,
    ) -> Result<Group> {
        self.rename_group_at(who, id, name, None).await
    }

    /// The same, if the group is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`rename_group`](Self::rename_group); `Outdated` when it is at another revision.
    pub async fn rename_group_at(
        &self,
        who: &Principal,
        id: &GroupId,
        name: GroupName,
        revision: Option<u64>,
    ) -> Result<Group> {
        check_role(who, Verb::ManageGroups)?;
        check_name(&name)?;
        let renamed = self.collection::<Group>().update_with_events(id.as_str(), |group| {
            check_revision(revision, group.revision)?;
            if group.name == name {
                return Ok((false, Vec::new()));
            }
            let from = std::mem::replace(&mut group.name, name.clone()).to_string();
            let kind = EventKind::GroupRenamed { group: group.named(), from };
            Ok((true, vec![self.event(who, kind)]))
        });
        renamed.await.map_err(|error| name_taken(error, &name))?.ok_or_else(|| no_such(id))
    }

    /// Deletes a group. What was granted to it opens nothing from that moment on; its memberships and grants are then removed, a
    /// page at a time. `typed` must be its name: what a person typed to confirm.
    ///
    /// Its id is never used again, so what a crash leaves of them means nothing.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Invalid` when `typed` is not the name.
    pub async fn delete_group(&self, who: &Principal, id: &GroupId, typed: &str) -> Result<()> {
        self.delete_group_at(who, id, typed, None).await
    }

    /// The same, if the group is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`delete_group`](Self::delete_group); `Outdated` when it is at another revision.
    pub async fn delete_group_at(
        &self,
        who: &Principal,
        id: &GroupId,
        typed: &str,
        revision: Option<u64>,
    ) -> Result<()> {
        check_role(who, Verb::ManageGroups)?;
        loop {
            let group = self.group_by_id(id).await?;
            check_revision(revision, group.revision)?;
            if typed.trim() != group.name.as_str() {
                return Err(Error::new(ErrorKind::Invalid, "confirming a removal")
                    .coded(Code::GROUP_NOT_CONFIRMED)
                    .about("name", &group.name));
            }
            let entry = self.event(who, EventKind::GroupDeleted { group: group.named() });
            match self.collection().commit(&Commit::delete(&group).event(entry)).await {
                Ok(_) => break,
                // A member was added or removed meanwhile.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        self.drop_members(id).await?;
        self.revoke_everywhere(&Grantee::Group(id.clone())).await
    }

    /// The members of a group, by since when they are.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Forbidden`.
    pub async fn members(
        &self,
        who: &Principal,
        id: &GroupId,
        query: &ListQuery,
    ) -> Result<MemberPage> {
        self.managed_group(who, id).await?;
        let of_group = Query::partition(Index::MembershipByGroup, id.as_str());
        let of_group = of_group.after(query.after.clone()).limit(query.limit);
        let page = self.collection::<Membership>().page(&of_group).await?;
        let mut members = Vec::new();
        for membership in page.records {
            let user = self.collection::<User>().load_readable(membership.user.as_str()).await?;
            members.extend(user.map(|user| Member::of(user, &membership)));
        }
        Ok(MemberPage { members, next: page.next })
    }

    /// The member of a group called `name`.
    ///
    /// # Errors
    ///
    /// `NotFound` (also for a user who is no member), `Forbidden`.
    pub async fn find_member(&self, who: &Principal, id: &GroupId, name: &str) -> Result<Member> {
        let group = self.managed_group(who, id).await?;
        let user = self.account_named(name).await?;
        let known = Membership::id_of(id, &user.id);
        let known = self.collection::<Membership>().load(&known).await?;
        let membership = known.ok_or_else(|| no_member(&user, &group))?;
        Ok(Member::of(user, &membership))
    }

    /// Adds the user called `name` to a group, or changes whether they administer it.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Forbidden`; `Exhausted` for a group with too many members, and a user in too many groups.
    pub async fn add_member(
        &self,
        who: &Principal,
        id: &GroupId,
        name: &str,
        is_administrator: bool,
    ) -> Result<Group> {
        loop {
            let mut group = self.managed_group(who, id).await?;
            let user = self.account_named(name).await?;
            let known = Membership::id_of(id, &user.id);
            if let Some(mut known) = self.collection::<Membership>().load(&known).await? {
                if known.is_administrator == is_administrator && known.managed_by.is_none() {
                    return Ok(group);
                }
                known.is_administrator = is_administrator;
                // It is a person's now, and stays whatever a front end does.
                known.managed_by = None;
                let (group_named, user) = (group.named(), user.named());
                let kind = EventKind::MemberChanged {
                    group: group_named,
                    user,
                    administers: is_administrator,
                };
                let entry = self.event(who, kind);
                let saved = self.collection().commit(&Commit::save(&known).event(entry)).await;
                if unless_raced(saved)?.is_some() {
                    return Ok(group);
                }
                continue;
            }
            self.check_room(&group, &user).await?;
            group.members += 1;
            let member = Membership::new(id.clone(), user.id.clone(), is_administrator, self.now());
            let (named, user) = (group.named(), user.named());
            let kind = EventKind::MemberAdded { group: named, user, administers: is_administrator };
            let entry = self.event(who, kind);
            // Together: a group that is deleted meanwhile gets no member.
            let commit = Commit::save(&group).and(Commit::insert(&member)).event(entry);
            if let Some(group) = unless_raced(self.collection::<Group>().commit(&commit).await)? {
                return Ok(group);
            }
        }
    }

    pub(super) async fn check_room(&self, group: &Group, user: &User) -> Result<()> {
        if group.members >= Group::MOST_MEMBERS {
            return Err(full(Code::GROUP_FULL, &group.name).about("most", group.members));
        }
        let theirs = self.memberships_of(&user.id).await?;
        let mut left = theirs.len();
        for membership in theirs {
            // What a deleted group left does not count.
            match self.collection::<Group>().load(membership.group.as_str()).await {
                Ok(None) => left -= usize::from(self.drop_membership(&membership.id).await?),
                Ok(Some(_)) => {}
                Err(error) if error.kind() == ErrorKind::Damaged => {}
                Err(error) => return Err(error),
            }
        }
        if left >= Membership::MOST_GROUPS {
            return Err(full(Code::TOO_MANY_GROUPS, &user.name).about("most", left));
        }
        Ok(())
    }

    /// Removes the user called `name` from a group. Members may remove themselves.
    ///
    /// # Errors
    ///
    /// `NotFound` (also for a user who is no member), `Forbidden`.
    pub async fn remove_member(&self, who: &Principal, id: &GroupId, name: &str) -> Result<()> {
        let group = self.group_by_id(id).await?;
        let leaves =
            who.is_member_of(id) && UserName::new(name).is_ok_and(|name| who.name == name.as_str());
        if leaves {
            check_scope(who, Scope::Manage)?;
        } else {
            check_group(who, id).ok_or_else(|| no_such(id))??;
        }
        let user = self.account_named(name).await?;
        if !self.drop_membership(&Membership::id_of(id, &user.id)).await? {
            return Err(no_member(&user, &group));
        }
        self.close_setups_of(&user.id).await?;
        let kind = EventKind::MemberRemoved { group: group.named(), user: user.named() };
        self.deployment.record(self.event(who, kind)).await;
        Ok(())
    }

    /// The instances on which a group has a right that `who` sees, with the highest right.
    ///
    /// # Errors
    ///
    /// `NotFound`, `Forbidden`.
    pub async fn group_instances(
        &self,
        who: &Principal,
        id: &GroupId,
        query: &ListQuery,
    ) -> Result<TypedPage<Instance>> {
        self.managed_group(who, id).await?;
        let name = Grantee::Group(id.clone()).partition();
        let parts = [Index::InstanceByViewer, Index::InstanceByGrantee];
        let parts = parts.map(|index| Partition { index, name: name.clone() });
        merged(self.deployment.ports.store.as_ref(), who, parts.into(), query).await
    }

    pub(super) async fn group_by_id(&self, id: &GroupId) -> Result<Group> {
        self.collection::<Group>().load(id.as_str()).await?.ok_or_else(|| no_such(id))
    }

    async fn managed_group(&self, who: &Principal, id: &GroupId) -> Result<Group> {
        let group = self.group_by_id(id).await?;
        check_group(who, id).ok_or_else(|| no_such(id))??;
        Ok(group)
    }

    /// Removes a membership, and counts it off its group. Returns whether there was one.
    pub(super) async fn drop_membership(&self, id: &str) -> Result<bool> {
        self.drop_membership_if(id, |_| true).await
    }

    /// The same, if it is one that `is_meant` means.
    pub(super) async fn drop_membership_if(
        &self,
        id: &str,
        is_meant: impl Fn(&Membership) -> bool + Send,
    ) -> Result<bool> {
        loop {
            let known = self.collection::<Membership>().load(id).await?;
            let Some(membership) = known.filter(&is_meant) else {
                return Ok(false);
            };
            let mut commit = Commit::delete(&membership);
            let group = self.collection::<Group>().load_readable(membership.group.as_str()).await?;
            if let Some(mut group) = group {
                group.members = group.members.saturating_sub(1);
                commit = commit.and(Commit::save(&group));
            }
            let dropped = self.collection::<Membership>().commit(&commit).await;
            if unless_raced(dropped)?.is_some() {
                return Ok(true);
            }
        }
    }

    /// Removes the memberships of a group that is gone.
    async fn drop_members(&self, id: &GroupId) -> Result<()> {
        let theirs = Query::partition(Index::MembershipByGroup, id.as_str());
        let mut pages = self.collection::<Membership>().pages(theirs);
        while let Some(page) = pages.next().await? {
            for membership in page.records {
                self.drop_membership(&membership.id).await?;
            }
        }
        Ok(())
    }

    /// The memberships of a user, as many as one has.
    pub(super) async fn memberships_of(&self, user: &UserId) -> Result<Vec<Membership>> {
        let theirs = Query::partition(Index::MembershipByUser, user.as_str());
        self.collection().first(theirs, Membership::MOST_GROUPS).await
    }

    /// Removes the memberships of a user who is gone.
    pub(super) async fn leave_groups(&self, user: &UserId) -> Result<()> {
        for membership in self.memberships_of(user).await? {
            self.drop_membership(&membership.id).await?;
        }
        Ok(())
    }

    /// Takes every right on every instance from a group or user that is gone, and voids what was entered by it.
    pub(super) async fn revoke_everywhere(&self, grantee: &Grantee) -> Result<()> {
        let instances = self.collection::<Instance>();
        for index in [Index::InstanceByViewer, Index::InstanceByGrantee] {
            let mut pages = instances.pages(Query::partition(index, &grantee.partition()));
            while let Some(page) = pages.next().await? {
                for instance in page.records {
                    let revoke = |row: &mut Instance| {
                        let had = row.grants.revoke(grantee);
                        if had {
                            row.setup.revoke();
                        }
                        Ok(had)
                    };
                    instances.update(instance.id.as_str(), revoke).await?;
                }
            }
        }
        self.deployment.nudge();
        Ok(())
    }
}

/// The highest right that a group has on `instance` by grants to it.
pub fn right_of_group(instance: &Instance, group: &GroupId) -> Option<Right> {
    let grantee = Grantee::Group(group.clone());
    Right::ALL.into_iter().rev().find(|right| instance.grants.of(*right).contains(&grantee))
}

fn full(code: Code, name: impl std::fmt::Display) -> Error {
    let error = Error::new(ErrorKind::Exhausted, "adding a member").permanent();
    error.coded(code).about("name", name)
}

fn no_member(user: &User, group: &Group) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a member")
        .coded(Code::NOT_A_MEMBER)
        .about("name", &user.name)
        .about("group", &group.name)
}

/// Refuses a name that would read as if a right were granted to everyone, or to no one.
fn check_name(name: &GroupName) -> Result<()> {
    if ["no-one", "signed-in", "anyone"].contains(&name.as_str()) {
        let error =
            Error::new(ErrorKind::Invalid, "naming a group").coded(Code::GROUP_NAME_RESERVED);
        return Err(error.about("name", name));
    }
    Ok(())
}

fn name_taken(error: Error, name: &GroupName) -> Error {
    error
        .if_taken("naming a group", |taken| taken.coded(Code::GROUP_NAME_TAKEN).about("name", name))
}

pub(super) fn no_such(name: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a group").coded(Code::NO_GROUP).about("name", name)
}
