//! One of everything, with every field filled in, and one of everything with as little as there may be.
use std::time::Duration;

use refractory_core::model::{
    Acceptance, Actor, AdminChange, AdminGuard, Attempt, Backup, BackupCheck, BackupRef,
    Cancellation, Claim, DeploymentMark, DesiredState, DutyReport, Email, Event, EventKind, Fault,
    FrontEndRecord, Grantee, Grants, Group, GroupName, Held, Hold, HolderActivity, Hostname,
    Identity, Instance, InstanceSpec, Journal, Layout, Lease, License, LicenseChoice, LicenseUse,
    LicenseWait, Limits, Locale, Membership, Named, NewInstance, Operation, OperationEnd,
    OperationFailure, OperationFault, OperationJournal, OperationKind, OperationOutcome,
    OperationStep, Outlook, PasswordHash, Power, Preemption, Principal, Program, Purpose,
    RecordContent, Release, ReleaseChoice, Reservation, RetainedAdminKey, Role, Seen, SetupAccess,
    SetupEntry, Slug, Step, StepRecord, Subject, SuspectedFailure, Teardown, Token, Urgency, User,
    UserName, UserState, Version, Via, Waiting, WorkerMark, WorldId, WorldSummary,
};
use refractory_core::ports::{Aggregate, Endpoint, Kind, Progress, Record, Sealed};
use refractory_core::{
    BackupId, Cause, Code, DeploymentId, ErrorKind, EventId, FrontEndRecordId, GroupId, InstanceId,
    LicenseId, OperationId, ReleaseId, Remedy, SecretName, Timestamp, TokenId, UserId, WorkerId,
};

/// Text that stores have mangled before: quotes, wild cards, accents, right-to-left, emoji, control characters.
pub const ODD_TEXT: &str =
    "O'Brien \"%_\\\" – Łódź, שלום, 龍と迷宮, 🐉\u{200d}🔥, e\u{301}, \t\n\r\u{1}, $1 ?1 :x {} --;";

/// A row of `kind` with every field filled in.
pub fn full(kind: Kind) -> Record {
    match kind {
        Kind::Instance => instance("full", "full-table").into_record(),
        Kind::License => license("full", "full").into_record(),
        Kind::Release => release("full").into_record(),
        Kind::User => user("full").into_record(),
        Kind::Group => group("full").into_record(),
        Kind::Membership => membership("full").into_record(),
        Kind::Token => token("full", Purpose::Session(id("full"))).into_record(),
        Kind::Event => event("full").into_record(),
        Kind::Worker => worker("full").into_record(),
        Kind::Secret => sealed("full").into_record(),
        Kind::AdminGuard => admin_guard("full").into_record(),
        Kind::RetainedAdminKey => retained("full", Some(id("owner"))).into_record(),
        Kind::Deployment => mark("full", Timestamp(40)).into_record(),
        Kind::Operation => operation("full").into_record(),
        Kind::Backup => backup("full").into_record(),
        Kind::FrontEndRecord => front_end_record("full").into_record(),
    }
}

