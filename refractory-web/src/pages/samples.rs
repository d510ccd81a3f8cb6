//! One page of each kind, in every shape it may take.
use refractory_core::Timestamp;
use refractory_core::model::InstanceState as State;
use serde_json::Value;

use super::about::{AboutPage, DutyRow, WorkerRow};
use super::account::AccountPage;
use super::audit::{Activity, AuditForm, AuditPage, KindChoice};
use super::backups::{BackupRow, BackupsPart, BackupsView, Running};
use super::chrome::{Chrome, Viewer};
use super::create::NewTablePage;
use super::enter::{LinkPage, SetupPage, SignInPage};
use super::failure::ErrorPage;
use super::foundry_setup::{FoundrySetupPage, SetUpPage};
use super::grants::GrantsForm;
use super::groups::{GroupPage, GroupRow, GroupsPage, MemberRow, OpenedRow};
use super::licenses::{LicenseRow, LicensesPage};
use super::paging::Pages;
use super::people::{FreshLink, PeoplePage, PersonRow};
use super::releases::{ReleaseRow, ReleasesPage};
use super::settings::{Owner, SettingsPage};
use super::spec::{Choice, Choices, SpecForm};
use super::table::{ConfirmStopPage, EventView, LogView, Panel, TablePage};
use super::tables::{Card, FirstSteps, TablesPage};
use super::tokens::{ENDS, FreshToken, TokenRow, levels};
use super::waiting::{Door, DoorPart, WaitingPage};
use crate::form_error::FormError;
use crate::session::Flash;
use crate::templates::{Page, Templates};
use crate::view::{Can, NextAttempt, Remedy, Rung, TableView, Trouble, WorldRow};
use crate::words::Moment;

fn pages() -> Pages {
    let next = Some("/?after=61".to_owned());
    let first = Some("/?search=%3Cb%3E".to_owned());
    Pages { next, first, search: "<b>".to_owned(), searches: true }
}

fn moment() -> Moment {
    Timestamp(1_795_324_440_000).into()
}

fn duty(last: Option<Moment>, failure: Option<&str>) -> DutyRow {
    DutyRow {
        name: "record retention".into(),
        every: "2 min".into(),
        last,
        took: "0.2 s".into(),
        failure: failure.map(Into::into),
    }
}

/// The backups of a table that is off, with whatever is at work on them.
fn backups(running: Option<Running>) -> BackupsView {
    let row = |id: &str, intact, damage: Option<&str>| BackupRow {
        id: id.into(),
        at: moment(),
        by: "<b>anna".into(),
        size: "312 MiB".into(),
        intact,
        damage: damage.map(Into::into),
    };
    BackupsView {
        slug: "friday".into(),
        backups: vec![
            row("b2", Some(moment()), None),
            row("b1", None, Some("It is <damaged>.")),
            row("b0", None, None),
        ],
        more: true,
        failed: Some("The disk is full.".into()).filter(|_| running.is_none()),
        running,
        stops: false,
        restores: true,
        kept: Some("90 days".into()),
    }
}

fn running() -> Running {
    Running {
        id: "o1".into(),
        revision: 7,
        headline: "Creating a backup",
        note: Some("Copying its <data>.".into()),
        percent: Some(40),
        trouble: Some("No answer.".into()),
        cancelable: true,
    }
}

fn viewer() -> Viewer {
    Viewer {
        name: "anna".into(),
        role: "Administrator",
        creates: true,
        licenses: true,
        releases: true,
        people: true,
        groups: true,
        system: true,
        manages_licenses: true,
        manages_releases: true,
    }
}

fn token() -> TokenRow {
    TokenRow {
        id: "k1".into(),
        name: "backup script".into(),
        scopes: "Read".into(),
        created: moment(),
        last_used: Some("2026-11-22".into()),
        expires: None,
    }
}

fn chrome(title: &str, viewer: Option<Viewer>) -> Chrome {
    Chrome {
        title: title.into(),
        nav: "tables",
        viewer,
        csrf: "TOKEN".into(),
        theme: "dark",
        flash: Some(Flash::good("It worked.")),
        idle: false,
        css: "/portal.css".into(),
        js: "/portal.js".into(),
        icon: "/icon.svg".into(),
        at: "/".into(),
        live: Some("/live".into()),
        refresh: Some(3),
    }
}

