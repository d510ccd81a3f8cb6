//! Rights, groups and lists, through the handle.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
mod groups;
mod identities;
mod lists;
mod registration;
mod verbs;

use std::collections::BTreeSet;

use refractory_core::model::{
    Grantee, GranteeName, Grants, GrantsChange, Identity, Instance, NewInstance, PasswordHash,
    Principal, Right, Slug,
};
use refractory_core::ports::{Record, Store, Write};
use refractory_core::{Change, InstanceId, Refractory, Timestamp};
use testkit::administrators::handle;
use testkit::counting_store::CountingStore;

/// A deployment over `store`.
fn app(store: &CountingStore) -> Refractory {
    handle(store.clone())
}

fn hash() -> PasswordHash {
    PasswordHash("hash".to_owned())
}

fn discord() -> Identity {
    Identity::discord("80351110224678912").unwrap()
}

fn granting(right: Right, words: &str) -> GrantsChange {
    GrantsChange::default().granting(right, GranteeName::list([words]).unwrap())
}

/// Grants `right` to exactly `words`, as the operator.
async fn grant(app: &Refractory, id: &InstanceId, right: Right, words: &str) {
    let change = Change { grants: granting(right, words), ..Change::default() };
    app.change(&app.operator(), id, change).await.unwrap();
}

/// A table that no one but administrators sees.
async fn hidden(app: &Refractory, slug: &str) -> Instance {
    let none = Right::ALL
        .into_iter()
        .fold(GrantsChange::default(), |change, right| change.granting(right, BTreeSet::new()));
    let new = NewInstance::named(Slug::new(slug).unwrap()).granting(none);
    app.create(&app.operator(), new).await.unwrap()
}

async fn names(app: &Refractory, who: &Principal) -> Vec<String> {
    let found = app.list_all(who).await.unwrap().records;
    found.iter().map(|table| table.slug.to_string()).collect()
}

/// Many tables, written without the handle: `t000000` and so on.
async fn plant(store: &CountingStore, count: usize, grants: impl Fn(usize) -> Grants) {
    for first in (0..count).step_by(16) {
        let write = |n: usize| {
            let slug = Slug::new(&format!("t{n:06}")).unwrap();
            let id = InstanceId::new(&format!("i{n:06}")).unwrap();
            let instance = Instance::new(id, NewInstance::named(slug), Timestamp(1));
            let instance = Instance { grants: grants(n), ..instance };
            Write::Insert(Record::Instance(Box::new(instance)))
        };
        let writes: Vec<_> = (first..count.min(first + 16)).map(write).collect();
        store.commit(&writes).await.unwrap();
    }
}

fn to(grantee: Grantee) -> Grants {
    Grants { view: [grantee].into(), ..Grants::none() }
}