/// A row of `kind` with nothing that may be left out.
pub fn sparse(kind: Kind) -> Record {
    match kind {
        Kind::Instance => bare("sparse", "sparse").into_record(),
        Kind::License => License {
            eula: None,
            lease: None,
            reserved: None,
            fence: 0,
            ..license("sparse", "sparse")
        }
        .into_record(),
        Kind::Release => {
            Release { node_major: None, program: Program::Demo, size: 0, ..release("sparse") }
                .into_record()
        }
        Kind::User => {
            let (name, added) = (user_name("sparse"), Timestamp(0));
            User { id: id("sparse"), ..User::new(name, Role::Player, None, added) }.into_record()
        }
        Kind::Group => {
            let name = GroupName::new("sparse").expect("a name");
            let mut group = Group::new(name, Timestamp(0));
            group.id = id("sparse");
            group.into_record()
        }
        Kind::Membership => {
            let mut member = Membership::new(id("sparse"), id("sparse"), false, Timestamp(0));
            "sparse".clone_into(&mut member.id);
            member.into_record()
        }
        Kind::Token => token("sparse", Purpose::Setup).into_record(),
        Kind::Event => Event {
            kind: EventKind::SignedOut,
            instance: None,
            actor: Actor { user: None, name: String::new() },
            address: None,
            ..event("sparse")
        }
        .into_record(),
        Kind::Worker => WorkerMark {
            born: Timestamp(0),
            seen: Timestamp(0),
            unlisted: Vec::new(),
            duties: Vec::new(),
            ..worker("sparse")
        }
        .into_record(),
        Kind::Secret => Sealed { text: String::new(), ..sealed("sparse") }.into_record(),
        Kind::AdminGuard => AdminGuard { pending: None, ..admin_guard("sparse") }.into_record(),
        Kind::RetainedAdminKey => retained("sparse", None).into_record(),
        Kind::Deployment => mark("sparse", Timestamp(0)).into_record(),
        Kind::Operation => bare_operation("sparse").into_record(),
        Kind::Backup => bare_backup("sparse").into_record(),
        Kind::FrontEndRecord => {
            let mut record = front_end_record("sparse");
            (record.content, record.at) = (RecordContent::new(""), Timestamp(0));
            record.into_record()
        }
    }
}

/// A backup that nothing has happened to yet.
fn bare_backup(name: &str) -> Backup {
    Backup {
        requested_by: None,
        check: None,
        orphaned: None,
        deletion_failed: None,
        size: 0,
        ..backup(name)
    }
}

/// An operation that waits for a worker.
fn bare_operation(name: &str) -> Operation {
    let subject = Subject { id: id("table"), slug: "table".to_owned(), title: String::new() };
    let kind = OperationKind::RotateAssetCredentials { before: Timestamp(0) };
    Operation {
        id: id(name),
        ..Operation::new(&Principal::operator(), kind, subject, Timestamp(0))
    }
}

fn operation_failure() -> OperationFailure {
    let cause = Cause::new(Code::STALLED).about("minutes", ODD_TEXT).helped_by(Remedy::ReadLog);
    OperationFailure { kind: ErrorKind::Exhausted, cause, message: ODD_TEXT.to_owned() }
}

/// An operation in the middle of everything.
pub fn operation(name: &str) -> Operation {
    let mut journal = OperationJournal::default();
    journal.note(OperationStep::Hold, StepRecord::Done(Timestamp(50)));
    journal.note(
        OperationStep::Copy,
        StepRecord::Intended(Attempt {
            progress: Some(Progress::new(ODD_TEXT).at(9)),
            ..Attempt::begun(Timestamp(51))
        }),
    );
    journal.note(OperationStep::Verify, StepRecord::Undone(Timestamp(52)));
    Operation {
        kind: OperationKind::CreateBackup {
            backup: BackupRef { id: id("backup"), of: id("table"), at: Timestamp(53) },
            holds: true,
        },
        slug: "full-table".to_owned(),
        title: ODD_TEXT.to_owned(),
        requested_by: Some(id("somebody")),
        requester: ODD_TEXT.to_owned(),
        via: Via::Web,
        requested_at: Timestamp(54),
        journal,
        fault: Some(OperationFault {
            step: OperationStep::Copy,
            failure: operation_failure(),
            attempts: u32::MAX,
            met: Timestamp(55),
            wait: Duration::from_secs(7),
        }),
        unanswered: Some(Timestamp(56)),
        size: Some(u64::MAX),
        canceled: Some(Cancellation { by: ODD_TEXT.to_owned(), at: Timestamp(57) }),
        failed: Some(operation_failure()),
        end: Some(OperationEnd {
            at: Timestamp(58),
            outcome: OperationOutcome::Failed(operation_failure()),
        }),
        claim: Some(Claim {
            worker: id("worker"),
            until: Timestamp(59),
            lasts: Some(Duration::from_mins(1)),
        }),
        ..bare_operation(name)
    }
}

/// A backup of a deleted instance that was found to be damaged.
pub fn backup(name: &str) -> Backup {
    Backup {
        id: id(name),
        of: id(name),
        at: Timestamp(60),
        slug: "full-table".to_owned(),
        title: ODD_TEXT.to_owned(),
        requested_by: Some(id("somebody")),
        requester: ODD_TEXT.to_owned(),
        size: u64::MAX,
        check: Some(BackupCheck { at: Timestamp(61), damage: Some(ODD_TEXT.to_owned()) }),
        orphaned: Some(Timestamp(62)),
        deletion_failed: Some(Timestamp(63)),
        revision: 0,
    }
}