fn table(state: State) -> TableView {
    let busy = matches!(state, State::Starting | State::Stopping | State::Deleting);
    let trouble = |terminal| Trouble {
        sentence: "The license key was refused.".into(),
        terminal,
        attempts: 2,
        retry_at: moment(),
        next: (!terminal).then(|| NextAttempt {
            name: "Attempt 3 of 6".into(),
            wait: "in 4 seconds".into(),
            seconds: 4,
        }),
        remedy: terminal.then_some(Remedy { path: "/licenses", label: "Open Licenses" }),
    };
    TableView {
        id: format!("id-{}", state.name()),
        slug: "friday".into(),
        title: "Friday <Night>".into(),
        url: "http://friday.localhost:8080/".into(),
        address: "friday.localhost:8080".into(),
        state,
        headline: "Some words",
        note: busy.then(|| "Unpacking the release".into()),
        percent: (state == State::Starting).then_some(40),
        uninterruptible: state == State::Stopping,
        trouble: match state {
            State::Attention => Some(trouble(true)),
            State::Starting => Some(trouble(false)),
            State::Off | State::On | State::Stopping | State::Deleting => None,
        },
        players: (state == State::On).then_some(3),
        is_closed: false,
        last_start: Some("12 s".into()),
        rungs: match state {
            State::Starting => {
                vec![
                    Rung { name: "License", state: "done" },
                    Rung { name: "Foundry", state: "doing" },
                ]
            }
            State::Off | State::On | State::Stopping | State::Deleting | State::Attention => {
                Vec::new()
            }
        },
        in_setup: false,
        worlds: Vec::new(),
        can: Can {
            start: true,
            stop: true,
            change: true,
            delete: true,
            logs: true,
            set_up: true,
            inspect: true,
            transfer: true,
            take: state == State::Starting,
        },
    }
}

fn choices() -> Choices {
    let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
    Choices { releases: vec![choice("r1", "Foundry 13.351")], licenses: vec![choice("l1", "Club")] }
}

fn event() -> EventView {
    EventView {
        at: moment(),
        text: "anna asked Friday to start.".into(),
        address: Some("203.0.113.7".into()),
    }
}

fn door(state: &'static str) -> Door {
    Door {
        state,
        title: "Friday".into(),
        headline: "Friday is waiting".into(),
        sentence: "A sentence.".into(),
        percent: (state == "starting").then_some(40),
        rungs: vec![Rung { name: "Foundry", state: "doing" }],
        portal: (state == "off").then(|| "http://localhost:8080/tables/friday".into()),
        id: (state == "closed").then(|| "abc".into()),
    }
}

/// One page with one of its samples.
pub(super) struct Sample {
    pub(super) template: &'static str,
    pub(super) name: &'static str,
    pub(super) html: String,
    pub(super) context: Value,
}

fn sample<P: Page>(templates: &Templates, name: &'static str, page: &P) -> Sample {
    let html = templates.html(page).unwrap_or_else(|problem| panic!("{}: {problem}", P::TEMPLATE));
    let context = serde_json::to_value(page).unwrap();
    Sample { template: P::TEMPLATE, name, html, context }
}

pub(super) fn samples() -> Vec<Sample> {
    let templates = Templates::new().unwrap();
    let t = &templates;
    let mut all = entrance(t);
    all.extend(of_tables(t));
    all.extend(of_stock(t));
    all.extend(of_the_rest(t));
    all
}

fn entrance(t: &Templates) -> Vec<Sample> {
    let setup = |good, problem: Option<&str>| SetupPage {
        chrome: Chrome {
            flash: None,
            live: None,
            refresh: None,
            theme: "",
            ..chrome("Welcome", None)
        },
        good,
        name: "anna".into(),
        problem: problem.map(|said| FormError::at("", said)),
    };
    let sign_in = |needs_setup, problem: Option<&str>| SignInPage {
        chrome: chrome("Sign in", None),
        name: String::new(),
        next: "/people".into(),
        needs_setup,
        problem: problem.map(|said| FormError::at("", said)),
    };
    let link = |problem: Option<&str>| LinkPage {
        chrome: chrome("Sign in", None),
        problem: problem.map(|said| FormError::at("", said)),
    };
    vec![
        sample(t, "good", &setup(true, Some("Too short."))),
        sample(t, "stale", &setup(false, None)),
        sample(t, "fresh", &sign_in(false, None)),
        sample(t, "wrong", &sign_in(false, Some("No match."))),
        sample(t, "empty", &sign_in(true, None)),
        sample(t, "good", &link(None)),
        sample(t, "stale", &link(Some("Used."))),
    ]
}

