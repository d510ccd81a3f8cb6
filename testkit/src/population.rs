//! A deployment of a given size, as the records in its store.
use std::collections::BTreeSet;

use refractory_core::model::{
    Actor, Event, EventKind, Grantee, Grants, Group, GroupName, Identity, Instance, Membership,
    NewInstance, PasswordHash, Role, Slug, User, UserName,
};
use refractory_core::ports::{Aggregate, MAX_WRITES, Record, Store, Write};
use refractory_core::{GroupId, InstanceId, Result, Timestamp, UserId};

/// How many groups each user is in.
const GROUPS_OF_A_USER: usize = 10;
/// How many groups see tables that not every user sees.
const GROUPS_WITH_TABLES: usize = 8;

/// How much there is in a deployment. Everything is off; half of the events are about one instance.
#[derive(Debug, Clone)]
pub struct Population {
    /// Instances: `table-00000` and so on. Each second one is seen by every user, the others by a group.
    pub instances: usize,
    /// Users: `user-00000`, who is an administrator, and so on. Each has an account of Discord.
    pub users: usize,
    /// Entries of the audit log.
    pub events: usize,
    /// The password of every user.
    pub password: Option<PasswordHash>,
}

impl Population {
    /// The instance that half of the events are about.
    pub const BUSIEST: usize = 7;

    /// A deployment with `instances` instances, a quarter as many users, and ten times as many events.
    pub fn with_instances(instances: usize) -> Self {
        Self { instances, users: instances / 4, events: instances * 10, password: None }
    }

    /// What the user `number` is called.
    pub fn user_name(number: usize) -> String {
        format!("user-{number:05}")
    }

    /// What the instance `number` is called.
    pub fn instance_name(number: usize) -> String {
        format!("table-{number:05}")
    }

    /// The id of the instance `number`.
    ///
    /// # Errors
    ///
    /// `Invalid`, where `number` has too many digits.
    pub fn instance_id(number: usize) -> Result<InstanceId> {
        Ok(InstanceId::new(&format!("i{number:05}"))?)
    }

    /// The account of Discord that the user `number` is linked to.
    ///
    /// # Errors
    ///
    /// `Invalid`, where `number` has too many digits.
    pub fn discord(number: usize) -> Result<Identity> {
        Identity::discord(&format!("8{number:016}"))
    }

    /// Writes all of it into `store`, which is empty.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn fill(&self, store: &dyn Store) -> Result<()> {
        let (users, groups) = (self.users()?, self.groups()?);
        let instances = self.instances(&users, &groups)?;
        insert(store, Self::memberships(&users, &groups)).await?;
        insert(store, self.events(&users, &instances)).await?;
        insert(store, instances.into_iter().map(Aggregate::into_record)).await?;
        insert(store, groups.into_iter().map(Aggregate::into_record)).await?;
        insert(store, users.into_iter().map(Aggregate::into_record)).await
    }

    fn users(&self) -> Result<Vec<User>> {
        let user = |number: usize| {
            let role = if number == 0 { Role::Admin } else { Role::GameMaster };
            let name = UserName::new(&Self::user_name(number))?;
            let mut user = User::new(name, role, self.password.clone(), at(number));
            user.id = UserId::new(&format!("u{number:05}"))?;
            user.linked = BTreeSet::from([Self::discord(number)?]);
            Ok(user)
        };
        (0..self.users).map(user).collect()
    }

    fn groups(&self) -> Result<Vec<Group>> {
        let group = |number: usize| {
            let name = GroupName::new(&format!("group-{number:04}"))?;
            let mut group = Group::new(name, at(number));
            group.id = GroupId::new(&format!("g{number:04}"))?;
            Ok(group)
        };
        (0..(self.users / 2).max(GROUPS_OF_A_USER)).map(group).collect()
    }

    fn memberships(users: &[User], groups: &[Group]) -> impl Iterator<Item = Record> {
        let of = |(number, user): (usize, &User)| {
            let theirs = (0..GROUPS_OF_A_USER).map(|nth| &groups[(number + nth) % groups.len()]);
            let member = |group: &Group| {
                Membership::new(group.id.clone(), user.id.clone(), false, at(number)).into_record()
            };
            theirs.map(member).collect::<Vec<_>>()
        };
        users.iter().enumerate().flat_map(of)
    }

    fn instances(&self, users: &[User], groups: &[Group]) -> Result<Vec<Instance>> {
        let instance = |number: usize| {
            let slug = Slug::new(&Self::instance_name(number))?;
            let owner = users[number % users.len()].id.clone();
            let new = NewInstance::named(slug).owned_by(owner);
            let mut instance = Instance::new(Self::instance_id(number)?, new, at(number));
            if number % 2 == 1 {
                let group = groups[number % GROUPS_WITH_TABLES].id.clone();
                let view = BTreeSet::from([Grantee::Group(group)]);
                instance.grants = Grants { view, ..Grants::none() };
            }
            Ok(instance)
        };
        (0..self.instances).map(instance).collect()
    }

    fn events(&self, users: &[User], instances: &[Instance]) -> impl Iterator<Item = Record> {
        let event = |number: usize| {
            let user = &users[number % users.len()];
            let of = if number.is_multiple_of(2) { Self::BUSIEST } else { number };
            let event = Event::by_system(at(number), EventKind::StartRequested);
            let mut event = event.about(&instances[of % instances.len()]);
            event.actor = Actor { user: Some(user.id.clone()), name: user.name.to_string() };
            event.into_record()
        };
        (0..self.events).map(event)
    }
}

/// The moment at which the record `number` of its kind was made.
fn at(number: usize) -> Timestamp {
    Timestamp(1_700_000_000_000 + number as u64)
}

async fn insert(store: &dyn Store, records: impl Iterator<Item = Record>) -> Result<()> {
    let mut writes = records.map(Write::Insert).peekable();
    while writes.peek().is_some() {
        let some: Vec<_> = writes.by_ref().take(MAX_WRITES).collect();
        store.commit(&some).await?;
    }
    Ok(())
}
