//! A front end's policy is what docs/front-ends.md lists.
use std::collections::BTreeSet;
use std::path::Path;

use super::{PolicySubject, actions, calls, names, reasons};

/// A call of this crate: where it is made, and of which operation.
type Made = (&'static str, &'static str);

/// What each call on the page makes of AWS; nothing where it asks a table, the store or the configuration.
const ON_THE_PAGE: &[(&str, &[Made])] = &[
    (
        "archives.add",
        &[
            ("archives/store.rs", "head_object"),
            ("archives/upload.rs", "abort_multipart_upload"),
            ("archives/upload.rs", "complete_multipart_upload"),
            ("archives/upload.rs", "create_multipart_upload"),
            ("archives/upload.rs", "list_multipart_uploads"),
            ("archives/upload.rs", "upload_part"),
        ],
    ),
    ("archives.remove", &[("archives/store.rs", "delete_object")]),
    ("asset_gateway.admit", &[("assets/credentials.rs", "get_secret_value")]),
    ("assets.has_keys", &[]),
    ("auth.authenticate", &[]),
    ("dns.bypasses_proxy", &[]),
    ("game.administer", &[]),
    ("game.players", &[]),
    ("game.worlds", &[]),
    (
        "logs.read",
        &[("runtime/logs.rs", "describe_log_streams"), ("runtime/logs.rs", "filter_log_events")],
    ),
    ("snapshots.copies_running", &[]),
    ("snapshots.is_supported", &[]),
    (
        "vault.ensure",
        &[
            ("vault.rs", "create_secret"),
            ("vault.rs", "delete_secret"),
            ("vault.rs", "describe_secret"),
            ("vault.rs", "get_secret_value"),
        ],
    ),
    ("vault.observe", &[("vault.rs", "get_secret_value")]),
    ("vault.remove", &[("vault.rs", "delete_secret")]),
];

/// What every front end does: opening the deployment, and its store.
const ALWAYS: &[&str] = &["stack_outputs.rs", "store/"];

/// Files of which a front end needs something, and what in them is a worker's.
const WORKERS: &[Made] = &[
    ("archives/store.rs", "list_objects_v2"),
    ("runtime/logs.rs", "delete_log_stream"),
    ("vault.rs", "list_secrets"),
];

/// Rights that a call of another name needs.
const BESIDE: &[(&str, &str)] = &[
    ("s3:ListBucket", "without it S3 forbids to look at what is not there"),
    ("secretsmanager:TagResource", "secrets are made with their tags"),
];

fn on_the_page() -> impl Iterator<Item = Made> {
    ON_THE_PAGE.iter().flat_map(|(_, made)| made.iter().copied())
}

#[test]
fn every_call_on_the_page_is_known_here() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/front-ends.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("| Port and call |").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let listed: BTreeSet<_> = first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let known: BTreeSet<_> = ON_THE_PAGE.iter().map(|(call, _)| *call).collect();
    assert_eq!(known, listed);
}

#[test]
fn every_call_of_a_port_that_front_ends_use_is_theirs_or_a_workers() {
    let made = calls::made();
    let known: BTreeSet<Made> = on_the_page().chain(WORKERS.iter().copied()).collect();
    for (place, operation) in &known {
        let is_made = made.iter().any(|(at, _, made)| at == place && made == operation);
        assert!(is_made, "{place} makes no call {operation}");
    }
    let shared = ["archives/", "vault.rs", "runtime/logs"];
    for (place, _, operation) in &made {
        let is_known = known.contains(&(place.as_str(), operation.as_str()));
        let is_shared = shared.iter().any(|begin| place.starts_with(begin));
        assert!(
            is_known || !is_shared,
            "who makes {operation} in {place}: a front end, or a worker?"
        );
    }
}

#[test]
fn a_front_end_is_allowed_what_its_page_lists_and_no_more() {
    let of_page: BTreeSet<Made> = on_the_page().collect();
    let own = calls::made().into_iter().filter(|(place, _, operation)| {
        let always = ALWAYS.iter().any(|begin| place.starts_with(begin));
        always || of_page.contains(&(place.as_str(), operation.as_str()))
    });
    let mut needed: BTreeSet<String> =
        own.flat_map(|(_, service, operation)| calls::actions(&service, &operation)).collect();
    needed.extend(BESIDE.iter().map(|(action, _)| (*action).to_owned()));
    assert_eq!(actions(PolicySubject::FrontEnd), needed);
}

/// The portal's service is a front end and a worker in one: its role has both.
#[test]
fn the_controller_may_do_what_a_front_end_may() {
    let controller = reasons(PolicySubject::Controller, &names());
    for row in reasons(PolicySubject::FrontEnd, &names()) {
        for on in &row.on {
            let covers = |pattern: &String| {
                pattern == on
                    || pattern.strip_suffix('*').is_some_and(|begin| on.starts_with(begin))
            };
            let may =
                controller.iter().any(|may| may.action == row.action && may.on.iter().any(covers));
            assert!(may, "the controller lacks {} on {on}", row.action);
        }
    }
}

/// What stands apart in one service of AWS stays apart: what launches are told, and backups.
#[test]
fn a_front_end_reaches_no_secret_of_a_launch_and_no_backup() {
    for row in reasons(PolicySubject::FrontEnd, &names()) {
        let inside: &[&str] = match row.action.split_once(':').unwrap() {
            ("secretsmanager", _) => &["/vault/*", "/assets/*"],
            ("s3", verb) if verb.contains("Object") => &["/releases/*"],
            _ => continue,
        };
        for on in &row.on {
            assert!(inside.iter().any(|end| on.ends_with(end)), "{} on {on}", row.action);
        }
    }
}