#[expect(clippy::too_many_lines, reason = "one entry for each state of a page")]
fn of_tables(t: &Templates) -> Vec<Sample> {
    let list = |tables, first, viewer| TablesPage {
        chrome: chrome("Tables", Some(viewer)),
        damaged: vec!["<b>saturday".into()],
        tables,
        pages: pages(),
        first,
        offers_password: true,
    };
    let first = |release, license| Some(FirstSteps { release, license });
    let player = Viewer { creates: false, people: false, groups: false, system: false, ..viewer() };
    let one = |state, log: Option<LogView>| TablePage {
        chrome: chrome("Friday", Some(viewer())),
        table: table(state),
        facts: vec![("World", "barovia".into())],
        events: Some(vec![event()]),
        backups: log.as_ref().map(|_| backups(None)),
        log,
    };
    let log = LogView { lines: vec!["<b>one".into(), "two".into()], next: "2".into() };
    let new = |problem: Option<&str>| NewTablePage {
        chrome: chrome("New table", Some(viewer())),
        form: SpecForm { title: "\"T\"".into(), ..SpecForm::default() },
        choices: choices(),
        address: "NAME.localhost".into(),
        problem: problem.map(|said| FormError::at("", said)),
    };
    let settings = SettingsPage {
        chrome: chrome("Settings", Some(viewer())),
        slug: "friday".into(),
        title: "Friday".into(),
        form: SpecForm {
            release: "r1".into(),
            license: "l1".into(),
            memory: "2GiB".into(),
            ..SpecForm::default()
        },
        choices: choices(),
        address: "NAME.localhost".into(),
        owners: vec![
            Owner { name: "anna".into(), is_owner: false },
            Owner { name: "bert".into(), is_owner: true },
        ],
        grants: Some(GrantsForm {
            view: "signed-in".into(),
            play: "group:crew".into(),
            game_master: "user:<b>".into(),
            manage: "no-one".into(),
            is_closed: true,
        }),
        grants_problem: Some(FormError::at("play", "There is no group named `crew`.")),
        types_owner: false,
        owner_name: "bert".into(),
        deletes: true,
        has_backups: true,
        kept: Some("90 days".into()),
        problem: Some(FormError::at("slug", "Taken.")),
        delete_problem: Some(FormError::at("typed", "Type it.")),
    };
    let confirm = ConfirmStopPage {
        chrome: chrome("Stop table", Some(viewer())),
        slug: "friday".into(),
        title: "Friday".into(),
        path: "stop",
        verb: "Stop",
        headline: "2 people are playing at Friday.".into(),
        names: vec!["Ann".into(), "<b>Ben".into()],
        question: "2 people are playing at Friday. Players: Ann, <b>Ben. Stop it?".into(),
        back: "/".into(),
        now: String::new(),
    };
    let card = Card { table: table(State::Starting), csrf: "TOKEN".into(), back: "/".into() };
    let attention = Panel { table: table(State::Attention), csrf: "TOKEN".into() };
    let panel = Panel { table: table(State::On), csrf: "TOKEN".into() };
    let world = |id: &str, title: &str, open, chosen| WorldRow {
        id: id.into(),
        title: title.into(),
        open,
        chosen,
    };
    let in_setup = TableView {
        in_setup: true,
        worlds: vec![
            world("barovia", "Curse <of> Strahd", true, true),
            world("b", "b", false, false),
        ],
        ..table(State::On)
    };
    let in_setup = Panel { table: in_setup, csrf: "TOKEN".into() };
    let set_up = SetUpPage {
        chrome: chrome("Set up", Some(viewer())),
        title: "Friday".into(),
        to: "http://friday.localhost/?ticket=T".into(),
    };
    let enter = |name: Option<&str>| FoundrySetupPage {
        title: "Friday <Night>".into(),
        css: "/portal.css".into(),
        icon: "/icon.svg".into(),
        name: name.map(Into::into),
        csrf: "TOKEN".into(),
        problem: "Not good any more.".into(),
        portal: "http://localhost/tables/friday".into(),
    };
    let part = |backups| BackupsPart { backups, csrf: "TOKEN".into() };
    let none = BackupsView {
        backups: Vec::new(),
        more: false,
        failed: None,
        stops: true,
        restores: false,
        ..backups(None)
    };
    vec![
        sample(t, "running", &part(backups(Some(running())))),
        sample(t, "none", &part(none)),
        sample(t, "all", &list(State::ALL.map(table).into(), None, viewer())),
        sample(t, "first", &list(Vec::new(), first(true, false), viewer())),
        sample(t, "player", &list(Vec::new(), first(false, false), player)),
        sample(t, "on", &one(State::On, Some(log))),
        sample(t, "quiet", &one(State::Off, Some(LogView::default()))),
        sample(t, "fresh", &new(None)),
        sample(t, "wrong", &new(Some("Reserved."))),
        sample(t, "all", &settings),
        sample(t, "named", &confirm),
        sample(t, "starting", &card),
        sample(t, "on", &panel),
        sample(t, "attention", &attention),
        sample(t, "in-setup", &in_setup),
        sample(t, "leads", &set_up),
        sample(t, "good", &enter(Some("anna"))),
        sample(t, "stale", &enter(None)),
    ]
}

