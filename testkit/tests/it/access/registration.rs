//! Users whom a front end makes and keeps in groups.
use std::collections::BTreeSet;

use refractory_core::model::{Group, GroupName, Identity, Principal, Role, UserName, Via};
use refractory_core::{Code, ErrorKind, EventFilter, GroupId, ListQuery, NewUser, Refractory};
use testkit::counting_store::CountingStore;

use super::{app, discord};

fn new(name: &str) -> NewUser {
    NewUser::named(UserName::new(name).unwrap(), Role::GameMaster)
}

fn bot(app: &Refractory) -> Principal {
    app.front_end("discord", Via::Discord)
}

#[tokio::test]
async fn a_user_is_made_with_their_linked_account_or_not_at_all() {
    let app = app(&CountingStore::default());
    let bot = bot(&app);
    let jane = app.register(&bot, new("jane").linked_to(discord())).await.unwrap();
    let who = app.identify(&discord(), Via::Discord).await.unwrap().unwrap();
    assert_eq!((who.user(), who.role()), (Some(&jane.id), Role::GameMaster));
    let other = Identity::discord("80351110224678913").unwrap();
    let taken = app.register(&bot, new("jane").linked_to(other.clone())).await.unwrap_err();
    assert_eq!((taken.kind(), taken.code()), (ErrorKind::Conflict, &Code::USER_NAME_TAKEN));
    assert_eq!(app.identify(&other, Via::Discord).await.unwrap(), None);
    let taken = app.register(&bot, new("june").linked_to(discord())).await.unwrap_err();
    assert_eq!((taken.kind(), taken.code()), (ErrorKind::Conflict, &Code::IDENTITY_TAKEN));
    assert_eq!(app.find_user(&bot, "june").await.unwrap_err().kind(), ErrorKind::NotFound);
    let password = app.register(&bot, new("june").linked_to(Identity::Password)).await;
    assert_eq!(password.unwrap_err().kind(), ErrorKind::Invalid);
    let many = (0..9).map(|n| Identity::discord(&format!("1234{n}")).unwrap());
    let many = many.fold(new("june"), NewUser::linked_to);
    assert_eq!(app.register(&bot, many).await.unwrap_err().kind(), ErrorKind::Exhausted);
    let log = app.events(&bot, &EventFilter::default(), None, 50).await.unwrap().events;
    let mut kinds: Vec<_> = log.iter().map(|event| event.kind.name()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["identity-linked", "user-added"]);
    assert!(log.iter().all(|event| event.actor.name == "discord" && event.via == Via::Discord));
    let link = app.sign_in_link(&bot, &jane.id).await.unwrap();
    let secret = link.secret.expose();
    let taken = app.take_sign_in_link(secret, Via::Web, None).await.unwrap();
    assert_eq!(taken.map(|user| user.id), Some(jane.id));
    assert_eq!(app.take_sign_in_link(secret, Via::Web, None).await.unwrap(), None, "once");
}

async fn group(app: &Refractory, name: &str) -> Group {
    app.create_group(&app.operator(), GroupName::new(name).unwrap()).await.unwrap()
}

/// The groups that hold `name`, of `all`.
async fn of(app: &Refractory, all: &[&Group], name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for group in all {
        let members = app.members(&app.operator(), &group.id, &ListQuery::first(50)).await.unwrap();
        let count = app.find_group(&app.operator(), group.name.as_str()).await.unwrap().members;
        assert_eq!(members.members.len(), usize::try_from(count).unwrap());
        if members.members.iter().any(|member| member.name.as_str() == name) {
            found.push(group.name.to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_front_end_keeps_the_groups_that_it_manages_and_no_others() {
    let app = app(&CountingStore::default());
    let (bot, operator) = (bot(&app), app.operator());
    let jane = app.register(&bot, new("jane")).await.unwrap();
    let (a, b, c) = (group(&app, "a").await, group(&app, "b").await, group(&app, "c").await);
    let all = [&a, &b, &c];
    let set = async |manager: &str, groups: &[&Group]| {
        let ids: BTreeSet<GroupId> = groups.iter().map(|group| group.id.clone()).collect();
        app.set_managed_groups(&bot, manager, &jane.id, &ids).await
    };
    app.add_member(&operator, &a.id, "jane", true).await.unwrap();
    set("discord", &[&a, &b]).await.unwrap();
    set("discord", &[&a, &b]).await.unwrap();
    assert_eq!(of(&app, &all, "jane").await, ["a", "b"]);
    set("matrix", &[&c]).await.unwrap();
    set("discord", &[]).await.unwrap();
    assert_eq!(
        of(&app, &all, "jane").await,
        ["a", "c"],
        "a person and another front end made them"
    );
    assert!(app.find_member(&operator, &a.id, "jane").await.unwrap().is_administrator);
    // What a person sets is theirs from then on.
    app.add_member(&operator, &c.id, "jane", false).await.unwrap();
    set("matrix", &[]).await.unwrap();
    assert_eq!(of(&app, &all, "jane").await, ["a", "c"]);
    let gone = GroupId::new("gone").unwrap();
    let groups = BTreeSet::from([b.id.clone(), gone]);
    let refused = app.set_managed_groups(&bot, "discord", &jane.id, &groups).await.unwrap_err();
    assert_eq!(refused.code(), &Code::NO_GROUP);
    assert_eq!(of(&app, &all, "jane").await, ["a", "c"], "nothing is changed");
    assert_eq!(set("Not a name", &[]).await.unwrap_err().kind(), ErrorKind::Invalid);
    let log = app.events(&bot, &EventFilter::default(), None, 50).await.unwrap().events;
    let count = |kind: &str| {
        let theirs = log.iter().filter(|event| event.actor.name == "discord");
        theirs.filter(|event| event.kind.name() == kind).count()
    };
    assert_eq!((count("member-added"), count("member-removed")), (2, 1));
}
