//! Lists show what one may see, at a cost that does not depend on what there is.
use std::collections::BTreeSet;

use refractory_core::model::{Grantee, Grants, GroupName, Principal, Right, Role, UserName, Via};
use refractory_core::{EventFilter, ListQuery, Refractory};
use testkit::counting_store::CountingStore;
use testkit::people::fresh_user;

use super::{app, grant, hidden, names, plant, to};

/// A user in `groups` fresh groups.
async fn member_of(app: &Refractory, groups: usize) -> Principal {
    let jane = fresh_user(app, "jane", Role::Player).await;
    let operator = app.operator();
    for n in 0..groups {
        let name = GroupName::new(&format!("group{n}")).unwrap();
        let group = app.create_group(&operator, name).await.unwrap();
        app.add_member(&operator, &group.id, "jane", false).await.unwrap();
    }
    let user = app.find_user(&operator, "jane").await.unwrap();
    assert_eq!(jane.user(), Some(&user.id));
    testkit::people::signed_in(app, &user).await
}

/// Reads the whole list in pages of `limit`; the names in order, and the most records read for one page.
async fn paged(
    app: &Refractory,
    store: &CountingStore,
    who: &Principal,
    limit: usize,
) -> (Vec<String>, usize) {
    let (mut all, mut most, mut query) = (Vec::new(), 0, ListQuery::first(limit));
    loop {
        store.take_reads();
        let page = app.list(who, &query).await.unwrap();
        most = most.max(store.take_reads());
        assert!(page.records.len() <= limit);
        assert!(page.next.is_none() || page.records.len() == limit, "only the last is short");
        all.extend(page.records.iter().map(|table| table.slug.to_string()));
        let Some(next) = page.next else { return (all, most) };
        query = query.after(Some(next));
    }
}

