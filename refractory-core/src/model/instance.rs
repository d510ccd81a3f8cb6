//! One instance: the desired state, the journal, the last fault.
use super::{
    Attempt, Claim, DesiredState, Fault, Grants, GrantsChange, Held, Hold, InstanceSpec, Journal,
    Named, Power, Preemption, Record, ReleaseChoice, Seen, SetupAccess, Slug, Step,
    SuspectedFailure, Teardown, Urgency, WorldSummary,
};
use crate::ports::Endpoint;
use crate::{InstanceId, LaunchId, OperationId, ReleaseId, SecretName, Timestamp, UserId};

/// What is asked for when an instance is created.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewInstance {
    /// The label in its public name.
    pub slug: Slug,
    /// What it should be like.
    pub spec: InstanceSpec,
    /// Whose it is; the asking person's where `None`.
    pub owner: Option<UserId>,
    /// Who has which right on it, where that is not as [`Grants::default`] has it.
    pub grants: GrantsChange,
}

impl NewInstance {
    /// An instance reachable under `slug`, with everything else left to defaults.
    pub fn named(slug: Slug) -> Self {
        Self { slug, spec: InstanceSpec::default(), owner: None, grants: GrantsChange::default() }
    }

    /// The same with this spec.
    #[must_use]
    pub fn with_spec(mut self, spec: InstanceSpec) -> Self {
        self.spec = spec;
        self
    }

    /// The same with these grants.
    #[must_use]
    pub fn granting(mut self, grants: GrantsChange) -> Self {
        self.grants = grants;
        self
    }

    /// The same owned by `owner`.
    #[must_use]
    pub fn owned_by(mut self, owner: UserId) -> Self {
        self.owner = Some(owner);
        self
    }
}

