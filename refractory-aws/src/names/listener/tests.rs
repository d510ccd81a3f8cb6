use refractory_core::model::Slug;

use super::*;

fn name(slug: &str) -> Hostname {
    Hostname::under(&Slug::new(slug).unwrap(), "games.example")
}

#[test]
fn a_priority_is_a_names_own_while_it_is_free() {
    let mut used = BTreeSet::new();
    let own = free(&name("friday"), &used).unwrap();
    assert_eq!(free(&name("friday"), &used), Some(own));
    assert!((FIRST..FIRST + COUNT).contains(&own));
    used.insert(own);
    let next = free(&name("friday"), &used).unwrap();
    assert!(next == own + 1 || next == FIRST);
}

#[test]
fn a_thousand_names_get_a_thousand_priorities() {
    let mut used = BTreeSet::new();
    for index in 0..1_000 {
        assert!(used.insert(free(&name(&format!("t{index}")), &used).unwrap()));
    }
}

#[test]
fn what_closes_doors_comes_before_every_table() {
    assert_eq!(before_tables(&BTreeSet::new()), Some(FIRST - 1));
    assert_eq!(before_tables(&[FIRST - 1, FIRST - 2].into()), Some(FIRST - 3));
    assert_eq!(before_tables(&(1..FIRST).collect()), None);
}

#[test]
fn where_all_are_used_there_is_none() {
    let used = (FIRST..FIRST + COUNT).collect();
    assert_eq!(free(&name("friday"), &used), None);
}