#[tokio::test]
async fn a_list_is_merged_from_what_one_sees_by_each_group_once_and_in_order() {
    let store = CountingStore::default();
    let app = app(&store);
    let jane = member_of(&app, 3).await;
    let groups: Vec<_> =
        jane.groups().iter().map(|group| Grantee::Group(group.id.clone())).collect();
    let me = Grantee::User(jane.user().cloned().unwrap());
    let of = |n: usize| match n % 7 {
        0 => to(Grantee::SignedIn),
        1 => to(groups[n % 3].clone()),
        2 => Grants { view: groups.iter().cloned().collect(), ..Grants::none() },
        3 => to(me.clone()),
        4 => Grants {
            manage: [me.clone()].into(),
            play: [groups[0].clone()].into(),
            ..Grants::none()
        },
        5 => Grants {
            view: [Grantee::SignedIn, groups[1].clone(), me.clone()].into(),
            ..Grants::none()
        },
        _ => Grants::none(),
    };
    plant(&store, 700, of).await;
    let expected: Vec<_> = (0..700).filter(|n| n % 7 != 6).map(|n| format!("t{n:06}")).collect();
    for limit in [1, 7, 50, 200] {
        let (all, _) = paged(&app, &store, &jane, limit).await;
        assert_eq!(all, expected, "{limit} at a time");
    }
    assert_eq!(names(&app, &app.operator()).await.len(), 700, "administrators see all");
    assert_eq!(names(&app, &app.anonymous(Via::Web)).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_reads_no_more_where_ten_times_as_much_is_stored() {
    let mut reads = BTreeSet::new();
    for count in [1_000, 10_000] {
        let store = CountingStore::default();
        let app = app(&store);
        let jane = member_of(&app, 8).await;
        let groups: Vec<_> = jane.groups().iter().map(|it| Grantee::Group(it.id.clone())).collect();
        // One in ten is everyone's, one in ten a group's; the others are not for her.
        plant(&store, count, |n| match n % 10 {
            0 => to(Grantee::SignedIn),
            1 => to(groups[n / 10 % 8].clone()),
            _ => to(Grantee::User("other".parse().unwrap())),
        })
        .await;
        let hers = app.list_all(&jane).await.unwrap().records.len();
        assert_eq!(hers, count / 5);
        for who in [&jane, &app.operator()] {
            store.take_reads();
            let page = app.list(who, &ListQuery::first(50)).await.unwrap();
            assert_eq!(page.records.len(), 50);
            let first = store.take_reads();
            assert!(first <= 150, "{first} records for a page of 50");
            let next = ListQuery::first(50).after(page.next);
            app.list(who, &next).await.unwrap();
            reads.insert((who.name().to_owned(), first, store.take_reads()));
        }
        // Who they are, with eight groups: a token, an account, and two records for each group.
        let user = app.find_user(&app.operator(), "jane").await.unwrap();
        let session = app.open_session(&user).await.unwrap();
        store.take_reads();
        app.session(session.secret.expose(), Via::Web).await.unwrap().unwrap();
        assert!(store.take_reads() <= 2 + 16);
    }
    assert_eq!(reads.len(), 2, "the same at both sizes: {reads:?}");
}

#[tokio::test]
async fn names_are_searched_by_how_they_begin() {
    let store = CountingStore::default();
    let app = app(&store);
    plant(&store, 2_000, |_| Grants::default()).await;
    let jane = fresh_user(&app, "jane", Role::Player).await;
    for who in [&jane, &app.operator()] {
        store.take_reads();
        let query = ListQuery::first(20).starting_with(" T0012");
        let page = app.list(who, &query).await.unwrap();
        assert!(store.take_reads() <= 60);
        assert_eq!(page.records.len(), 20);
        assert!(page.records.iter().all(|table| table.slug.as_str().starts_with("t0012")));
        let rest = app.list(who, &query.after(page.next)).await.unwrap();
        assert_eq!(rest.records[0].slug.as_str(), "t001220");
        let none = ListQuery::first(20).starting_with("zebra");
        assert!(app.list(who, &none).await.unwrap().records.is_empty());
    }
}

#[tokio::test]
async fn a_damaged_table_stands_in_the_list_of_those_who_see_it() {
    let store = CountingStore::default();
    let app = app(&store);
    let jane = fresh_user(&app, "jane", Role::Player).await;
    let mine = hidden(&app, "friday").await;
    grant(&app, &mine.id, Right::View, "user:jane").await;
    let other = hidden(&app, "monday").await;
    for id in [&mine.id, &other.id] {
        assert!(store.inner().damage(refractory_core::ports::Kind::Instance, id.as_str()));
    }
    let damaged = async |who: &Principal| {
        let found = app.list_all(who).await.unwrap().damaged;
        found.iter().map(|record| record.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(damaged(&jane).await, ["friday"]);
    assert_eq!(damaged(&app.operator()).await, ["friday", "monday"]);
}

#[tokio::test]
async fn users_and_groups_are_listed_a_page_at_a_time() {
    let store = CountingStore::default();
    let app = app(&store);
    let operator = app.operator();
    for n in 0..120 {
        let name = UserName::new(&format!("user{n:03}")).unwrap();
        app.add_user(&operator, name, Role::Player, None).await.unwrap();
        app.create_group(&operator, GroupName::new(&format!("group{n:03}")).unwrap())
            .await
            .unwrap();
    }
    store.take_reads();
    let users = app.users(&operator, &ListQuery::first(50)).await.unwrap();
    let groups = app.groups(&operator, &ListQuery::first(50)).await.unwrap();
    assert_eq!((users.records.len(), groups.records.len(), store.take_reads()), (50, 50, 100));
    let users = app.users(&operator, &ListQuery::first(50).after(users.next)).await.unwrap();
    assert_eq!(users.records[0].name.as_str(), "user050");
    let found = ListQuery::first(50).starting_with("group11");
    assert_eq!(app.groups(&operator, &found).await.unwrap().records.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn streams_read_what_was_written_and_not_what_there_is() {
    let store = CountingStore::default();
    let app = app(&store);
    let jane = fresh_user(&app, "jane", Role::Player).await;
    let pia = fresh_user(&app, "pia", Role::Player).await;
    let (hers, others) = (jane.user().cloned().unwrap(), "other".parse().unwrap());
    let of = |n: usize| if n == 7 { &hers } else { &others };
    plant(&store, 10_000, |n| to(Grantee::User(of(n).clone()))).await;
    let table = app.find(&jane, "t000007").await.unwrap();
    grant(&app, &table.id, Right::GameMaster, "user:jane").await;
    let mut watch = app.watch();
    watch.poll().await.unwrap();
    let mut hers = app.subscribe(&jane, EventFilter::default(), None).await.unwrap();
    let mut not_hers = app.subscribe(&pia, EventFilter::default(), None).await.unwrap();
    store.take_reads();
    assert!(watch.poll().await.unwrap().is_empty());
    assert_eq!(store.take_reads(), 0, "nothing was written");
    app.start(&jane, &table.id).await.unwrap();
    let written = store.take_reads();
    assert_eq!(watch.poll().await.unwrap().changed.len(), 1);
    assert!(hers.next().await.unwrap().event.instance.is_some_and(|it| it.id == table.id));
    let waiting = tokio::time::timeout(std::time::Duration::from_secs(1), not_hers.next()).await;
    assert!(waiting.is_err(), "it is not hers to read");
    let read = store.take_reads();
    assert!(written <= 3 && read <= 20, "{written} and {read} records");
}
