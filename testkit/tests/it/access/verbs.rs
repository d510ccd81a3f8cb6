//! Every verb of the handle asks who may do it.
use std::collections::BTreeSet;
use std::pin::Pin;

use refractory_core::model::{
    Edit, Event, EventKind, GroupName, Instance, LicenseKey, NewInstance, Principal, Right, Role,
    Scope, Scopes, Slug, Urgency, UserName, UserState,
};
use refractory_core::ports::{ArchiveSource, Collection, Kind};
use refractory_core::{
    Change, Error, ErrorKind, EventFilter, GroupId, LicenseId, ListQuery, NewApiToken, NewUser,
    Refractory, ReleaseId, Result, UserChange, UserId,
};
use testkit::counting_store::CountingStore;
use testkit::people::fresh_user;

use super::{app, discord, grant, granting, hash, hidden};
use crate::sources::files;

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;
type Call = for<'a> fn(&'a Refractory, &'a Principal, &'a Instance) -> Outcome<'a>;
type Plain = for<'a> fn(&'a Refractory, &'a Principal) -> Outcome<'a>;

/// What a verb about an instance takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Right(Right),
    Admin,
}

macro_rules! about_an_instance {
    ($($takes:expr, |$app:ident, $who:ident, $it:ident| $call:expr;)*) => {
        [$({
            fn call<'a>($app: &'a Refractory, $who: &'a Principal, $it: &'a Instance) -> Outcome<'a> {
                Box::pin(async move { $call.await.map(|_| ()) })
            }
            ($takes, stringify!($call), call as Call)
        }),*]
    };
}

macro_rules! about_the_deployment {
    ($($role:expr, |$app:ident, $who:ident| $call:expr;)*) => {
        [$({
            fn call<'a>($app: &'a Refractory, $who: &'a Principal) -> Outcome<'a> {
                Box::pin(async move { $call.await.map(|_| ()) })
            }
            ($role, stringify!($call), call as Plain)
        }),*]
    };
}

fn moved() -> Change {
    Change { owner: Edit::Clear, ..Change::default() }
}

fn granted() -> Change {
    Change { grants: granting(Right::View, "signed-in"), ..Change::default() }
}

fn verbs() -> Vec<(Takes, &'static str, Call)> {
    use Takes::{Admin, Right as R};
    about_an_instance! {
        R(Right::View), |app, who, it| app.get(who, &it.id);
        R(Right::View), |app, who, it| app.find(who, it.slug.as_str());
        R(Right::GameMaster), |app, who, it| app.start(who, &it.id);
        R(Right::GameMaster), |app, who, it| app.stop(who, &it.id, Urgency::Now);
        R(Right::GameMaster), |app, who, it| app.restart(who, &it.id);
        R(Right::GameMaster), |app, who, it| app.take_license(who, &it.id);
        R(Right::GameMaster), |app, who, it| app.playing(who, &it.id);
        R(Right::GameMaster), |app, who, it| app.worlds(who, &it.id);
        R(Right::GameMaster), |app, who, it| app.setup_ticket(who, &it.id);
        R(Right::GameMaster), |app, who, it| app.logs(who, &it.id, None, 1);
        R(Right::GameMaster), |app, who, it| app.events(who, &EventFilter::about(&it.id), None, 1);
        R(Right::GameMaster), |app, who, it| app.grants(who, it);
        R(Right::Manage), |app, who, it| app.change(who, &it.id, Change::default());
        R(Right::Manage), |app, who, it| app.change(who, &it.id, granted());
        R(Right::Manage), |app, who, it| app.rotate_asset_credentials(who, &it.id);
        R(Right::Manage), |app, who, it| app.delete(who, &it.id, it.slug.as_str());
        R(Right::Manage), |app, who, it| app.delete_at(who, &it.id, it.slug.as_str(), Some(it.revision));
        R(Right::Manage), |app, who, it| app.create_backup(who, &it.id, false);
        R(Right::Manage), |app, who, it| app.backups(who, &it.id, None, 1);
        R(Right::Manage), |app, who, it| app.operations(who, Some(&it.id), None, 1);
        R(Right::Manage), |app, who, it| app.active_operations(who, &it.id);
        Admin, |app, who, it| app.change(who, &it.id, moved());
        Admin, |app, who, it| app.assume_lost(who, &it.id);
    }
    .into()
}

/// The error for a table that there is not, with another name in it.
fn nothing(name: &str) -> String {
    format!("There is no table `{name}`.")
}