fn of_stock(t: &Templates) -> Vec<Sample> {
    let license = |holder: Option<&str>, accepted: bool| LicenseRow {
        id: "l1".into(),
        name: "Club".into(),
        masked: "ABCD-••••-1239".into(),
        holder: holder.map(Into::into),
        accepted_by: accepted.then(|| "anna".into()),
        accepted_at: accepted.then(moment),
    };
    let licenses = |licenses, problem: Option<&str>| LicensesPage {
        chrome: chrome("Licenses", Some(viewer())),
        licenses,
        eula: "2023-03-02",
        name: "Club".into(),
        new_name: String::new(),
        problem: problem.map(|said| FormError::at("", said)),
    };
    let release = ReleaseRow {
        id: "r1".into(),
        short_id: "r1".into(),
        version: "13.351".into(),
        size: "312 MiB".into(),
        kind: "Node archive",
        node: Some(22),
        added: moment(),
    };
    let releases = |releases| ReleasesPage {
        chrome: chrome("Releases", Some(viewer())),
        releases,
        limit: 1024,
        limit_words: "1 KiB".into(),
        url: "https://example.org/x".into(),
        problem: Some(FormError::at("url", "Expired.")),
    };
    let rows = vec![license(Some("Friday"), true), license(None, false)];
    vec![
        sample(t, "some", &licenses(rows, Some("Mistyped."))),
        sample(t, "none", &licenses(Vec::new(), None)),
        sample(t, "some", &releases(vec![release])),
        sample(t, "none", &releases(Vec::new())),
    ]
}

