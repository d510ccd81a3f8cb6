use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;
use refractory_core::model::{
    Attempt, Backup, BackupCheck, Fault, Held, HolderActivity, Hostname, Instance, InstanceState,
    License, LicenseUse, LicenseWait, Named, NewInstance, Outlook, Power, Principal, Seen, Slug,
    Step, Urgency, Waiting, WorkerMark,
};
use refractory_core::ports::{Endpoint, Progress};
use refractory_core::{
    BackupId, Cause, Code, Cursor, Error, ErrorKind, InstanceId, LicenseId, LicenseView, Remedy,
    Timestamp, WorkerId,
};
use serde_json::Value;

use super::*;
use crate::action::TableVerb;
use crate::message::Message;
use crate::message::fitted::tests::refusals;

const NOW: Timestamp = Timestamp(1_795_324_440_000);
const HOSTILE: &str = "**@everyone** [here](https://evil.test) `x` <@1> discord.gg/x\n# \u{202e}";

fn instance(title: &str) -> Instance {
    let mut new = NewInstance::named(Slug::new("friday-night").unwrap());
    title.clone_into(&mut new.spec.title);
    Instance::new(InstanceId::new("abcdefghijkm").unwrap(), new, NOW)
}

fn starting(title: &str) -> Instance {
    let mut table = instance(title);
    table.want(Power::On, Urgency::Gentle, NOW);
    table
}

fn on(title: &str) -> Instance {
    let mut table = starting(title);
    let name = Hostname::under(&table.slug, "tables.test");
    for (step, held) in [
        (Step::License, Held::License(Some((LicenseId::new("l1").unwrap(), 1)))),
        (Step::Volume, Held::Volume(String::new())),
        (Step::Assets, Held::Assets(String::new())),
        (Step::Runtime, Held::Runtime(Endpoint::new("127.0.0.1", 30_000))),
        (Step::World, Held::World(Some("strahd".parse().unwrap()))),
        (Step::Name, Held::Name(name)),
    ] {
        table.journal.hold(step, held);
    }
    table.seen = Some(Seen { players: 3, ..seen() });
    table.last_start = Some(12_000);
    table
}

fn seen() -> Seen {
    Seen { at: NOW, players: 0, version: None, world: None }
}

fn waiting(title: &str, names: &str) -> Instance {
    let mut table = starting(title);
    let holder = Named::new(InstanceId::new("other").unwrap(), names);
    let wait = LicenseWait {
        licenses: vec![LicenseUse {
            license: Named::new(LicenseId::new("l1").unwrap(), names),
            holder: Some(holder.clone()),
            since: None,
            activity: HolderActivity::Players(0),
        }],
        position: Some(1),
        outlook: Some(Outlook::HandOver {
            from: holder,
            within: Duration::from_mins(4),
            only: true,
        }),
    };
    let mut attempt = Attempt::begun(NOW);
    attempt.progress = Some(Progress::waiting(Waiting::License(wait)));
    table.journal.intend(Step::License, attempt);
    table
}

fn failed(title: &str, message: &str, terminal: bool) -> Instance {
    let mut table = starting(title);
    table.fault = Some(Fault {
        step: Step::Runtime,
        kind: ErrorKind::NotFound,
        cause: Some(Cause::new(Code::new("of-a-provider")).helped_by(Remedy::ReadLog)),
        message: message.to_owned(),
        attempts: 2,
        retry_at: Timestamp(NOW.0 + 8_000),
        wait: None,
        terminal,
        generation: table.generation,
    });
    table
}

fn license_view(name: &str, holder: Option<&str>) -> LicenseView {
    let license = License {
        id: LicenseId::new("l1").unwrap(),
        name: name.to_owned(),
        masked: "XXXX".to_owned(),
        fingerprint: "f".to_owned(),
        eula: None,
        lease: None,
        reserved: None,
        fence: 0,
        added: NOW,
        revision: 0,
    };
    LicenseView {
        license,
        holder: holder.map(|name| (InstanceId::new("other").unwrap(), name.to_owned())),
    }
}