fn hides(error: &Error, table: &Instance) -> bool {
    let names = [table.id.as_str(), table.slug.as_str()];
    error.kind() == ErrorKind::NotFound
        && names.iter().any(|name| error.for_people() == nothing(name))
}

#[tokio::test]
async fn every_verb_about_an_instance_asks_for_its_right() {
    let store = CountingStore::default();
    let app = app(&store);
    let jane = [
        fresh_user(&app, "jane", Role::Player).await,
        fresh_user(&app, "june", Role::GameMaster).await,
    ];
    let grants = [None].into_iter().chain(Right::ALL.map(Some));
    let mut tables = 0;
    for (held, who) in grants.flat_map(|held| jane.iter().map(move |who| (held, who))) {
        for (takes, call, verb) in verbs() {
            tables += 1;
            let table = hidden(&app, &format!("t{tables}")).await;
            if let Some(right) = held {
                grant(&app, &table.id, right, &format!("user:{}", who.name())).await;
            }
            let table = app.get(&app.operator(), &table.id).await.unwrap();
            let outcome = verb(&app, who, &table).await;
            let asked = format!("{call} by {} with {held:?}: {outcome:?}", who.name());
            let may = match takes {
                Takes::Right(right) => held >= Some(right),
                Takes::Admin => false,
            };
            match outcome {
                Err(error) if held.is_none() => assert!(hides(&error, &table), "{asked}"),
                Err(error) if !may => assert_eq!(error.kind(), ErrorKind::Forbidden, "{asked}"),
                Err(error) => {
                    let refused = [ErrorKind::Forbidden, ErrorKind::NotFound];
                    assert!(!refused.contains(&error.kind()), "{asked}");
                }
                Ok(()) => assert!(may, "{asked}"),
            }
        }
    }
}

#[tokio::test]
async fn owners_and_administrators_need_no_grant_and_strangers_find_nothing() {
    let store = CountingStore::default();
    let app = app(&store);
    let owner = fresh_user(&app, "owner", Role::Player).await;
    let root = fresh_user(&app, "root", Role::Admin).await;
    let anonymous = app.anonymous(refractory_core::model::Via::Web);
    for (n, (takes, call, verb)) in verbs().into_iter().enumerate() {
        for (who, is_admin) in [(&owner, false), (&root, true), (&anonymous, false)] {
            let table = hidden(&app, &format!("{}-{n}", who.name())).await;
            let change =
                Change { owner: Edit::Set(owner.user().cloned().unwrap()), ..Change::default() };
            let table = app.change(&app.operator(), &table.id, change).await.unwrap();
            let outcome = verb(&app, who, &table).await;
            let asked = format!("{call} by {}: {outcome:?}", who.name());
            if who.user().is_none() {
                assert!(outcome.is_err_and(|error| hides(&error, &table)), "{asked}");
            } else {
                let refused = outcome.is_err_and(|error| error.kind() == ErrorKind::Forbidden);
                assert_eq!(refused, takes == Takes::Admin && !is_admin, "{asked}");
            }
        }
    }
}

/// Events are followed by those who may read them, by the rights of that moment.
#[tokio::test(start_paused = true)]
async fn events_of_a_table_are_told_to_its_game_masters_only() {
    let store = CountingStore::default();
    let app = app(&store);
    let gm = fresh_user(&app, "gm", Role::Player).await;
    let viewer = fresh_user(&app, "viewer", Role::GameMaster).await;
    let table = hidden(&app, "friday").await;
    grant(&app, &table.id, Right::GameMaster, "user:gm").await;
    grant(&app, &table.id, Right::View, "user:viewer").await;
    let mut heard = app.subscribe(&gm, EventFilter::default(), None).await.unwrap();
    let mut unheard = app.subscribe(&viewer, EventFilter::default(), None).await.unwrap();
    hidden(&app, "monday").await;
    app.start(&app.operator(), &table.id).await.unwrap();
    let first = heard.next().await.unwrap().event;
    assert_eq!((first.instance.unwrap().id, first.kind.name()), (table.id, "start-requested"));
    let minute = std::time::Duration::from_mins(1);
    assert!(tokio::time::timeout(minute, unheard.next()).await.is_err());
}

