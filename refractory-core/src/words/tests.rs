use std::time::Duration;

use super::*;
use crate::model::{
    Actor, EventKind, FoundOrphan, GrantedRight, HoldReason, HolderActivity, Hostname, LicenseUse,
    LicenseWait, Named, OperationName, Outlook, Principal, Right, Role, SignInFailure,
    SignInMethod, Slug, Version, WorldId,
};
use crate::{
    BackupId, Code, ErrorKind, GroupId, InstanceId, LaunchId, LicenseId, OperationId, ReleaseId,
    Timestamp, UserId,
};

fn table(name: &str) -> Named<InstanceId> {
    Named::new(InstanceId::new("i1").unwrap(), name)
}

fn license() -> Named<LicenseId> {
    Named::new(LicenseId::new("l1").unwrap(), "club")
}

fn user() -> Named<UserId> {
    Named::new(UserId::new("u1").unwrap(), "bert")
}

/// One of each kind that this version writes.
#[expect(clippy::too_many_lines, reason = "a list of one of each")]
fn kinds() -> Vec<EventKind> {
    let cause = || Cause::new(Code::STALLED).about("minutes", 10);
    let message = || "It stalled.".to_owned();
    let release = || ReleaseId::new("r1").unwrap();
    let instance = || InstanceId::new("i1").unwrap();
    let failed = |retry| EventKind::AttemptFailed {
        step: Step::World,
        cause: cause(),
        message: message(),
        attempt: 2,
        retry,
    };
    let orphans = [
        FoundOrphan::PublicName {
            name: Hostname::under(&Slug::new("friday").unwrap(), "test"),
            instance: instance(),
        },
        FoundOrphan::Program { launch: LaunchId { instance: instance(), attempt: 3 } },
        FoundOrphan::LicenseLease { license: license().id, instance: instance() },
        FoundOrphan::Resource {
            description: "the secret x".to_owned(),
            instance: instance(),
            monthly_mills: Some(400),
        },
        FoundOrphan::Volume { instance: instance() },
        FoundOrphan::Uploads { instance: instance() },
    ];
    let failures = [
        SignInFailure::Credentials,
        SignInFailure::CurrentPassword,
        SignInFailure::LinkRevoked,
        SignInFailure::Disabled,
    ];
    let group = || Named::new(GroupId::new("g1").unwrap(), "crew");
    let identity = || "discord:80351110224678912".to_owned();
    let mut all = vec![
        EventKind::UserDisabled { user: user() },
        EventKind::UserEnabled { user: user() },
        EventKind::UserChanged { user: user() },
        EventKind::IdentityLinked { user: user(), identity: identity() },
        EventKind::IdentityUnlinked { user: user(), identity: identity() },
        EventKind::GroupCreated { group: group() },
        EventKind::GroupRenamed { group: group(), from: "band".to_owned() },
        EventKind::GroupDeleted { group: group() },
        EventKind::MemberAdded { group: group(), user: user(), administers: false },
        EventKind::MemberAdded { group: group(), user: user(), administers: true },
        EventKind::MemberChanged { group: group(), user: user(), administers: false },
        EventKind::MemberChanged { group: group(), user: user(), administers: true },
        EventKind::MemberRemoved { group: group(), user: user() },
        EventKind::InstanceCreated,
        EventKind::InstanceChanged { fields: vec!["name".to_owned(), "world".to_owned()] },
        EventKind::OwnerChanged { from: Some(user()), to: Some(user()) },
        EventKind::OwnerChanged { from: None, to: None },
        EventKind::AccessChanged {
            rights: vec![
                GrantedRight { right: Right::View, to: vec!["signed-in".to_owned()] },
                GrantedRight { right: Right::Manage, to: Vec::new() },
            ],
        },
        EventKind::StartRequested,
        EventKind::RestartRequested,
        EventKind::StopRequested,
        EventKind::DeletionRequested,
        EventKind::MachineDeclaredLost,
        EventKind::InstanceStarted,
        EventKind::InstanceStopped,
        EventKind::InstanceSuspended { resumes: true },
        EventKind::InstanceSuspended { resumes: false },
        EventKind::InstanceLost {
            step: Step::Runtime,
            cause: cause(),
            message: message(),
            given_up: true,
        },
        failed(Some(Duration::from_secs(4))),
        failed(None),
        EventKind::InstanceRemoved { owner: Some(user().id) },
        EventKind::WorldOpened { world: WorldId::new("barovia").unwrap() },
        EventKind::SetupEntered,
        EventKind::SettingsSaved,
        EventKind::CredentialsRotationRequested,
        EventKind::CredentialsRotated,
        EventKind::LicenseGranted { license: license() },
        EventKind::LicenseHandedOver { license: license(), from: table("A"), to: table("B") },
        EventKind::LicenseReturned { license: license() },
        EventKind::LicenseHandOverBegun { to: table("B") },
        EventKind::LicenseTaken { from: table("A"), to: table("B") },
        EventKind::LicenseAdded { license: license() },
        EventKind::LicenseRenamed { license: license(), from: "old".to_owned() },
        EventKind::AgreementAccepted { license: license() },
        EventKind::LicenseRemoved { license: license() },
        EventKind::ReleaseAdded { release: release(), version: Version::new(13, 351) },
        EventKind::ReleaseRemoved { release: release(), version: Version::new(13, 351) },
        EventKind::UserAdded { user: user(), role: Role::GameMaster },
        EventKind::UserRemoved { user: user() },
        EventKind::RoleChanged { user: user(), from: Role::Player, to: Role::Admin },
        EventKind::PasswordChanged { user: user() },
        EventKind::SignedOutEverywhere { user: user() },
        EventKind::SignInLinkCreated { user: user() },
        EventKind::TokenCreated {
            user: user(),
            token: "backup script".to_owned(),
            scopes: vec!["read".to_owned()],
        },
        EventKind::TokenRevoked { user: user(), token: "backup script".to_owned() },
        EventKind::SignedIn { method: SignInMethod::Password },
        EventKind::SignedIn { method: SignInMethod::Link },
        EventKind::SignedOut,
        EventKind::DamagedRecordRemoved {
            record: "license".to_owned(),
            removed: Named::new("l1".to_owned(), "club"),
        },
    ];
    let operation = || OperationId::new("o1").unwrap();
    let backup = || BackupId::new("b1").ok();
    for what in OperationName::ALL {
        all.push(EventKind::OperationRequested { operation: operation(), what, backup: backup() });
        all.push(EventKind::OperationSucceeded { operation: operation(), what, backup: backup() });
        all.push(EventKind::OperationFailed {
            operation: operation(),
            what,
            backup: backup(),
            cause: cause(),
            message: message(),
        });
        all.push(EventKind::OperationCanceled { operation: operation(), what });
    }
    all.extend(orphans.map(|orphan| EventKind::OrphanFound { orphan }));
    all.extend(failures.map(|reason| EventKind::SignInFailed { name: "anna".to_owned(), reason }));
    all
}

