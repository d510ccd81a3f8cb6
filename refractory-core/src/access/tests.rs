use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;
use crate::model::{
    Grantee, Grants, GroupMember, Instance, NewInstance, Principal, Right, Role, Slug, Via,
};
use crate::{GroupId, InstanceId, Timestamp, UserId};

fn user(role: Role, id: &str) -> Principal {
    let id = UserId::new(id).unwrap();
    let name = id.to_string();
    Principal { user: Some(id), name, role, ..Principal::anonymous(Via::Web) }
}

fn instance(grants: Grants) -> Instance {
    let new = NewInstance::named(Slug::new("t").unwrap()).owned_by(UserId::new("owner").unwrap());
    let instance = Instance::new(InstanceId::new("t").unwrap(), new, Timestamp(0));
    Instance { grants, ..instance }
}

fn granting(right: Right, to: Grantee) -> Grants {
    let mut grants = Grants::none();
    grants.of_mut(right).insert(to);
    grants
}

fn by_name(right: Right) -> Instance {
    instance(granting(right, Grantee::User(UserId::new("jane").unwrap())))
}

/// The whole table: `y` where allowed, by role, and by what is granted on the instance in question.
#[test]
fn the_table_reads_as_meant() {
    let closed = instance(Grants::none());
    let open = instance(granting(Right::Play, Grantee::Anyone));
    let [view, play, game_master, manage] = Right::ALL.map(by_name);
    let instances = [&closed, &open, &view, &play, &game_master, &manage];
    let mut lines = Vec::new();
    for verb in Verb::ALL {
        let mut line = format!("{:<17}", format!("{verb:?}"));
        for who in [
            Principal::anonymous(Via::Web),
            user(Role::Player, "jane"),
            user(Role::GameMaster, "jane"),
            user(Role::Admin, "jane"),
        ] {
            let owner = Principal {
                user: who.user.as_ref().map(|_| UserId::new("owner").unwrap()),
                ..who.clone()
            };
            let as_owner = who.user.is_some() && can(&owner, verb, &closed);
            let cells = instances.map(|instance| can(&who, verb, instance)).into_iter();
            let cells = cells.chain([as_owner]).map(|can| if can { 'y' } else { '-' });
            let _infallible = write!(line, " {}", cells.collect::<String>());
        }
        lines.push(line);
    }
    let table = lines.join("\n");
    // Those who are not signed in, players, game masters, administrators; each by what is granted on the instance: nothing; anyone
    // may play; view, play, game-master, manage to them; and as its owner.
    let expected = "\
SeeInstance       ------- --yyyyy --yyyyy yyyyyyy
JoinInstance      -y----- -y-yyyy -y-yyyy yyyyyyy
InspectInstance   ------- ----yyy ----yyy yyyyyyy
StartInstance     ------- ----yyy ----yyy yyyyyyy
StopInstance      ------- ----yyy ----yyy yyyyyyy
SetUpInstance     ------- ----yyy ----yyy yyyyyyy
ReadLogs          ------- ----yyy ----yyy yyyyyyy
ChangeInstance    ------- -----yy -----yy yyyyyyy
GrantRights       ------- -----yy -----yy yyyyyyy
RotateKey         ------- -----yy -----yy yyyyyyy
DeleteInstance    ------- -----yy -----yy yyyyyyy
TransferInstance  ------- ------- ------- yyyyyyy
AssumeLost        ------- ------- ------- yyyyyyy
CreateInstance    ------- ------- yyyyyyy yyyyyyy
SeeLicenses       ------- ------- yyyyyyy yyyyyyy
ManageLicenses    ------- ------- ------- yyyyyyy
SeeReleases       ------- ------- yyyyyyy yyyyyyy
ManageReleases    ------- ------- ------- yyyyyyy
ManagePeople      ------- ------- ------- yyyyyyy
ManageGroups      ------- ------- ------- yyyyyyy
ManageMembers     ------- ------- ------- yyyyyyy
ReadEvents        ------- ------- ------- yyyyyyy
SeeDeployment     ------- ------- ------- yyyyyyy";
    assert_eq!(table, expected, "\n{table}");
}

#[test]
fn the_last_word_of_the_owner_needs_no_grant() {
    let theirs = instance(Grants::none());
    assert!(can(&user(Role::Player, "owner"), Verb::DeleteInstance, &theirs));
    let of_no_one = Instance { owner: None, ..theirs };
    assert!(!can(&Principal::anonymous(Via::Web), Verb::SeeInstance, &of_no_one));
    assert!(!can(&user(Role::Player, "owner"), Verb::SeeInstance, &of_no_one));
}

#[test]
fn a_group_opens_what_it_was_granted_to_its_members_only() {
    let group = |id: &str| GroupMember { id: GroupId::new(id).unwrap(), is_administrator: false };
    let table =
        instance(granting(Right::GameMaster, Grantee::Group(GroupId::new("crew").unwrap())));
    let member = Principal { groups: vec![group("crew")], ..user(Role::Player, "jane") };
    let other = Principal { groups: vec![group("others")], ..user(Role::Player, "jane") };
    assert!(
        can(&member, Verb::StartInstance, &table) && !can(&member, Verb::ChangeInstance, &table)
    );
    assert!(!can(&other, Verb::SeeInstance, &table));
}