/// One instance. Three things are stored - desired state, journal, fault - and none of them is a status;
/// the rest are names, counters, and notes that processes leave for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Instance {
    /// Its name for ever.
    pub id: InstanceId,
    /// The label in its public name; may change.
    pub slug: Slug,
    /// Whose it is; nobody's in particular where `None`.
    pub owner: Option<UserId>,
    /// Whom rights on it are granted to.
    #[cfg_attr(feature = "serde", serde(default))]
    pub grants: Grants,
    /// When it was created.
    pub created: Timestamp,
    /// What people want.
    #[cfg_attr(feature = "serde", serde(rename = "wish"))]
    pub desired: DesiredState,
    /// Counts changes of the desired state.
    pub generation: u64,
    /// Counts launches.
    pub epoch: u32,
    /// The archive the present launch runs, pinned when it was intended.
    pub release: Option<ReleaseId>,
    /// What was done.
    pub journal: Journal,
    /// The last failure.
    pub fault: Option<Fault>,
    /// When a call was last made that was never answered: it may yet have its effect.
    #[cfg_attr(feature = "serde", serde(default))]
    pub unanswered: Option<Timestamp>,
    /// The step in hand on the way down.
    #[cfg_attr(feature = "serde", serde(default, rename = "undoing"))]
    pub teardown: Option<Teardown>,
    /// When an operator said that the machine of the present launch is lost for good.
    #[cfg_attr(feature = "serde", serde(default))]
    pub written_off: Option<Timestamp>,
    /// One odd reading, waiting for a second.
    #[cfg_attr(feature = "serde", serde(rename = "doubt"))]
    pub suspected_failure: Option<SuspectedFailure>,
    /// When it died unasked, latest last; bounded.
    pub losses: Vec<Timestamp>,
    /// What the game last said.
    pub seen: Option<Seen>,
    /// Asked to make room for somebody else.
    #[cfg_attr(feature = "serde", serde(rename = "yielding"))]
    pub preemption: Option<Preemption>,
    /// When a new key for its uploads was asked for. Only earlier versions note it here: now it is an operation.
    #[cfg_attr(feature = "serde", serde(default))]
    pub rekey: Option<Timestamp>,
    /// The name in the vault of the administrator's password, where it is that of a former instance of this name.
    #[cfg_attr(feature = "serde", serde(default))]
    pub admin_key: Option<SecretName>,
    /// The operation that keeps it down.
    #[cfg_attr(feature = "serde", serde(default))]
    pub hold: Option<Hold>,
    /// Who was let into Foundry's setup.
    #[cfg_attr(feature = "serde", serde(default))]
    pub setup: SetupAccess,
    /// The worlds it is known to have; what was made since it was last asked is missing.
    #[cfg_attr(feature = "serde", serde(default))]
    pub worlds: Vec<WorldSummary>,
    /// Which worker has it in hand.
    pub claim: Option<Claim>,
    /// Since when the start in hand is under way; waiting for a license is not counted.
    pub started: Option<Timestamp>,
    /// How long the last start took, in milliseconds.
    pub last_start: Option<u64>,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Instance {
    /// A fresh instance that nobody has switched on.
    pub fn new(id: InstanceId, new: NewInstance, now: Timestamp) -> Self {
        Self {
            id,
            slug: new.slug,
            owner: new.owner,
            grants: Grants::default(),
            created: now,
            desired: DesiredState {
                power: Power::Off,
                urgency: Urgency::Gentle,
                spec: new.spec,
                replaced_launch: None,
            },
            generation: 1,
            epoch: 0,
            release: None,
            journal: Journal::default(),
            fault: None,
            unanswered: None,
            teardown: None,
            written_off: None,
            suspected_failure: None,
            losses: Vec::new(),
            seen: None,
            preemption: None,
            rekey: None,
            admin_key: None,
            hold: None,
            setup: SetupAccess::default(),
            worlds: Vec::new(),
            claim: None,
            started: None,
            last_start: None,
            revision: 0,
        }
    }

    /// Whether it is starting and waits for a license.
    pub fn waits_for_license(&self) -> bool {
        self.effective_power() == Power::On && self.phase() == super::Phase::Starting(Step::License)
    }

    /// The present launch.
    pub fn launch_id(&self) -> LaunchId {
        LaunchId { instance: self.id.clone(), attempt: self.epoch }
    }

    /// Its id and its title.
    pub fn named(&self) -> Named<InstanceId> {
        Named::new(self.id.clone(), self.title())
    }

    /// The same for those who wait for what it has: its title only where every user sees it.
    pub(crate) fn named_for_others(&self) -> Named<InstanceId> {
        if self.grants.is_seen_by_every_user() {
            return self.named();
        }
        Named::new(self.id.clone(), "another table")
    }

    /// What people call it.
    pub fn title(&self) -> &str {
        if self.desired.spec.title.is_empty() {
            self.slug.as_str()
        } else {
            &self.desired.spec.title
        }
    }

    /// Records a new desired state. The same one asked for again counts as new when something is wrong,
    /// or else a Start button would do nothing after a failure. `Gone` is final. Answers whether anything changed.
    pub fn want(&mut self, power: Power, urgency: Urgency, now: Timestamp) -> bool {
        if self.desired.power == Power::Gone && power != Power::Gone {
            return false;
        }
        let awaited = power == Power::On && self.is_awaited(now);
        let same = self.desired.power == power && self.desired.urgency == urgency;
        if same && self.fault.is_none() && self.preemption.is_none() {
            return awaited;
        }
        self.desired.power = power;
        self.desired.urgency = urgency;
        self.generation += 1;
        self.preemption = None;
        self.setup.revoke();
        self.losses.clear();
        self.started = (power == Power::On).then_some(now);
        true
    }

    /// Asks for the present launch to be replaced.
    pub(crate) fn replace_launch(&mut self, now: Timestamp) {
        self.desired.urgency = Urgency::Gentle;
        self.desired.replaced_launch = Some(self.epoch);
        self.generation += 1;
        (self.preemption, self.seen) = (None, None);
        self.setup.revoke();
        self.losses.clear();
        self.started = Some(now);
    }

    /// Whether something that goes with every stop has begun to go: nothing above it is good until it is made anew.
    pub(crate) fn is_half_gone(&self) -> bool {
        self.teardown.as_ref().is_some_and(|teardown| {
            !teardown.step.outlives_off() && self.journal.get(teardown.step).is_some()
        })
    }

    /// Whether the present launch is there and is to be replaced.
    pub(crate) fn is_replacing_launch(&self) -> bool {
        self.desired.replaced_launch == Some(self.epoch)
            && self.journal.get(Step::Runtime).is_some()
    }

    /// Notes the archive of the launch in hand. A table that was made before there was one stays on it from now on: only
    /// somebody who names another release moves it.
    pub(crate) fn pin(&mut self, release: Option<ReleaseId>) {
        if let Some(id) = &release {
            self.desired.spec.release = ReleaseChoice::Exact(id.clone());
        }
        self.release = release;
    }

    /// Whoever asks for an empty table again is on the way there; whether that is news.
    fn is_awaited(&mut self, now: Timestamp) -> bool {
        match &mut self.seen {
            // Whatever the clock says: a date that is later than now is of a clock that was set back.
            Some(seen) if seen.players == 0 && seen.at != now => {
                seen.at = now;
                true
            }
            Some(_) | None => false,
        }
    }

    /// Whether people want it on, whatever came of that.
    pub fn is_desired_on(&self) -> bool {
        self.desired.power == Power::On
    }

    /// Whether it is to be on or gone, or anything is there that being off does not keep.
    pub fn is_active(&self) -> bool {
        self.desired.power != Power::Off
            || self.journal.iter().any(|(step, _)| !step.outlives_off())
    }

    /// Whether nothing of it runs, or may: its data can be copied and replaced.
    pub fn is_at_rest(&self) -> bool {
        self.journal.iter().all(|(step, _)| *step < Step::Runtime)
    }

    /// Ends the hold of `operation`; whether there was one. What should be on starts `now`.
    pub(crate) fn release(&mut self, operation: &OperationId, now: Timestamp) -> bool {
        let held = self.hold.as_ref().is_some_and(|hold| hold.operation == *operation);
        if held {
            self.hold = None;
            self.started = self.is_desired_on().then_some(now);
        }
        held
    }

    /// The power to act on: a start that was given up is a stop.
    pub fn effective_power(&self) -> Power {
        match self.desired.power {
            Power::On if self.given_up() => Power::Off,
            power @ (Power::On | Power::Off | Power::Gone) => power,
        }
    }

    /// Whether people want it down at once.
    pub fn is_urgent(&self) -> bool {
        self.desired.urgency == Urgency::Now && !self.is_desired_on()
    }

    /// Whether a world is being migrated in it, as far as the journal knows: that is never broken off.
    pub fn is_migrating(&self) -> bool {
        let record = self.journal.get(Step::World);
        matches!(record, Some(Record::Intended(Attempt { progress: Some(progress), .. })) if progress.uninterruptible)
    }

    /// The fault, if the present desired state has met one.
    pub fn live_fault(&self) -> Option<&Fault> {
        self.fault.as_ref().filter(|fault| fault.generation == self.generation)
    }

    /// Whether the present desired state was given up on.
    pub fn given_up(&self) -> bool {
        self.live_fault().is_some_and(|fault| fault.terminal)
    }

    /// Where the program listens, once known.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        match self.journal.held(Step::Runtime) {
            Some(Held::Runtime(endpoint)) => Some(endpoint),
            _ => None,
        }
    }
}
