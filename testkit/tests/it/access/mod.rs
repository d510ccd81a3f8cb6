//! Rights, groups and lists, through the handle.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
mod groups;
mod identities;
mod lists;
mod verbs;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use refractory_core::model::{
    Grantee, GranteeName, Grants, GrantsChange, Instance, NewInstance, Principal, Right, Slug,
};
use refractory_core::ports::{
    Changes, DamagedRecord, Kind, Page, Position, Query, Record, Store, UniqueKey, Write,
};
use refractory_core::{
    Change, InstanceId, MemoryStore, Refractory, Result, Timestamp, async_trait,
};
use testkit::world::World;

/// A store in memory that counts the records it hands out.
#[derive(Debug, Clone, Default)]
struct Counting(Arc<(MemoryStore, AtomicUsize)>);

impl Counting {
    /// What was read since the last call.
    fn read(&self) -> usize {
        self.0.1.swap(0, Ordering::Relaxed)
    }

    fn count(&self, records: usize) {
        self.0.1.fetch_add(records, Ordering::Relaxed);
    }
}

#[async_trait]
impl Store for Counting {
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Record>> {
        self.count(1);
        self.0.0.load(kind, id).await
    }
    async fn find(&self, key: &UniqueKey) -> Result<Option<Record>> {
        self.count(1);
        self.0.0.find(key).await
    }
    async fn query(&self, query: &Query) -> Result<Page> {
        let page = self.0.0.query(query).await?;
        self.count(page.records.len() + page.damaged.len());
        Ok(page)
    }
    async fn commit(&self, writes: &[Write]) -> Result<Vec<Record>> {
        self.0.0.commit(writes).await
    }
    async fn changes(&self, kind: Kind, after: Position, limit: usize) -> Result<Changes> {
        let told = self.0.0.changes(kind, after, limit).await?;
        self.count(told.changes.len());
        Ok(told)
    }
    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        self.0.0.discard(record).await
    }
}

/// A deployment over `store`.
fn app(store: &Counting) -> Refractory {
    Refractory::builder(World::default()).store(store.clone()).build().0
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
async fn plant(store: &Counting, count: usize, grants: impl Fn(usize) -> Grants) {
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