/// A record of a front end with a lookup key; its key is `name`.
pub fn front_end_record(name: &str) -> FrontEndRecord {
    let content = RecordContent::new(ODD_TEXT).found_by("channel-80351110224678912");
    let record = FrontEndRecord::new(("sample", "settings"), name, content, Timestamp(64));
    let mut record = record.expect("a record");
    record.id = id(name);
    record
}

fn mark(name: &str, marked: Timestamp) -> DeploymentMark {
    DeploymentMark { id: id(name), marked, revision: 0 }
}

/// The kept password of an administrator.
fn retained(name: &str, owner: Option<UserId>) -> RetainedAdminKey {
    let former = Instance { owner, ..bare(name, name) };
    RetainedAdminKey::of(&former, id(&format!("admin-key.{name}")), Timestamp(32))
}

/// An instance that no one has switched on.
pub fn bare(name: &str, slug: &str) -> Instance {
    Instance::new(id(name), NewInstance::named(slug_of(slug)), Timestamp(1_000))
}

/// An instance in the middle of everything.
pub fn instance(name: &str, slug: &str) -> Instance {
    Instance {
        id: id(name),
        slug: slug_of(slug),
        owner: Some(id("owner")),
        grants: grants(),
        created: Timestamp(1_700_000_000_001),
        desired: DesiredState {
            power: Power::On,
            urgency: Urgency::Now,
            spec: spec(),
            replaced_launch: Some(7),
        },
        generation: u64::MAX,
        epoch: u32::MAX,
        release: Some(id("release")),
        journal: journal(slug),
        fault: Some(fault()),
        unanswered: Some(Timestamp(24)),
        teardown: Some(Teardown { step: Step::World, since: Timestamp(25), failures: u32::MAX }),
        written_off: Some(Timestamp(26)),
        suspected_failure: Some(SuspectedFailure {
            since: Timestamp(3),
            reason: ODD_TEXT.to_owned(),
        }),
        losses: vec![Timestamp(4), Timestamp(5)],
        seen: Some(Seen {
            players: 7,
            version: Some(Version::new(13, 351)),
            world: Some(WorldId::new("barovia").expect("a world id")),
            at: Timestamp(6),
        }),
        preemption: Some(Preemption { to: id("other"), since: Timestamp(7) }),
        rekey: Some(Timestamp(27)),
        admin_key: Some(id("admin-key.former")),
        hold: Hold::of(&operation("full"), Timestamp(41)),
        setup: SetupAccess {
            generation: u64::MAX,
            entries: vec![SetupEntry { user: Some(id("owner")), until: Timestamp(28) }],
            sessions: vec!["0123".to_owned()],
            settings_saved: Some(Timestamp(29)),
        },
        worlds: vec![WorldSummary {
            id: WorldId::new("barovia").expect("a world id"),
            title: ODD_TEXT.to_owned(),
        }],
        claim: Some(Claim {
            worker: id("worker"),
            until: Timestamp(8),
            lasts: Some(Duration::from_millis(1_500)),
        }),
        started: Some(Timestamp(9)),
        last_start: Some(10_000),
        revision: 0,
    }
}

/// A license that is held, reserved and accepted; its name and its key are `name`'s own.
pub fn license(name: &str, holder: &str) -> License {
    License {
        id: id(name),
        name: format!("{name} {ODD_TEXT}"),
        masked: "ABCD-••••-••••-••••-••••-1239".to_owned(),
        fingerprint: format!("{name}-0123456789abcdef"),
        eula: Some(Acceptance {
            by: id("owner"),
            name: ODD_TEXT.to_owned(),
            at: Timestamp(11),
            version: "2024-06-01".to_owned(),
        }),
        lease: Some(lease(name, holder)),
        reserved: Some(Reservation { instance: id("next"), until: Timestamp(13) }),
        fence: 12,
        added: Timestamp(14),
        revision: 0,
    }
}