#[test]
fn who_may_not_see_it_is_told_what_is_told_of_nothing() {
    let table = instance(Grants::none());
    let error =
        check(&user(Role::GameMaster, "jane"), Verb::StopInstance, &table, "t").unwrap_err();
    let nothing = no_such_instance("t");
    assert_eq!((error.kind(), error.for_people()), (nothing.kind(), nothing.for_people()));
    assert_eq!(error.to_string(), nothing.to_string());
}

#[test]
fn a_refusal_says_who_can_do_it() {
    let listed = instance(Grants::default());
    let of = |role, verb| {
        let error = check(&user(role, "jane"), verb, &listed, "t").expect_err("refused");
        error.for_people().into_owned()
    };
    for (role, verb, sentence) in [
        (
            Role::GameMaster,
            Verb::ManagePeople,
            "Game masters can't manage people. Ask an administrator.",
        ),
        (
            Role::GameMaster,
            Verb::AssumeLost,
            "Game masters can't declare a machine lost. Ask an administrator.",
        ),
        (
            Role::Player,
            Verb::StopInstance,
            "Only the table's owner, its game masters and administrators can stop it.",
        ),
        (
            Role::GameMaster,
            Verb::DeleteInstance,
            "Only the table's owner, its managers and administrators can delete it.",
        ),
    ] {
        assert_eq!(of(role, verb), sentence);
    }
}

#[test]
fn what_is_seen_in_lists_lies_in_these_partitions() {
    let names = |who: &Principal| {
        let all = partitions(who).into_iter();
        all.map(|part| format!("{}={}", part.index.name(), part.name)).collect::<Vec<_>>()
    };
    let crew = GroupMember { id: GroupId::new("crew").unwrap(), is_administrator: true };
    let jane = Principal { groups: vec![crew], ..user(Role::Player, "jane") };
    assert_eq!(
        names(&jane),
        [
            "instance-by-viewer=signed-in",
            "instance-by-owner=jane",
            "instance-by-viewer=user:jane",
            "instance-by-viewer=group:crew",
        ]
    );
    assert_eq!(names(&Principal::operator()), ["instance-by-name="]);
    assert!(names(&Principal::anonymous(Via::Web)).is_empty());
}

/// Whatever is granted, an instance has a place in a partition of exactly those who see it.
#[test]
fn the_index_and_the_table_agree() {
    use crate::ports::Aggregate as _;
    let crew = GroupId::new("crew").unwrap();
    let grantees = [
        Grantee::Anyone,
        Grantee::SignedIn,
        Grantee::Group(crew.clone()),
        Grantee::User(UserId::new("jane").unwrap()),
    ];
    let member = GroupMember { id: crew, is_administrator: false };
    let askers = [
        Principal::operator(),
        user(Role::Player, "jane"),
        user(Role::Player, "owner"),
        user(Role::GameMaster, "other"),
        Principal { groups: vec![member], ..user(Role::Player, "other") },
    ];
    for bits in 0..1_u32 << 16 {
        let mut grants = Grants::none();
        for (at, (right, grantee)) in Right::ALL
            .into_iter()
            .flat_map(|right| grantees.iter().map(move |grantee| (right, grantee)))
            .enumerate()
        {
            if bits & (1 << at) != 0 {
                grants.of_mut(right).insert(grantee.clone());
            }
        }
        let is_grantable = grants.clone().checked().is_ok();
        let table = instance(grants);
        let places = table.indexed();
        let distinct: BTreeSet<_> = places.iter().collect();
        assert_eq!(places.len(), distinct.len(), "{places:?}");
        for who in askers.iter().filter(|_| is_grantable) {
            let lies_there = partitions(who).into_iter().any(|part| {
                places.iter().any(|place| place.index == part.index && place.partition == part.name)
            });
            assert_eq!(
                lies_there,
                can(who, Verb::SeeInstance, &table),
                "{who:?} {:?}",
                table.grants
            );
        }
    }
}

/// DynamoDB writes at most a hundred items in one transaction. A rename takes every place of a record away and makes it anew.
#[test]
fn a_table_with_as_many_grantees_as_there_may_be_is_renamed_in_one_transaction() {
    use crate::model::{Event, EventKind};
    use crate::ports::Aggregate as _;
    let grantees = (0..Grants::MOST).map(|n| Grantee::User(UserId::new(&format!("u{n}")).unwrap()));
    let grants = Grants { view: grantees.collect(), ..Grants::none() }.checked().unwrap();
    let mut table = instance(grants);
    table.desired.power = crate::model::Power::On;
    let entry = crate::model::SetupEntry { user: None, until: Timestamp(9) };
    table.setup.enter(entry, Timestamp(1));
    let who = user(Role::Player, "owner");
    let event = Event::by(&who, Timestamp(1), EventKind::StartRequested).about(&table);
    let of_record = 1 + 2 * (table.unique().len() + table.indexed().len());
    // A change of the name, the owner, and who has access.
    let of_events = 3 * (1 + event.indexed().len());
    assert!(of_record + of_events <= 100, "{of_record} and {of_events} items");
}