/// An event may be about two tables, one of which its reader may not see.
#[tokio::test]
async fn an_event_that_names_a_table_one_may_not_see_is_not_told() {
    let store = CountingStore::default();
    let app = app(&store);
    let gm = fresh_user(&app, "gm", Role::Player).await;
    let (mine, secret) = (hidden(&app, "friday").await, hidden(&app, "secret").await);
    grant(&app, &mine.id, Right::GameMaster, "user:gm").await;
    let kind = EventKind::LicenseTaken { from: mine.named(), to: secret.named() };
    let taken = Event::by_system(app.now(), kind).about(&mine);
    Collection::of(&store).insert(&taken).await.unwrap();
    let told = async |who: &Principal| {
        let page = app.events(who, &EventFilter::about(&mine.id), None, 50).await.unwrap();
        page.events.iter().any(|event| event.id == taken.id)
    };
    assert!(told(&app.operator()).await && !told(&gm).await);
    grant(&app, &secret.id, Right::View, "user:gm").await;
    assert!(told(&gm).await);
}

fn name(text: &str) -> UserName {
    UserName::new(text).unwrap()
}

fn nobody() -> UserId {
    UserId::new("nobody").unwrap()
}

fn no_group() -> GroupId {
    GroupId::new("nothing").unwrap()
}

fn key() -> LicenseKey {
    LicenseKey::new("AAAA-BBBB-CCCC-DDDD-EEEE-FFFF").unwrap()
}

fn license() -> LicenseId {
    LicenseId::new("nothing").unwrap()
}

fn release() -> ReleaseId {
    ReleaseId::new("nothing").unwrap()
}

fn table() -> NewInstance {
    NewInstance::named(Slug::new("made").unwrap())
}

fn archive() -> ArchiveSource {
    ArchiveSource::File("/nowhere/FoundryVTT.zip".into())
}

fn backup_script() -> NewApiToken {
    NewApiToken {
        name: "backup script".to_owned(),
        scopes: Scopes::new([Scope::Read]),
        lasts: None,
    }
}

fn of_the_deployment() -> Vec<(Role, &'static str, Plain)> {
    about_the_deployment! {
        Role::Player, |app, who| app.list(who, &ListQuery::default());
        Role::Player, |app, who| app.list_all(who);
        Role::Player, |app, who| app.groups(who, &ListQuery::default());
        Role::Player, |app, who| app.own_account(who);
        Role::Player, |app, who| app.owners(who, &[]);
        Role::GameMaster, |app, who| app.create(who, table());
        Role::GameMaster, |app, who| app.licenses(who);
        Role::GameMaster, |app, who| app.find_license(who, "nothing");
        Role::GameMaster, |app, who| app.license_choice(who, "nothing");
        Role::GameMaster, |app, who| app.releases(who);
        Role::GameMaster, |app, who| app.find_release(who, "13.351");
        Role::GameMaster, |app, who| app.release_choice(who, "13.351");
        Role::Admin, |app, who| app.add_license(who, "club", key());
        Role::Admin, |app, who| app.rename_license(who, &license(), "other");
        Role::Admin, |app, who| app.rename_license_at(who, &license(), "other", Some(1));
        Role::Admin, |app, who| app.accept_eula(who, &license());
        Role::Admin, |app, who| app.remove_license(who, &license());
        Role::Admin, |app, who| app.remove_license_at(who, &license(), Some(1));
        Role::Admin, |app, who| app.add_release(who, &archive());
        Role::Admin, |app, who| app.remove_release(who, &release());
        Role::Admin, |app, who| app.users(who, &ListQuery::default());
        Role::Admin, |app, who| app.users_all(who);
        Role::Admin, |app, who| app.account_name(who, &nobody());
        Role::Admin, |app, who| app.add_user(who, name("new"), Role::Player, None);
        Role::Admin, |app, who| app.find_user(who, "nobody");
        Role::Admin, |app, who| app.find_new_owner(who, "nobody");
        Role::Admin, |app, who| app.set_password(who, &nobody(), hash());
        Role::Admin, |app, who| app.sign_out_everywhere(who, &nobody());
        Role::Admin, |app, who| app.set_role(who, &nobody(), Role::Player);
        Role::Admin, |app, who| app.set_role_at(who, &nobody(), Role::Player, Some(1));
        Role::Admin, |app, who| app.create_api_token(who, &nobody(), backup_script());
        Role::Admin, |app, who| app.api_tokens(who, Some(&nobody()), None, 1);
        Role::Admin, |app, who| app.api_tokens(who, None, None, 1);
        Role::Admin, |app, who| app.remove_user(who, &nobody());
        Role::Admin, |app, who| app.remove_user_at(who, &nobody(), Some(1));
        Role::Admin, |app, who| app.set_user_state(who, &nobody(), UserState::Disabled);
        Role::Admin, |app, who| app.set_user_state_at(who, &nobody(), UserState::Active, Some(1));
        Role::Admin, |app, who| app.edit_user(who, &nobody(), &UserChange::default());
        Role::Admin, |app, who| app.register(who, NewUser::named(name("newer"), Role::Player));
        Role::Admin, |app, who| app.set_managed_groups(who, "discord", &nobody(), &BTreeSet::new());
        Role::Admin, |app, who| app.link_identity(who, &nobody(), &discord());
        Role::Admin, |app, who| app.unlink_identity(who, &nobody(), &discord());
        Role::Admin, |app, who| app.setup_link(who);
        Role::Admin, |app, who| app.sign_in_link(who, &nobody());
        Role::Admin, |app, who| app.create_group(who, GroupName::new("new").unwrap());
        Role::Admin, |app, who| app.rename_group(who, &no_group(), GroupName::new("x").unwrap());
        Role::Admin, |app, who| app.rename_group_at(who, &no_group(), GroupName::new("x").unwrap(), Some(1));
        Role::Admin, |app, who| app.delete_group(who, &no_group(), "x");
        Role::Admin, |app, who| app.delete_group_at(who, &no_group(), "x", Some(1));
        Role::Admin, |app, who| app.events(who, &EventFilter::default(), None, 1);
        Role::Admin, |app, who| app.retained_admin_keys(who, None);
        Role::Admin, |app, who| app.operations(who, None, None, 1);
        Role::Admin, |app, who| app.orphaned_backups(who, None, 1);
        Role::Admin, |app, who| app.damaged(who, None, 50);
        Role::Admin, |app, who| app.damaged_all(who);
        Role::Admin, |app, who| app.find_damaged(who, Kind::License, "nothing");
        Role::Admin, |app, who| app.remove_damaged(who, Kind::License, "nothing");
    }
    .into()
}