/// A lease of the license `name` by `holder`.
pub fn lease(name: &str, holder: &str) -> Lease {
    Lease { license: id(name), holder: id(holder), fence: 12, since: Timestamp(12) }
}

/// A stored release.
pub fn release(name: &str) -> Release {
    Release {
        id: id(name),
        version: Version::new(13, 351),
        layout: Layout::Electron,
        program: Program::Node,
        node_major: Some(20),
        size: u64::MAX,
        added: Timestamp(15),
        revision: 0,
    }
}

/// A person with an account.
pub fn user(name: &str) -> User {
    let password = Some(PasswordHash("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".to_owned()));
    User {
        id: id(name),
        sessions_from: Timestamp(16),
        session_epoch: 29,
        link_epoch: 30,
        state: UserState::Disabled,
        linked: [
            Identity::Discord(format!("80351110224678912{}", name.len())),
            Identity::oidc("https://id.example.com:8443/realm", name).expect("an identity"),
        ]
        .into(),
        email: Some(Email::new("o'brien@example.com").expect("an address")),
        locale: Some(Locale::new("pt-BR").expect("a locale")),
        ..User::new(user_name(name), Role::GameMaster, password, Timestamp(17))
    }
}

fn user_name(name: &str) -> UserName {
    UserName::new(name).expect("a user name")
}

/// A group with members.
pub fn group(name: &str) -> Group {
    let mut group = Group::new(GroupName::new(name).expect("a group name"), Timestamp(41));
    (group.id, group.members) = (id(name), u32::MAX);
    group
}

/// A membership of a group's administrator.
pub fn membership(name: &str) -> Membership {
    let mut member = Membership::new(id(name), id("owner"), true, Timestamp(42));
    name.clone_into(&mut member.id);
    member.managed_by = Some("discord".to_owned());
    member
}

/// Grants of every kind.
fn grants() -> Grants {
    let everyone = [Grantee::Anyone, Grantee::SignedIn];
    let named = [Grantee::Group(id("group")), Grantee::User(id("owner"))];
    Grants {
        view: everyone.iter().chain(&named).cloned().collect(),
        play: everyone.into(),
        game_master: named.clone().into(),
        manage: named.into(),
    }
}

/// A token.
pub fn token(name: &str, purpose: Purpose) -> Token {
    Token {
        id: id(name),
        purpose,
        made: Timestamp(18),
        until: Timestamp(u64::MAX),
        epoch: 31,
        revision: 0,
    }
}

/// An entry of the audit log.
pub fn event(name: &str) -> Event {
    Event {
        id: id(name),
        at: Timestamp(19),
        kind: EventKind::AttemptFailed {
            step: Step::World,
            cause: cause(),
            message: ODD_TEXT.to_owned(),
            attempt: u32::MAX,
            retry: Some(Duration::from_millis(1_500)),
        },
        instance: Some(Named::new(id("full"), ODD_TEXT)),
        actor: Actor { user: Some(id("owner")), name: ODD_TEXT.to_owned() },
        via: Via::Discord,
        address: Some(std::net::Ipv6Addr::LOCALHOST.into()),
        revision: 0,
    }
}

/// An event that says `text`, as version 0.1 wrote it.
pub fn event_saying(name: &str, text: String) -> Event {
    Event { kind: EventKind::Recorded { name: "changed".to_owned(), text }, ..event(name) }
}

/// An event as a newer version may write it.
pub fn event_of_tomorrow(name: &str) -> Event {
    let details = r#"{"hours":[1,2.5,null],"text":"O'Brien \\ 龍"}"#.to_owned();
    Event { kind: EventKind::Unknown { name: "session-booked".to_owned(), details }, ..event(name) }
}

fn cause() -> Cause {
    let cause = Cause::new(Code::new("code-of-someone-else"));
    cause.about("reason", ODD_TEXT).helped_by(Remedy::ReadLog)
}

