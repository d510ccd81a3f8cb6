use refractory_core::model::Slug;

use super::*;

fn name(slug: &str) -> Hostname {
    Hostname::under(&Slug::new(slug).unwrap(), "games.example")
}

#[test]
fn only_whole_names_are_to_blame() {
    let all = [name("friday"), name("black-friday"), name("monday"), name("day")];
    let said = "[Tried to create resource record set [name='black-friday.games.example.', type='A'] but it already \
                exists, Tried to delete resource record set [name='_refractory.monday.games.example.', type='TXT'] but \
                it was not found]";
    assert_eq!(named(said, all.iter()), [name("black-friday"), name("monday")]);
    assert_eq!(named("", all.iter()), []);
}

#[tokio::test]
async fn a_batch_takes_a_name_once_and_nothing_when_it_is_closed() {
    let batch = Batch::new(Instant::now(), &name("a"), Vec::new());
    assert!(!batch.admit(&name("a"), &[]));
    assert!(batch.admit(&name("b"), &[]));
    batch.leave(&name("b"));
    assert_eq!(batch.close().len(), 1);
    assert!(!batch.admit(&name("c"), &[]));
}
