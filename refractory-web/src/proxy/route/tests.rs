use refractory_core::model::{NewInstance, Power, Urgency};

use super::*;

fn instance(id: &str, slug: &str) -> Instance {
    let new = NewInstance::named(Slug::new(slug).unwrap());
    Instance::new(InstanceId::new(id).unwrap(), new, Timestamp(0))
}

fn changes(changed: Vec<Instance>, gone: &[&str]) -> Changes {
    let gone = gone.iter().map(|id| InstanceId::new(id).unwrap()).collect();
    Changes { changed, gone, damaged: Vec::new() }
}

fn holder(routes: &Routes, slug: &str) -> Option<String> {
    routes.by_slug(slug).map(|route| route.id.to_string())
}

#[test]
fn two_tables_may_swap_their_names() {
    let routes = Routes::default();
    routes.replace(&[instance("a", "friday"), instance("b", "monday")]);
    routes.apply(&changes(vec![instance("a", "monday"), instance("b", "friday")], &[]));
    assert_eq!(holder(&routes, "friday").as_deref(), Some("b"));
    assert_eq!(holder(&routes, "monday").as_deref(), Some("a"));
}

#[test]
fn a_name_that_was_taken_over_survives_the_end_of_its_former_holder() {
    let routes = Routes::default();
    routes.replace(&[instance("a", "friday")]);
    routes.apply(&changes(vec![instance("b", "friday")], &["a"]));
    assert_eq!(holder(&routes, "friday").as_deref(), Some("b"));
    routes.replace(&[instance("c", "monday")]);
    assert_eq!(holder(&routes, "friday"), None);
    assert_eq!(routes.open(), [(InstanceId::new("c").unwrap(), 0)]);
}

#[test]
fn a_change_keeps_the_connections_of_a_table() {
    let routes = Routes::default();
    let mut table = instance("a", "friday");
    routes.replace(std::slice::from_ref(&table));
    let before = routes.by_slug("friday").unwrap();
    table.want(Power::On, Urgency::Gentle, Timestamp(1));
    routes.apply(&changes(vec![table], &[]));
    let after = routes.by_slug("friday").unwrap();
    assert!(Arc::ptr_eq(&before.connections, &after.connections));
    assert_eq!((before.phase.clone(), after.endpoint()), (Phase::Off, None));
    assert!(matches!(after.phase, Phase::Starting(_)));
}