/// A worker's sign of life.
pub fn worker(name: &str) -> WorkerMark {
    let unlisted = vec![ODD_TEXT.to_owned()];
    let mut duty = DutyReport::fresh("sweep", Duration::from_mins(2));
    (duty.last, duty.took) = (Some(Timestamp(22)), Duration::from_millis(1_500));
    (duty.failure, duty.runs, duty.failures) = (Some(ODD_TEXT.to_owned()), u64::MAX, 3);
    WorkerMark {
        id: id(name),
        born: Timestamp(20),
        seen: Timestamp(21),
        unlisted,
        duties: vec![duty],
        revision: 0,
    }
}

/// A sealed secret.
pub fn sealed(name: &str) -> Sealed {
    Sealed { name: id(name), text: "bm9uY2U.Y2lwaGVydGV4dA".to_owned(), revision: 0 }
}

/// The record that changes of administrators go through, in the middle of one.
pub fn admin_guard(name: &str) -> AdminGuard {
    let change = AdminChange {
        user: id("owner"),
        revision: 28,
        becomes: Some(Role::Player),
        disables: true,
    };
    AdminGuard { id: name.to_owned(), pending: Some(change), revision: 0 }
}

fn spec() -> InstanceSpec {
    InstanceSpec {
        title: ODD_TEXT.to_owned(),
        release: ReleaseChoice::Version(Version::new(13, 351)),
        world: Some(WorldId::new("Curse_of-Strahd.1").expect("a world")),
        license: LicenseChoice::Only(id::<LicenseId>("full")),
        limits: Limits { memory: Some(u64::MAX), cpu_millis: Some(1_500), disk: Some(1 << 40) },
        language: Some("de.deutsch".to_owned()),
    }
}

fn journal(slug: &str) -> Journal {
    let mut journal = Journal::default();
    let endpoint = Endpoint::new("fd00::1", 30_000).with_prefix("/table/").with_pid(4_711);
    let mut progress = Progress::waiting(Waiting::License(license_wait())).at(40).uninterruptible();
    ODD_TEXT.clone_into(&mut progress.message);
    let attempt = Attempt {
        since: Timestamp(22),
        moved: Timestamp(24),
        progress: Some(progress),
        name: Some(Hostname::under(&slug_of(slug), "games.example")),
    };
    journal.hold(Step::License, Held::License(Some((id("full"), u64::MAX))));
    journal.hold(Step::Volume, Held::Volume(ODD_TEXT.to_owned()));
    journal.hold(Step::Assets, Held::Assets("bucket/prefix".to_owned()));
    journal.hold(Step::Runtime, Held::Runtime(endpoint));
    journal.intend(Step::World, attempt);
    journal.hold(Step::Name, Held::Name(Hostname::under(&slug_of(slug), "games.example")));
    journal
}

fn license_wait() -> LicenseWait {
    let used = LicenseUse {
        license: Named::new(id("full"), ODD_TEXT),
        holder: Some(Named::new(id("other"), ODD_TEXT)),
        since: Some(Timestamp(23)),
        activity: HolderActivity::Players(u32::MAX),
    };
    let from = Named::new(id("other"), ODD_TEXT);
    let within = Duration::from_mins(3);
    let outlook = Some(Outlook::HandOver { from, within, only: true });
    LicenseWait { licenses: vec![used], position: Some(1), outlook }
}

fn fault() -> Fault {
    Fault {
        step: Step::World,
        kind: ErrorKind::Exhausted,
        cause: Some(cause()),
        message: ODD_TEXT.to_owned(),
        attempts: 9,
        retry_at: Timestamp(25),
        wait: Some(Duration::from_secs(9)),
        terminal: true,
        generation: 26,
    }
}

fn slug_of(slug: &str) -> Slug {
    Slug::new(slug).expect("a slug")
}

/// An id of any kind, from a text that may be one.
trait Id: Sized {
    fn read(raw: &str) -> Self;
}

macro_rules! ids {
    ($($id:ty)*) => { $(
        impl Id for $id {
            fn read(raw: &str) -> Self {
                Self::new(raw).expect("an id")
            }
        }
    )* };
}

ids!(DeploymentId GroupId InstanceId LicenseId ReleaseId UserId WorkerId TokenId EventId SecretName OperationId BackupId FrontEndRecordId);

fn id<T: Id>(raw: &str) -> T {
    T::read(raw)
}
