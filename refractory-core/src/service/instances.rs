//! Instances: what people want of them.
use std::sync::Arc;
use std::time::Duration;

use super::grants::{in_words, loses_a_game_master};
use super::owners::OwnerNames;
use super::{Builder, Deployment};
use crate::access::{Verb, check, check_role, check_view, no_such_instance as no_such};
use crate::model::{
    Change, Edit, Event, EventKind, Hostname, Instance, InstanceSpec, License, LicenseChoice,
    Named, NewInstance, Phase, Power, Principal, Release, ReleaseChoice, Slug, SlugError, Step,
    Urgency, check_revision, differences,
};
use crate::ports::{Collection, InstanceRuntime, IntoPort, UniqueKey};
use crate::reconcile::choose_release;
use crate::{Code, Error, ErrorKind, InstanceId, LicenseId, Remedy, Result, Timestamp, UserId};

/// A cheap handle on a deployment. Every front end holds one; none holds a port.
///
/// It changes desired states and reads records. A [`Worker`](crate::Worker), in this process or another, does the rest.
#[derive(Debug, Clone)]
pub struct Refractory {
    pub(crate) deployment: Arc<Deployment>,
}

/// What is asked of an instance.
#[derive(Debug, Clone, Copy)]
struct DesiredChange {
    power: Power,
    urgency: Urgency,
    /// The right that it takes.
    verb: Verb,
    /// The revision that it is for; any where `None`.
    revision: Option<u64>,
}

impl DesiredChange {
    fn new(power: Power, urgency: Urgency, verb: Verb) -> Self {
        Self { power, urgency, verb, revision: None }
    }
}

impl Refractory {
    /// Starts from a runtime, as a value or in an [`Arc`]; everything else has a default.
    pub fn builder(runtime: impl IntoPort<dyn InstanceRuntime>) -> Builder {
        Builder::new(runtime.into_port())
    }

    pub(super) fn new(deployment: Arc<Deployment>) -> Self {
        Self { deployment }
    }

    /// A worker as a fresh process would make it.
    #[must_use]
    pub fn worker(&self) -> crate::Worker {
        crate::Worker::new(Arc::clone(&self.deployment))
    }