fn event(kind: EventKind) -> Event {
    let actor = Actor { user: None, name: "anna".to_owned() };
    let event = Event::by(&Principal::operator(), Timestamp(1), kind);
    Event { instance: Some(table("Friday")), actor, ..event }
}

#[test]
fn every_kind_of_event_has_words() {
    let all = kinds();
    for name in EventKind::NAMES {
        assert!(all.iter().any(|kind| kind.name() == *name), "there is a sample of {name}");
        let label = English.event_kind(name);
        assert!(label.starts_with(char::is_uppercase) && !label.contains('-'), "{label}");
    }
    for kind in all {
        let name = kind.name().to_owned();
        let said = English.event(&event(kind));
        assert_ne!(said, English.event_kind(&name), "{name} has a sentence of its own");
        assert!(said.ends_with('.') && said.contains(' '), "{name}: {said}");
        assert!(!said.contains('`') && !said.contains('{'), "{name}: {said}");
    }
}

#[test]
fn events_of_other_versions_are_shown() {
    let text = "anna did it.".to_owned();
    let old = event(EventKind::Recorded { name: "created".to_owned(), text });
    assert_eq!(English.event(&old), "anna did it.");
    let (name, details) = ("session-booked".to_owned(), "{}".to_owned());
    let newer = event(EventKind::Unknown { name, details });
    assert_eq!(English.event(&newer), "An event of a newer version: session-booked.");
    assert_eq!(English.event_kind("session-booked"), "Session booked");
}

#[cfg(feature = "serde")]
#[test]
fn every_kind_of_event_round_trips() {
    for kind in kinds() {
        let event = event(kind);
        let written = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&written).unwrap(), event, "{written}");
        let value: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(value["kind"], event.kind.name());
    }
}

#[test]
fn sentences_name_what_they_are_about() {
    let said = |kind| English.event(&event(kind));
    assert_eq!(said(EventKind::StartRequested), "anna started Friday.");
    let kind = EventKind::AttemptFailed {
        step: Step::World,
        cause: Cause::new(Code::new("of-a-provider")),
        message: "Foundry didn't open the world.".to_owned(),
        attempt: 2,
        retry: Some(Duration::from_millis(3_200)),
    };
    assert_eq!(
        said(kind),
        "Attempt 2 to open the world failed. Foundry didn't open the world. The next attempt starts in 4 seconds."
    );
    let (from, to) = (table("A"), table("B"));
    let kind = EventKind::LicenseHandedOver { license: license(), from, to };
    assert_eq!(said(kind), "The license club went from A to B.");
}

#[test]
fn every_code_has_a_sentence_without_a_page_or_a_command() {
    for code in Code::ALL {
        let kind = [
            "not-found",
            "conflict",
            "invalid",
            "forbidden",
            "exhausted",
            "unavailable",
            "unsupported",
            "damaged",
            "unexpected",
            "outdated",
        ];
        let said = Cause::new(code.clone()).sentence();
        assert_eq!(said.is_none(), kind.contains(&code.as_str()), "{code}");
        let said = said.unwrap_or_default();
        assert!(!said.contains("refractory ") && !said.contains(" under "), "{code}: {said}");
    }
}