#[tokio::test]
async fn every_verb_about_the_deployment_asks_for_its_role() {
    for asker in Role::ALL {
        for (role, call, verb) in of_the_deployment() {
            let app = app(&CountingStore::default());
            fresh_user(&app, "root", Role::Admin).await;
            let who = fresh_user(&app, "jane", asker).await;
            let outcome = verb(&app, &who).await;
            let refused = outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Forbidden);
            assert_eq!(refused, asker < role, "{call} by {asker}: {outcome:?}");
        }
    }
}

/// Verbs whose refusals have tests of their own, and what asks nothing: it is about the caller's own session.
const ELSEWHERE: [&str; 25] = [
    // access::groups
    "find_group",
    "members",
    "find_member",
    "add_member",
    "remove_member",
    "group_instances",
    // Another's is none: lifecycle::admin_keys
    "purge_admin_key",
    // Another's is none: the portal's tests of tokens
    "find_api_token",
    "api_token_named",
    "revoke_api_token",
    // `get` until it is as awaited.
    "wait",
    "settled",
    "settled_telling",
    // By their own ids: lifecycle::operations
    "operation",
    "settled_operation",
    "cancel_operation",
    "backup",
    "restore_backup",
    "verify_backup",
    "delete_backup",
    // Events are told to those who may read them: above.
    "subscribe",
    "may_read_event",
    "deliveries",
    // About the caller's own session and password.
    "close_session",
    "confirm_password",
];

/// A method of the handle that takes a principal, and is in none of the tables above, is one that no one has thought about.
#[test]
fn no_verb_of_the_handle_is_left_out() {
    let here = include_str!("verbs.rs");
    let mut missing = BTreeSet::new();
    let mut seen = 0;
    for (_, text) in files("refractory-core/src/service", ".rs") {
        for rest in text.split("pub async fn ").skip(1) {
            let (signature, _) = rest.split_once('{').unwrap();
            let verb = signature.split(['(', '<']).next().unwrap();
            if !signature.contains("who: &Principal") {
                continue;
            }
            seen += 1;
            if !here.contains(&format!("app.{verb}(")) && !ELSEWHERE.contains(&verb) {
                missing.insert(verb.to_owned());
            }
        }
    }
    assert!(seen > 50, "{seen} verbs");
    assert!(missing.is_empty(), "no test refuses {missing:?}");
}