fn backup(damage: Option<&str>) -> Backup {
    Backup {
        id: BackupId::new("b1").unwrap(),
        of: InstanceId::new("abcdefghijkm").unwrap(),
        at: NOW,
        slug: "friday-night".to_owned(),
        title: "Friday".to_owned(),
        requested_by: None,
        requester: "jane".to_owned(),
        size: 312 << 20,
        check: Some(BackupCheck { at: NOW, damage: damage.map(ToOwned::to_owned) }),
        orphaned: None,
        deletion_failed: None,
        revision: 0,
    }
}

fn worker(failure: Option<&str>) -> WorkerMark {
    let mut duty = refractory_core::model::DutyReport::fresh("sweep", Duration::from_mins(2));
    duty.failure = failure.map(ToOwned::to_owned);
    WorkerMark {
        id: WorkerId::new("w1").unwrap(),
        born: Timestamp(NOW.0 - 300_000),
        seen: NOW,
        unlisted: Vec::new(),
        duties: vec![duty],
        revision: 0,
    }
}

/// Every message there is, with `text` wherever users' or providers' words go.
#[expect(clippy::too_many_lines, reason = "a table with a row for each message")]
fn every(text: &str) -> Vec<(&'static str, Message)> {
    let operator = Principal::operator();
    let url = "https://friday-night.tables.test/";
    let at = TableContext { who: &operator, url, now: NOW, backups: true };
    let mut off = on(text);
    off.want(Power::Off, Urgency::Gentle, NOW);
    let mut gone = off.clone();
    gone.want(Power::Gone, Urgency::Gentle, NOW);
    let mut in_setup = on(text);
    in_setup.journal.hold(Step::World, Held::World(None));
    in_setup.seen = Some(Seen { version: Some("13.351".parse().unwrap()), ..seen() });
    let listed = |count: usize| (0..count).map(|_| (on(text), url.to_owned())).collect::<Vec<_>>();
    let after = Some(Cursor::new("friday-night", "abcdefghijkm"));
    let many: Vec<_> = (0..30).map(|_| license_view(text, Some(text))).collect();
    let owners = BTreeMap::from([(InstanceId::new("abcdefghijkm").unwrap(), text.to_owned())]);
    let names: Vec<_> = (0..40).map(|_| text.to_owned()).collect();
    let button = || {
        crate::message::Button::ask(
            "Stop anyway",
            crate::action::Action::Link,
            crate::message::Style::Danger,
        )
    };
    let error = Error::new(ErrorKind::NotFound, "x").coded(Code::NO_TABLE).about("name", text);
    vec![
        ("table-off", table(at, &instance(text))),
        ("table-starting", table(at, &starting(text))),
        ("table-waiting", table(at, &waiting(text, text))),
        ("table-retrying", table(at, &failed(text, text, false))),
        ("table-attention", table(at, &failed(text, text, true))),
        ("table-on", table(at, &on(text))),
        ("table-in-setup", table(at, &in_setup)),
        ("table-stopping", table(at, &off)),
        ("table-deleting", table(at, &gone)),
        ("table-deleted", deleted(text)),
        ("stop-anyway", stop_anyway(text, 40, &names, button())),
        ("stop-anyway-unnamed", stop_anyway(text, 1, &[], button())),
        ("license-held", license(at, &on(text), Some(&license_view(text, None).license))),
        ("license-waiting", license(at, &waiting(text, text), None)),
        ("license-none", license(at, &instance(text), None)),
        ("backups", backups(&on(text), &[backup(None), backup(Some(text))])),
        ("dashboard", dashboard(&operator, &listed(2), true, after.clone())),
        ("dashboard-page", dashboard(&operator, &listed(PAGE), false, after.clone())),
        ("dashboard-empty", dashboard(&operator, &[], true, None)),
        ("dashboard-end", dashboard(&operator, &[], false, None)),
        ("instances", instances(&[on(text)], &owners, true, after)),
        ("instances-empty", instances(&[], &owners, true, None)),
        ("choose", choose(TableVerb::Start, &[instance(text)], true)),
        ("choose-many", choose(TableVerb::Start, &vec![instance(text); 25], false)),
        ("overview", overview(Some(&[(InstanceState::On, 1), (InstanceState::Off, 11)]), &many, 1)),
        ("overview-early", overview(None, &[], 0)),
        ("licenses", licenses(&[license_view(text, Some(text)), license_view("club", None)])),
        ("licenses-many", licenses(&many)),
        ("licenses-none", licenses(&[])),
        ("health-good", health(&[worker(None)], &[], NOW, true)),
        ("health-bad", health(&[worker(Some(text))], &[], NOW, false)),
        ("health-idle", health(&[], &[], NOW, true)),
        ("help", help(false, true)),
        ("help-administrator", help(true, false)),
        ("failure", failure(&error, None)),
        (
            "failure-ours",
            failure(&Error::new(ErrorKind::Unexpected, "x").advise(text.to_owned()), Some("0199")),
        ),
        ("not-linked", not_linked()),
        ("unknown", unknown()),
    ]
}