#[expect(clippy::too_many_lines, reason = "one entry for each state of a page")]
fn of_the_rest(t: &Templates) -> Vec<Sample> {
    let person = |name: &str, is_me| PersonRow {
        name: name.into(),
        role: "admin",
        role_words: "Administrator",
        added: moment(),
        has_password: is_me,
        disabled: !is_me,
        is_me,
    };
    let fresh =
        FreshLink { name: "bert".into(), url: "http://localhost/sign-in/link?token=x".into() };
    let people = PeoplePage {
        chrome: chrome("People", Some(viewer())),
        people: vec![person("anna", true), person("bert", false)],
        pages: pages(),
        roles: vec![("player", "Player"), ("admin", "Administrator")],
        fresh: Some(fresh),
        name: String::new(),
        chosen: "admin".into(),
        problem: Some(FormError::at("name", "Taken.")),
    };
    let group = |members| GroupRow { name: "crew".into(), members, added: moment() };
    let groups = |groups, pages, name: &str| GroupsPage {
        chrome: chrome("Groups", Some(viewer())),
        groups,
        pages,
        creates: true,
        name: name.into(),
        problem: (!name.is_empty()).then(|| FormError::at("name", "Taken.")),
    };
    let member = |name: &str, administers| MemberRow {
        name: name.into(),
        administers,
        since: moment(),
        is_me: administers,
    };
    let opened =
        OpenedRow { slug: "friday".into(), title: "<b>Friday".into(), right: "Game master" };
    let one_group = |members: Vec<MemberRow>, opened: Vec<OpenedRow>, manages| GroupPage {
        chrome: chrome("crew", Some(viewer())),
        group: group(u32::try_from(members.len()).unwrap_or_default()),
        pages: Pages::default(),
        opens_more: !opened.is_empty(),
        members,
        opened,
        manages,
        typed: "carl".into(),
        problem: Some(FormError::at("user", "There is no user named `carl`.")),
    };
    let account = |has_password| AccountPage {
        chrome: chrome("Your account", Some(viewer())),
        name: "anna".into(),
        role: "Administrator",
        has_password,
        tokens: if has_password { vec![token()] } else { Vec::new() },
        fresh: has_password
            .then(|| FreshToken { name: "lights".into(), secret: "rft_secret".into() }),
        scopes: levels(),
        ends: ENDS,
        token_name: String::new(),
        token_scope: "read".into(),
        token_expires: "90".into(),
        problem: (!has_password).then(|| FormError::at("password", "Too short.")),
    };
    let worker = WorkerRow {
        id: "w1".into(),
        born: moment(),
        up: "3 min".into(),
        unlisted: String::new(),
        duties: vec![duty(Some(moment()), None), duty(Some(moment()), Some("No <answer>."))],
    };
    let about = |workers, events| AboutPage {
        chrome: Chrome { idle: true, ..chrome("System", Some(viewer())) },
        version: "0.0.0",
        workers,
        facts: vec![("Portal", "http://localhost".into())],
        events,
    };
    let audit = |events, problem: Option<&str>| AuditPage {
        chrome: chrome("Audit log", Some(viewer())),
        form: AuditForm { user: "anna".into(), kind: "signed-in".into(), ..AuditForm::default() },
        kinds: vec![KindChoice { name: "signed-in".into(), label: "Signed in".into() }],
        events,
        newest: "user=anna".into(),
        is_later: problem.is_none(),
        older: problem.is_none().then(|| "user=anna&after=6162".into()),
        problem: problem.map(|said| FormError::at("user", said)),
    };
    let entry =
        EventView { at: moment(), text: "<b>anna signed in.".into(), address: Some("::1".into()) };
    let activity = Activity { events: vec![entry.clone()] };
    let error = |id: Option<&str>| ErrorPage {
        chrome: chrome("Page not found", None),
        status: 404,
        headline: "Page not found",
        sentence: "There is no page at this address.".into(),
        id: id.map(Into::into),
    };
    let waiting = |state, live: Option<&str>| WaitingPage {
        door: door(state),
        css: "/portal.css".into(),
        js: "/portal.js".into(),
        icon: "/icon.svg".into(),
        live: live.map(Into::into),
        refresh: Some(5),
    };
    vec![
        sample(t, "some", &audit(vec![entry], None)),
        sample(t, "wrong", &audit(Vec::new(), Some("There is no user named `anna`."))),
        sample(t, "one", &activity),
        sample(t, "all", &people),
        sample(t, "some", &groups(vec![group(1), group(2)], pages(), "crew")),
        sample(t, "none", &groups(Vec::new(), Pages::default(), "")),
        sample(
            t,
            "whole",
            &one_group(vec![member("anna", true), member("bert", false)], vec![opened], true),
        ),
        sample(t, "empty", &one_group(Vec::new(), Vec::new(), false)),
        sample(t, "with", &account(true)),
        sample(t, "without", &account(false)),
        sample(t, "fine", &about(vec![worker], vec![event()])),
        sample(t, "idle", &about(Vec::new(), Vec::new())),
        sample(t, "plain", &error(None)),
        sample(t, "ours", &error(Some("abc"))),
        sample(t, "off", &waiting("off", Some("/_refractory/waiting/friday"))),
        sample(t, "closed", &waiting("closed", None)),
        sample(t, "starting", &DoorPart { door: door("starting") }),
    ]
}