#[test]
fn a_cause_that_is_not_known_is_said_in_the_words_it_came_with() {
    let cause = Cause::new(Code::new("of-a-provider"));
    assert_eq!(English.cause(&cause, "The disk is full."), "The disk is full.");
    let error = Error::new(ErrorKind::NotFound, "a test").coded(Code::NO_TABLE).about("name", "x");
    assert_eq!(English.error(&error), "There is no table `x`.");
    assert_eq!(error.for_people(), "There is no table `x`.");
}

#[test]
fn waiting_for_a_license_says_who_has_it_and_when_it_comes() {
    let used = |activity| LicenseUse {
        license: license(),
        holder: Some(table("Friday")),
        since: None,
        activity,
    };
    let wait = |activity, outlook| {
        let licenses = vec![used(activity)];
        Waiting::License(LicenseWait { licenses, position: Some(1), outlook })
    };
    let hand_over = |minutes, only| {
        Some(Outlook::HandOver {
            from: table("Friday"),
            within: Duration::from_mins(minutes),
            only,
        })
    };
    let said = |activity, outlook| English.waiting(&wait(activity, outlook));
    assert_eq!(
        said(HolderActivity::Players(0), hand_over(3, true)),
        "club is in use by Friday, where nobody is playing. It's yours in 3 minutes."
    );
    assert_eq!(
        said(HolderActivity::Players(1), hand_over(0, false)),
        "club is in use by Friday, where 1 person is playing. Friday's license is yours in a moment."
    );
    for activity in [
        HolderActivity::Players(4),
        HolderActivity::On,
        HolderActivity::Starting,
        HolderActivity::Stopping,
        HolderActivity::Reserved,
        HolderActivity::Deleted,
        HolderActivity::Damaged,
    ] {
        let said = said(activity, None);
        assert!(said.starts_with("club is ") && said.ends_with('.'), "{said}");
    }
    let kept = LicenseUse { holder: None, ..used(HolderActivity::Reserved) };
    let wait = LicenseWait { licenses: vec![kept], ..LicenseWait::default() };
    assert_eq!(English.waiting(&Waiting::License(wait)), "club is reserved for another table.");
}

#[test]
fn whoever_waits_is_told_in_minutes_when_the_holder_is_asked() {
    for (left, expected) in [
        (0, "It's yours in a moment."),
        (1, "It's yours in 1 minute."),
        (60, "It's yours in 1 minute."),
        (61, "It's yours in 2 minutes."),
        (600, "It's yours in 10 minutes."),
    ] {
        let (from, within) = (table("a"), Duration::from_secs(left));
        let outlook = Some(Outlook::HandOver { from, within, only: true });
        let wait = LicenseWait { outlook, ..LicenseWait::default() };
        assert_eq!(English.waiting(&Waiting::License(wait)), expected, "{left}");
    }
}

#[test]
fn progress_is_said_in_the_words_of_its_reason_or_of_its_provider() {
    let mut progress = Progress::waiting(Waiting::Migration);
    assert_eq!(English.progress(&progress), "migrating the world; don't interrupt this");
    progress.message = "step 3 of 7".to_owned();
    assert_eq!(English.progress(&progress), "step 3 of 7");
    assert_eq!(English.progress(&Progress::new("boot 2")), "boot 2");
    let mut progress = Progress::new("The key is in use.");
    let outlook = Some(Outlook::WhenStopped { holder: table("Friday") });
    progress.waiting = Some(Waiting::License(LicenseWait { outlook, ..LicenseWait::default() }));
    assert!(
        English.progress(&progress).starts_with("The key is in use. It becomes free when Friday")
    );
}

#[cfg(feature = "serde")]
#[test]
fn progress_and_faults_of_other_versions_open() {
    let old = r#"{"message":"opening the world","percent":3,"uninterruptible":true}"#;
    let old: Progress = serde_json::from_str(old).unwrap();
    assert_eq!((English.progress(&old).as_str(), old.percent), ("opening the world", Some(3)));
    let newer =
        r#"{"waiting":{"for":"moonrise","hours":2},"percent":null,"uninterruptible":false}"#;
    let newer: Progress = serde_json::from_str(newer).unwrap();
    assert_eq!(newer.waiting, Some(Waiting::Other));
    let fault = r#"{"step":"world","kind":"exhausted","message":"The disk is full.","attempts":1,
        "retry_at":5,"terminal":false,"generation":2}"#;
    let fault: Fault = serde_json::from_str(fault).unwrap();
    assert_eq!(English.fault(&fault), "The disk is full.");
    let held = Waiting::Operation { hold: HoldReason::Restore };
    for waiting in [Waiting::Release, held, Waiting::License(LicenseWait::default())] {
        let written = serde_json::to_value(&waiting).unwrap();
        assert_eq!(written["for"], waiting.name());
        assert_eq!(serde_json::from_value::<Waiting>(written).unwrap(), waiting);
    }
}