/// A message as it reads.
fn read(json: &Value) -> String {
    let mut out = String::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for embed in list(&json["embeds"]) {
        let url = embed["url"].as_str().map(|url| format!(" ({url})")).unwrap_or_default();
        let _ = writeln!(out, "# {}{url}", text(&embed["title"]));
        let _ = writeln!(out, "{}", text(&embed["description"]));
        for field in list(&embed["fields"]) {
            let _ = writeln!(out, "{}: {}", text(&field["name"]), text(&field["value"]));
        }
        if let Some(footer) = embed["footer"]["text"].as_str() {
            let _ = writeln!(out, "({footer})");
        }
    }
    for row in list(&json["components"]) {
        for part in list(&row["components"]) {
            let asks =
                part["custom_id"].as_str().or(part["url"].as_str()).unwrap_or_default().to_owned();
            let _ = match part["type"].as_u64() {
                Some(2) => writeln!(out, "[{}] {asks}", text(&part["label"])),
                _ => writeln!(
                    out,
                    "<{} of {}> {asks}",
                    text(&part["placeholder"]),
                    list(&part["options"]).len()
                ),
            };
        }
    }
    out
}

#[test]
fn every_reply_reads_as_agreed() {
    let all: Vec<_> = every("Friday")
        .iter()
        .map(|(name, message)| format!("== {name}\n{}", read(&message.to_json())))
        .collect();
    insta::assert_snapshot!("replies", all.join("\n"));
}

#[test]
fn what_users_wrote_is_shown_and_not_obeyed() {
    for (name, message) in every(HOSTILE) {
        let json = message.to_json();
        let shown = read(&json);
        for obeyed in ["@everyone", "(https://evil", "<@1>", "discord.gg", "\u{202e}", "`x`"] {
            // Discord reads no markdown in what can be chosen, and pings no one there.
            assert!(!shown.contains(obeyed), "{name}: {obeyed} in {shown}");
        }
        assert_eq!(json["allowed_mentions"]["parse"], serde_json::json!([]), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_reply_exceeds_a_limit(text in prop_oneof!["\\PC{0,60}", (0_usize..9_000).prop_map(|count| "🏰*_".repeat(count / 3))]) {
        for (name, message) in every(&text) {
            prop_assert_eq!(refusals(&message.to_json()), Vec::<String>::new(), "{}", name);
        }
    }
}

#[test]
fn who_only_sees_a_table_is_shown_its_address_and_state_alone() {
    let player = refractory_core::Refractory::builder(testkit::world::World::default()).build().0;
    let who = player.anonymous(refractory_core::model::Via::Discord);
    let url = "https://friday-night.tables.test/";
    let at = TableContext { who: &who, url, now: NOW, backups: true };
    let shown = read(&table(at, &failed("Friday", "of those who run it", true)).to_json());
    assert!(!shown.contains("of those who run it") && shown.contains("Refresh"), "{shown}");
    for run in ["Try again", "Back up", "License", "Delete"] {
        assert!(!shown.contains(run), "{shown}");
    }
}
