//! Groups: who manages them, and what is left when one goes.
use refractory_core::model::{
    GranteeName, Group, GroupName, Membership, Principal, Right, Role, UserState,
};
use refractory_core::ports::Collection;
use refractory_core::{ErrorKind, ListQuery, Refractory, Verb, can, right_of_group};
use testkit::counting_store::CountingStore;
use testkit::people::{fresh_user, signed_in};

use super::{app, grant, hidden, names};

async fn group(app: &Refractory, name: &str) -> Group {
    app.create_group(&app.operator(), GroupName::new(name).unwrap()).await.unwrap()
}

/// The same user with the rights there are now.
async fn again(app: &Refractory, who: &Principal) -> Principal {
    signed_in(app, &app.find_user(&app.operator(), who.name()).await.unwrap()).await
}

#[tokio::test]
async fn administrators_of_a_group_manage_its_members_and_nothing_else() {
    let store = CountingStore::default();
    let app = app(&store);
    let operator = app.operator();
    let ada = fresh_user(&app, "ada", Role::Player).await;
    let bob = fresh_user(&app, "bob", Role::GameMaster).await;
    let cy = fresh_user(&app, "cy", Role::Player).await;
    let (crew, others) = (group(&app, "crew").await, group(&app, "others").await);
    app.add_member(&operator, &crew.id, "ada", true).await.unwrap();
    let ada = again(&app, &ada).await;
    assert!(ada.administers(&crew.id) && ada.administers_a_group());
    app.add_member(&ada, &crew.id, "bob", false).await.unwrap();
    let counted = app.add_member(&ada, &crew.id, "bob", false).await.unwrap();
    assert_eq!(counted.members, 2, "added once");
    let bob = again(&app, &bob).await;
    let mut listed = app.members(&ada, &crew.id, &ListQuery::default()).await.unwrap().members;
    listed.sort_by(|one, other| one.name.cmp(&other.name));
    let listed: Vec<_> = listed.iter().map(|it| (it.name.as_str(), it.is_administrator)).collect();
    assert_eq!(listed, [("ada", true), ("bob", false)]);
    assert!(app.find_member(&ada, &crew.id, "ada").await.unwrap().is_administrator);
    let none = app.find_member(&ada, &crew.id, "cy").await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    let groups = app.groups(&ada, &ListQuery::default()).await.unwrap().records;
    assert_eq!(groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["crew"]);
    assert!(app.groups(&bob, &ListQuery::default()).await.unwrap().records.is_empty());
    // A member is told that they may not; for everyone else there is no such group.
    for (who, kind) in [(&bob, ErrorKind::Forbidden), (&cy, ErrorKind::NotFound)] {
        let refused = [
            app.find_group(who, "crew").await.unwrap_err(),
            app.members(who, &crew.id, &ListQuery::default()).await.unwrap_err(),
            app.find_member(who, &crew.id, "ada").await.unwrap_err(),
            app.add_member(who, &crew.id, "cy", false).await.unwrap_err(),
            app.remove_member(who, &crew.id, "ada").await.unwrap_err(),
            app.group_instances(who, &crew.id, &ListQuery::default()).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|error| error.kind() == kind), "{}: {refused:?}", who.name());
    }
    assert_eq!(app.find_group(&ada, "others").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(
        app.add_member(&ada, &others.id, "cy", true).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let name = || GroupName::new("new").unwrap();
    for refused in [
        app.create_group(&ada, name()).await.unwrap_err(),
        app.rename_group(&ada, &crew.id, name()).await.unwrap_err(),
        app.delete_group(&ada, &crew.id, "crew").await.unwrap_err(),
        app.users(&ada, &ListQuery::default()).await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
    }
    // A member leaves without anyone's help.
    app.remove_member(&bob, &crew.id, "bob").await.unwrap();
    assert!(!again(&app, &bob).await.is_member_of(&crew.id));
    assert_eq!(app.find_group(&operator, "crew").await.unwrap().members, 1);
    assert_eq!(
        app.remove_member(&ada, &crew.id, "bob").await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_group_that_is_renamed_opens_what_it_opened_and_a_deleted_one_nothing() {
    let store = CountingStore::default();
    let app = app(&store);
    let operator = app.operator();
    let crew = group(&app, "crew").await;
    let mut members = Vec::new();
    for n in 0..5 {
        let name = format!("user{n}");
        members.push(fresh_user(&app, &name, Role::Player).await);
        app.add_member(&operator, &crew.id, &name, false).await.unwrap();
    }
    let (table, open) = (hidden(&app, "friday").await, hidden(&app, "monday").await);
    grant(&app, &table.id, Right::GameMaster, "group:crew").await;
    grant(&app, &open.id, Right::View, "signed-in group:crew").await;
    let jane = again(&app, &members[0]).await;
    assert_eq!(names(&app, &jane).await, ["friday", "monday"]);
    app.start(&jane, &table.id).await.unwrap();
    app.rename_group(&operator, &crew.id, GroupName::new("band").unwrap()).await.unwrap();
    let table = app.get(&again(&app, &jane).await, &table.id).await.unwrap();
    let named = app.grants(&operator, &table).await.unwrap();
    assert_eq!(GranteeName::in_words(&named.game_master), "group:band");
    assert_eq!(right_of_group(&table, &crew.id), Some(Right::GameMaster));
    let opened = app.group_instances(&operator, &crew.id, &ListQuery::first(1)).await.unwrap();
    assert_eq!(opened.records[0].slug.as_str(), "friday");
    let opened =
        app.group_instances(&operator, &crew.id, &ListQuery::first(1).after(opened.next)).await;
    assert_eq!(opened.unwrap().records[0].slug.as_str(), "monday", "though every user sees it");
    let refused = app.delete_group(&operator, &crew.id, "crew").await.unwrap_err();
    assert!(refused.for_people().contains("type its name: `band`"), "{refused:?}");
    app.delete_group(&operator, &crew.id, "band").await.unwrap();
    let jane = again(&app, &jane).await;
    assert!(jane.groups().is_empty());
    assert_eq!(app.get(&jane, &table.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(names(&app, &jane).await, ["monday"]);
    assert_eq!(Collection::<Membership>::of(&store).list().await.unwrap(), []);
    for id in [&table.id, &open.id] {
        let left = app.get(&operator, id).await.unwrap().grants;
        assert!(left.named().is_empty(), "{left:?}");
    }
    // The name is free, and another group of that name opens nothing.
    let other = group(&app, "band").await;
    app.add_member(&operator, &other.id, "user0", false).await.unwrap();
    assert_eq!(names(&app, &again(&app, &jane).await).await, ["monday"]);
}

/// What a crash in the middle of a deletion leaves: memberships and grants of a group that is gone.
#[tokio::test]
async fn what_is_left_of_a_deleted_group_means_nothing_and_is_cleared_when_met() {
    let store = CountingStore::default();
    let app = app(&store);
    let operator = app.operator();
    let jane = fresh_user(&app, "jane", Role::Player).await;
    let table = hidden(&app, "friday").await;
    for n in 0..Membership::MOST_GROUPS {
        let group = group(&app, &format!("group{n}")).await;
        app.add_member(&operator, &group.id, "jane", false).await.unwrap();
    }
    let crew = app.find_group(&operator, "group0").await.unwrap();
    grant(&app, &table.id, Right::Manage, "group:group0").await;
    let last = group(&app, "last").await;
    let full = app.add_member(&operator, &last.id, "jane", false).await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Exhausted);
    assert!(full.for_people().contains("50 groups"), "{}", full.for_people());
    Collection::<Group>::of(&store)
        .delete(&app.find_group(&operator, "group0").await.unwrap())
        .await
        .unwrap();
    let now = again(&app, &jane).await;
    assert_eq!(now.groups().len(), Membership::MOST_GROUPS - 1);
    assert!(!can(&now, Verb::SeeInstance, &app.get(&operator, &table.id).await.unwrap()));
    let left = app.get(&operator, &table.id).await.unwrap();
    assert!(app.grants(&operator, &left).await.unwrap().manage.is_empty(), "not shown, either");
    app.add_member(&operator, &last.id, "jane", false).await.unwrap();
    let id = Membership::id_of(&crew.id, now.user().unwrap());
    assert!(Collection::<Membership>::of(&store).load(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn a_user_who_is_removed_leaves_groups_and_grants_and_one_who_is_disabled_keeps_them() {
    let store = CountingStore::default();
    let app = app(&store);
    let operator = app.operator();
    let jane = fresh_user(&app, "jane", Role::Player).await;
    let id = jane.user().cloned().unwrap();
    let crew = group(&app, "crew").await;
    app.add_member(&operator, &crew.id, "jane", true).await.unwrap();
    let table = hidden(&app, "friday").await;
    grant(&app, &table.id, Right::Play, "user:jane").await;
    app.set_user_state(&operator, &id, UserState::Disabled).await.unwrap();
    app.set_user_state(&operator, &id, UserState::Active).await.unwrap();
    let jane = again(&app, &jane).await;
    assert!(
        jane.administers(&crew.id)
            && can(&jane, Verb::JoinInstance, &app.get(&jane, &table.id).await.unwrap())
    );
    app.remove_user(&operator, &id).await.unwrap();
    assert_eq!(app.find_group(&operator, "crew").await.unwrap().members, 0);
    let members = app.members(&operator, &crew.id, &ListQuery::default()).await.unwrap();
    assert!(members.members.is_empty() && members.next.is_none());
    assert!(app.get(&operator, &table.id).await.unwrap().grants.named().is_empty());
}

/// Members are added while the group is deleted: each call either comes first and is undone, or finds no group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_member_is_added_to_a_group_that_is_deleted_at_the_same_time() {
    for _ in 0..50 {
        let store = CountingStore::default();
        let app = app(&store);
        let operator = app.operator();
        let crew = group(&app, "crew").await;
        for name in ["ada", "bob", "cy"] {
            fresh_user(&app, name, Role::Player).await;
        }
        let mut calls = tokio::task::JoinSet::new();
        for name in ["ada", "bob", "cy"] {
            let (app, operator, id) = (app.clone(), operator.clone(), crew.id.clone());
            calls.spawn(
                async move { app.add_member(&operator, &id, name, false).await.map(|_| ()) },
            );
        }
        let (deleting, id) = (app.clone(), crew.id.clone());
        calls.spawn(async move { deleting.delete_group(&operator, &id, "crew").await });
        for outcome in calls.join_all().await {
            let there = Collection::<Group>::of(&store).load(crew.id.as_str()).await;
            assert!(outcome.is_ok() || !there.is_ok_and(|it| it.is_some()));
        }
        let left = Collection::<Membership>::of(&store).list().await.unwrap();
        assert_eq!(left, [], "no one is in a group that is gone");
    }
}