    /// Brings everything written down to where it stays, and gives the store's connections back. For a process that ends:
    /// what is asked for later may be `Unavailable`.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn close(&self) -> Result<()> {
        self.deployment.ports.store.close().await
    }

    /// The time as the deployment has it.
    pub fn now(&self) -> Timestamp {
        self.deployment.clock.now()
    }

    /// How the deployment is reached.
    pub fn addressing(&self) -> &super::Addressing {
        &self.deployment.addressing
    }

    /// How patient its workers are.
    pub fn worker_options(&self) -> &crate::WorkerOptions {
        &self.deployment.options
    }

    /// The public name of an instance.
    pub fn hostname(&self, instance: &Instance) -> Hostname {
        Hostname::under(&instance.slug, &self.deployment.addressing.domain)
    }

    /// Where players find an instance.
    pub fn public_url(&self, instance: &Instance) -> String {
        let at = &self.deployment.addressing;
        if at.by_path {
            format!("{}/{}/", at.portal_url(), instance.slug)
        } else {
            format!("{}/", at.url_of(self.hostname(instance).as_str()))
        }
    }

    pub(crate) fn collection<T: crate::ports::Aggregate>(&self) -> Collection<'_, T> {
        Collection::of(self.deployment.ports.store.as_ref())
    }

    /// Adds an instance, switched off. The release is pinned here: nothing moves a table to a newer one by itself.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Conflict` when the name is taken; `NotFound` when the release or the license is not there.
    pub async fn create(&self, who: &Principal, new: NewInstance) -> Result<Instance> {
        let owner = new.owner.clone().or_else(|| who.user.clone());
        check_role(who, Verb::CreateInstance)?;
        if new.owner.is_some() && new.owner != who.user {
            check_role(who, Verb::ManagePeople)?;
        }
        self.check_name(&new.slug)?;
        let mut new = NewInstance { owner, ..new };
        self.check_spec(&mut new.spec).await?;
        let (slug, grants) = (new.slug.clone(), self.resolve(&new.grants).await?);
        let mut instance = Instance::new(InstanceId::fresh(), new, self.now());
        grants.apply(&mut instance.grants)?;
        let event = self.event(who, EventKind::InstanceCreated).about(&instance);
        let made = self.insert_with_retained_key(instance, &event).await;
        let made = made.map_err(|error| name_taken(error, &slug))?;
        self.deployment.nudge();
        Ok(made)
    }

    /// Refuses a name that the portal needs.
    fn check_name(&self, slug: &Slug) -> Result<()> {
        if self.deployment.addressing.reserved.contains(slug.as_str()) {
            return Err(SlugError::Reserved(slug.to_string()).into());
        }
        Ok(())
    }

    async fn check_spec(&self, spec: &mut InstanceSpec) -> Result<()> {
        *spec = std::mem::take(spec).checked()?;
        if let ReleaseChoice::Exact(id) = &spec.release {
            // One that cannot be read says so, and is not taken for removed.
            self.collection::<Release>().load(id.as_str()).await?;
        }
        if let Some(release) =
            choose_release(&spec.release, self.collection::<Release>().list().await?)?
        {
            spec.release = ReleaseChoice::Exact(release.id);
        }
        if let LicenseChoice::Only(id) = &spec.license {
            self.check_license(id).await?;
        }
        Ok(())
    }

    async fn check_license(&self, id: &LicenseId) -> Result<()> {
        if self.collection::<License>().load(id.as_str()).await?.is_none() {
            return Err(Error::new(ErrorKind::NotFound, "choosing a license")
                .coded(Code::NO_LICENSE)
                .helped_by(Remedy::ListLicenses));
        }
        Ok(())
    }

    /// The instance called `id`.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn get(&self, who: &Principal, id: &InstanceId) -> Result<Instance> {
        let found =
            self.collection::<Instance>().load(id.as_str()).await?.ok_or_else(|| no_such(id))?;
        check_view(who, &found, id)?;
        Ok(found)
    }

    /// The instance a person means by its name or its id.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn find(&self, who: &Principal, name: &str) -> Result<Instance> {
        let found = match self.collection::<Instance>().find(&UniqueKey::slug(name)).await? {
            Some(found) => Some(found),
            None => self.find_as_typed(name).await?,
        };
        let found = found.ok_or_else(|| no_such(name))?;
        check_view(who, &found, name)?;
        Ok(found)
    }

    /// By its id, or by its name with the capitals and marks that a person may give it.
    async fn find_as_typed(&self, name: &str) -> Result<Option<Instance>> {
        if let Some(found) = self.collection::<Instance>().load(name).await? {
            return Ok(Some(found));
        }
        match Slug::from_name(name) {
            Ok(slug) if slug.as_str() != name => {
                self.collection::<Instance>().find(&UniqueKey::slug(slug.as_str())).await
            }
            _ => Ok(None),
        }
    }

    /// Asks for an instance to be on. The same one asked for again counts as new when something is wrong.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when it is being deleted. What keeps it from starting shows in its fault.
    pub async fn start(&self, who: &Principal, id: &InstanceId) -> Result<Instance> {
        let asked = DesiredChange::new(Power::On, Urgency::Gentle, Verb::StartInstance);
        self.want(who, id, asked).await
    }

    /// Asks for an instance to be off.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when it is being deleted.
    pub async fn stop(
        &self,
        who: &Principal,
        id: &InstanceId,
        urgency: Urgency,
    ) -> Result<Instance> {
        self.want(who, id, DesiredChange::new(Power::Off, urgency, Verb::StopInstance)).await
    }

    /// Asks for a running instance to close its world, to stop, and to start again. It keeps its license meanwhile.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when it is not on.
    pub async fn restart(&self, who: &Principal, id: &InstanceId) -> Result<Instance> {
        let now = self.now();
        let event = |row: &Instance| self.event(who, EventKind::RestartRequested).about(row);
        let restarted = self.collection::<Instance>().update_with_events(id.as_str(), |row| {
            check(who, Verb::StartInstance, row, id)?;
            check(who, Verb::StopInstance, row, id)?;
            if row.is_replacing_launch() && row.desired.power == Power::On {
                return Ok((false, vec![event(row)]));
            }
            if !matches!(row.phase(), Phase::On(_)) {
                return Err(Error::new(ErrorKind::Conflict, "restarting a table")
                    .permanent()
                    .coded(Code::NOT_ON));
            }
            row.replace_launch(now);
            Ok((true, vec![event(row)]))
        });
        let restarted = restarted.await?.ok_or_else(|| no_such(id))?;
        self.deployment.nudge();
        Ok(restarted)
    }

    /// Asks for an instance to be gone, with all of its data. `typed` must be its name: what a person typed to confirm.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Invalid` when `typed` is not the name.
    pub async fn delete(&self, who: &Principal, id: &InstanceId, typed: &str) -> Result<Instance> {
        self.delete_at(who, id, typed, None).await
    }

    /// The same, if the instance is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete); `Outdated` when it is at another revision.
    pub async fn delete_at(
        &self,
        who: &Principal,
        id: &InstanceId,
        typed: &str,
        revision: Option<u64>,
    ) -> Result<Instance> {
        let instance = self.get(who, id).await?;
        check(who, Verb::DeleteInstance, &instance, id)?;
        if typed.trim() != instance.slug.as_str() {
            return Err(Error::new(ErrorKind::Invalid, "confirming a removal")
                .coded(Code::NOT_CONFIRMED)
                .about("name", &instance.slug));
        }
        let asked = DesiredChange::new(Power::Gone, instance.desired.urgency, Verb::DeleteInstance);
        self.want(who, id, DesiredChange { revision, ..asked }).await
    }

    /// Gives up the machine an instance runs on, because it is gone for good and nothing can be asked about it any more.
    ///
    /// The instance is switched off, if it is not. What runs there may still run where nobody sees it, so the
    /// runtime is asked on for [`WorkerOptions::hard_deadline`](crate::WorkerOptions::hard_deadline), and whatever it
    /// answers is believed first. Only after that is the launch taken to be gone and its license returned.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` when nothing of it runs.
    pub async fn assume_lost(&self, who: &Principal, id: &InstanceId) -> Result<Instance> {
        let now = self.now();
        let given_up = self.collection::<Instance>().update_with_events(id.as_str(), |row| {
            check(who, Verb::AssumeLost, row, id)?;
            if row.journal.get(Step::Runtime).is_none() {
                return Err(Error::new(ErrorKind::Conflict, "giving a machine up")
                    .permanent()
                    .coded(Code::NOTHING_RUNS));
            }
            if row.is_desired_on() {
                row.want(Power::Off, Urgency::Now, now);
            }
            let fresh = row.written_off.is_none();
            row.written_off.get_or_insert(now);
            Ok((fresh, vec![self.event(who, EventKind::MachineDeclaredLost).about(row)]))
        });
        let given_up = given_up.await?.ok_or_else(|| no_such(id))?;
        self.deployment.nudge();
        Ok(given_up)
    }

    async fn want(
        &self,
        who: &Principal,
        id: &InstanceId,
        asked: DesiredChange,
    ) -> Result<Instance> {
        let DesiredChange { power, urgency, verb, revision } = asked;
        let now = self.now();
        let kind = match power {
            Power::On => EventKind::StartRequested,
            Power::Off => EventKind::StopRequested,
            Power::Gone => EventKind::DeletionRequested,
        };
        let changed = self.collection::<Instance>().update_with_events(id.as_str(), |row| {
            check(who, verb, row, id)?;
            check_revision(revision, row.revision)?;
            if row.desired.power == Power::Gone && power != Power::Gone {
                return Err(Error::new(ErrorKind::Conflict, "changing the desired state")
                    .permanent()
                    .coded(Code::BEING_DELETED));
            }
            let event = self.event(who, kind.clone()).about(row);
            Ok((row.want(power, urgency, now), vec![event]))
        });
        let changed = changed.await?.ok_or_else(|| no_such(id))?;
        self.deployment.nudge();
        Ok(changed)
    }

    /// Changes what `change` names of an instance, and nothing else.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Outdated` when it is at another revision than the change is for; `Conflict` when the name is
    /// taken; `Invalid` for a change that clears what cannot be empty.
    pub async fn change(
        &self,
        who: &Principal,
        id: &InstanceId,
        mut change: Change,
    ) -> Result<Instance> {
        // Names of groups, users, licenses and releases are looked up for those only who may change it.
        let owner = {
            let row = self.get(who, id).await?;
            check(who, Verb::ChangeInstance, &row, id)?;
            row.owner
        };
        self.settle_choices(&mut change).await?;
        let grants = self.resolve(&change.grants).await?;
        let owners = self.owner_names(owner.as_ref(), &change).await?;
        let changed = self.collection::<Instance>().update_with_events(id.as_str(), |row| {
            check(who, Verb::ChangeInstance, row, id)?;
            if !change.owner.keeps() {
                check(who, Verb::TransferInstance, row, id)?;
            }
            if !change.grants.is_empty() {
                check(who, Verb::GrantRights, row, id)?;
            }
            check_revision(change.if_revision, row.revision)?;
            if let Some(slug) = change.slug.as_ref().filter(|slug| **slug != row.slug) {
                self.check_name(slug)?;
            }
            let was = row.clone();
            apply(&change, row)?;
            let differs = (&row.slug, &row.desired.spec) != (&was.slug, &was.desired.spec);
            row.generation += u64::from(differs);
            let moved = row.owner != was.owner;
            grants.apply(&mut row.grants)?;
            if moved || loses_a_game_master(&was.grants, &row.grants) {
                row.setup.revoke();
            }
            let mut events = self.change_events(who, &was, row, owners.clone());
            let is_granted = row.grants != was.grants;
            if is_granted {
                let kind = EventKind::AccessChanged { rights: in_words(&change.grants) };
                events.push(self.event(who, kind).about(row));
            }
            Ok((differs || moved || is_granted, events))
        });
        let taken =
            |error| if let Some(slug) = &change.slug { name_taken(error, slug) } else { error };
        let changed = changed.await.map_err(taken)?.ok_or_else(|| no_such(id))?;
        self.deployment.nudge();
        Ok(changed)
    }

    /// Checks that a release, a license and an owner that are named exist.
    async fn settle_choices(&self, change: &mut Change) -> Result<()> {
        change.spec = std::mem::take(&mut change.spec).checked()?;
        if let Edit::Set(choice) = &change.spec.release
            && let Some(release) =
                choose_release(choice, self.collection::<Release>().list().await?)?
        {
            change.spec.release = Edit::Set(ReleaseChoice::Exact(release.id));
        }
        if let Edit::Set(LicenseChoice::Only(id)) = &change.spec.license {
            self.check_license(id).await?;
        }
        #[cfg(feature = "accounts")]
        if let Edit::Set(owner) = &change.owner
            && self.collection::<crate::model::User>().load(owner.as_str()).await?.is_none()
        {
            return Err(super::people::no_such(owner));
        }
        Ok(())
    }

    /// The events of a change, by the names that the owners have.
    fn change_events(
        &self,
        who: &Principal,
        before: &Instance,
        after: &Instance,
        owners: OwnerNames,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        let mut fields = differences(&before.desired.spec, &after.desired.spec);
        if before.slug != after.slug {
            fields.insert(0, "name");
        }
        if !fields.is_empty() {
            let fields = fields.into_iter().map(ToOwned::to_owned).collect();
            let kind = EventKind::InstanceChanged { fields };
            events.push(self.event(who, kind).about(after));
        }
        if before.owner != after.owner {
            let named = |id: &Option<UserId>, name: Option<String>| {
                id.clone().map(|id| Named::new(id, name.unwrap_or_default()))
            };
            let from = named(&before.owner, owners.from);
            let to = named(&after.owner, owners.to);
            events.push(self.event(who, EventKind::OwnerChanged { from, to }).about(after));
        }
        events
    }

    /// Waits until `done` holds of the instance; `None` when it is gone. It never ends where `done` never holds: after a start or a stop,
    /// use [`settled`](Self::settled), which ends when the start is given up, too, and has a deadline.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as the store has them.
    pub async fn wait(
        &self,
        who: &Principal,
        id: &InstanceId,
        done: impl Fn(&Instance) -> bool,
    ) -> Result<Option<Instance>> {
        let mut changes = self.deployment.nudge.subscribe();
        loop {
            match self.get(who, id).await {
                Ok(instance) if done(&instance) => return Ok(Some(instance)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
            // Another process may be the one that works: then nothing here tells of the change.
            let _changed_or_due =
                tokio::time::timeout(Duration::from_millis(200), changes.changed()).await;
        }
    }
}

fn apply(change: &Change, row: &mut Instance) -> Result<()> {
    if let Some(slug) = &change.slug {
        row.slug.clone_from(slug);
    }
    change.spec.apply(&mut row.desired.spec)?;
    match &change.owner {
        Edit::Keep => {}
        Edit::Clear => row.owner = None,
        Edit::Set(owner) => row.owner = Some(owner.clone()),
    }
    Ok(())
}

fn name_taken(error: Error, slug: &Slug) -> Error {
    error
        .if_taken("naming a table", |taken| taken.coded(Code::TABLE_NAME_TAKEN).about("name", slug))
}
