use std::collections::BTreeSet;

use super::*;

mod calls;
mod front_ends;

fn names() -> PolicyScope {
    // The longest that names can be.
    PolicyScope::new(
        "abcdefghijklmnop",
        "ap-northeast-1",
        "123456789012",
        Some("Z0123456789ABCDEFGHIJ"),
    )
}

fn everybody() -> [PolicySubject; 4] {
    [
        PolicySubject::Controller,
        PolicySubject::FrontEnd,
        PolicySubject::Operator,
        PolicySubject::Table,
    ]
}

#[test]
fn every_policy_fits_into_a_managed_one() {
    for policy in everybody().into_iter().flat_map(|whose| policies(whose, &names())) {
        let text = policy.document.to_string();
        assert!(text.len() <= LONGEST, "{}: {}", policy.name, text.len());
        assert!(!text.contains('{') || !text.contains("{p}"), "{text}");
    }
}

#[test]
fn what_is_printed_is_what_was_agreed_on() {
    let names = PolicyScope::new("refractory", "eu-central-1", "123456789012", Some("Z0123456789"));
    let all = everybody().into_iter().flat_map(|whose| policies(whose, &names));
    let shown = all.map(|policy| format!("# {}\n{:#}\n", policy.name, policy.document));
    insta::assert_snapshot!(shown.collect::<String>());
}

#[test]
fn rows_are_in_order_and_none_is_there_twice() {
    for sheet in everybody().into_iter().flat_map(PolicySubject::sheets) {
        let mut seen = BTreeSet::new();
        for right in sheet.rights {
            assert!(right.actions.is_sorted(), "{:?}", right.actions);
            assert!(!right.why.is_empty() && !right.on.is_empty());
            for action in right.actions {
                for on in right.on {
                    assert!(
                        seen.insert((action, on, right.when)),
                        "{}: {action} on {on}",
                        sheet.name
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_that_can_be_narrowed_is_allowed_everywhere() {
    for row in everybody().into_iter().flat_map(|whose| reasons(whose, &names())) {
        assert!(!row.action.ends_with(":*"), "{row:?}");
        let (_, verb) = row.action.split_once(':').unwrap();
        let reads =
            ["Describe", "List", "Get", "BatchGet"].iter().any(|begin| verb.starts_with(begin));
        let wide = ["ec2:", "ecs:RegisterTaskDefinition", "ecs:DeregisterTaskDefinition"];
        let excused = wide.iter().any(|begin| row.action.starts_with(begin));
        assert!(reads || excused || !row.on.contains(&"*".to_owned()), "{row:?}");
    }
}

fn actions(whose: PolicySubject) -> BTreeSet<String> {
    reasons(whose, &names()).into_iter().map(|row| row.action.to_owned()).collect()
}

/// People's own verbs are people's to be allowed; the rest is Refractory's.
fn by_people(place: &str) -> bool {
    ["infra/", "doctor"].iter().any(|begin| place.starts_with(begin))
}

#[test]
fn every_right_of_the_controller_is_needed_for_some_call() {
    let own = calls::made().into_iter().filter(|(place, ..)| !by_people(place));
    let needed: BTreeSet<_> =
        own.flat_map(|(_, service, operation)| calls::actions(&service, &operation)).collect();
    let beside: BTreeSet<_> =
        calls::BESIDE.iter().map(|(action, _)| (*action).to_owned()).collect();
    let allowed = actions(PolicySubject::Controller);
    let idle: Vec<_> = allowed.difference(&needed).filter(|it| !beside.contains(*it)).collect();
    assert!(idle.is_empty(), "nobody needs {idle:?}");
    assert!(beside.is_subset(&allowed) && beside.is_disjoint(&needed), "an idle excuse");
}

#[test]
fn every_call_that_is_made_is_allowed_to_whoever_makes_it() {
    let (controller, operator) =
        (actions(PolicySubject::Controller), actions(PolicySubject::Operator));
    let made = calls::made();
    assert!(made.len() > 60, "{made:?}");
    for (place, service, operation) in made {
        let allowed = if by_people(&place) { &operator } else { &controller };
        for action in calls::actions(&service, &operation) {
            let (prefix, verb) = action.split_once(':').unwrap();
            let wide = allowed.iter().filter_map(|known| known.strip_suffix('*'));
            let any = wide.into_iter().any(|begin| action.starts_with(begin));
            let free = (prefix, verb) == ("sts", "GetCallerIdentity");
            assert!(any || free || allowed.contains(action.as_str()), "{place} needs {action}");
        }
    }
}

#[test]
fn other_partitions_have_their_own_arns() {
    for (region, partition) in [
        ("eu-central-1", "aws"),
        ("us-east-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
    ] {
        assert_eq!(PolicyScope::new("club", region, "1", None).partition, partition);
    }
}
