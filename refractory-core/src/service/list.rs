//! Lists, a page at a time.
use std::collections::VecDeque;

use super::Refractory;
use crate::Result;
use crate::access::{Partition, Verb, can, check_scope, partitions};
use crate::model::{Instance, Principal, Scope};
use crate::ports::{Collection, Cursor, DamagedRecord, Query, Store, TypedPage};

/// Which part of a list to read: where a page begins, and how much is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListQuery {
    /// What the page follows: [`TypedPage::next`] of the page before; none for the first page.
    pub after: Option<Cursor>,
    /// The most items of the page.
    pub limit: usize,
    /// Only those whose name begins like this.
    pub search: Option<String>,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { after: None, limit: 50, search: None }
    }
}

impl ListQuery {
    /// The longest page.
    pub const MAX_LIMIT: usize = Query::MAX_LIMIT;

    /// A page of at most `limit` items, from the beginning.
    pub fn first(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// The same, following `cursor`.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    /// The same, of those whose name begins like this. Capitals make no difference.
    #[must_use]
    pub fn starting_with(mut self, name: &str) -> Self {
        self.search = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        self
    }

    /// `query`, which is in the order of names, for this part of the list.
    pub(super) fn on(&self, query: Query) -> Query {
        let query = query.after(self.after.clone()).limit(self.limit);
        match self.prefix() {
            // No name has a character beyond it.
            Some(prefix) => query.from(&prefix).before(&format!("{prefix}\u{7f}")),
            None => query,
        }
    }

    /// What names begin with.
    pub(super) fn prefix(&self) -> Option<String> {
        self.search.as_ref().map(|name| name.to_lowercase())
    }

    fn page_size(&self) -> usize {
        self.limit.clamp(1, Self::MAX_LIMIT)
    }
}

impl Refractory {
    /// The instances that `who` sees, in order of name, a page at a time. Its cost depends on the page and on the number of
    /// their groups, and not on how many instances there are.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn list(&self, who: &Principal, query: &ListQuery) -> Result<TypedPage<Instance>> {
        check_scope(who, Scope::Read)?;
        let store = self.deployment.ports.store.as_ref();
        merged(store, who, partitions(who), query).await
    }

    /// Every page of [`list`](Self::list), one after another: for those who look at everything once, as an
    /// operator does with `doctor`. Pages and timers follow changes instead.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub async fn list_all(&self, who: &Principal) -> Result<TypedPage<Instance>> {
        let mut query = ListQuery::first(ListQuery::MAX_LIMIT);
        let mut all = self.list(who, &query).await?;
        while let Some(next) = all.next.take() {
            query.after = Some(next);
            let page = self.list(who, &query).await?;
            all.records.extend(page.records);
            all.damaged.extend(page.damaged);
            all.next = page.next;
        }
        Ok(all)
    }
}

/// Where an instance stands in every one of the partitions.
type Place = (String, String);

fn place_of(instance: &Instance) -> Place {
    (instance.slug.to_string(), instance.id.to_string())
}

/// One partition, read as far as needed.
struct Run {
    query: Query,
    read: VecDeque<Instance>,
    is_done: bool,
}

impl Run {
    /// Its first instance that was not taken yet.
    async fn head(
        &mut self,
        store: &dyn Store,
        damaged: &mut Vec<DamagedRecord>,
    ) -> Result<Option<Place>> {
        while self.read.is_empty() && !self.is_done {
            let page = Collection::<Instance>::of(store).page(&self.query).await?;
            self.read.extend(page.records);
            damaged.extend(page.damaged);
            self.is_done = page.next.is_none();
            self.query = self.query.clone().after(page.next);
        }
        Ok(self.read.front().map(place_of))
    }
}

/// The instances in `parts` that `who` sees, merged in the order of names, each once.
///
/// A partition is read in pieces that are together about one page long, and on only where its piece is used up.
pub(super) async fn merged(
    store: &dyn Store,
    who: &Principal,
    parts: Vec<Partition>,
    query: &ListQuery,
) -> Result<TypedPage<Instance>> {
    const LEAST: usize = 8;
    let piece = query.page_size() / parts.len().max(1) + 1;
    let run = |part: Partition| Run {
        query: query.on(Query::partition(part.index, &part.name)).limit(piece.max(LEAST)),
        read: VecDeque::new(),
        is_done: false,
    };
    let mut runs: Vec<_> = parts.into_iter().map(run).collect();
    let (mut records, mut damaged) = (Vec::new(), Vec::new());
    while records.len() < query.page_size()
        && let Some(instance) = least(store, &mut runs, &mut damaged).await?
    {
        // The index was written with the record; what it says of rights is not believed all the same.
        if can(who, Verb::SeeInstance, &instance) {
            records.push(instance);
        }
    }
    // What is left is known without reading it.
    let more = runs.iter().any(|run| !run.is_done || !run.read.is_empty());
    let last = records.last().filter(|_| more).map(place_of);
    let next = last.as_ref().map(|(slug, id)| Cursor::new(slug, id));
    Ok(TypedPage { records, damaged: on_page(damaged, last.as_ref()), next })
}

/// Takes the first instance of all `runs`.
async fn least(
    store: &dyn Store,
    runs: &mut [Run],
    damaged: &mut Vec<DamagedRecord>,
) -> Result<Option<Instance>> {
    let mut first: Option<Place> = None;
    for run in runs.iter_mut() {
        let head = run.head(store, damaged).await?;
        first = match (first, head) {
            (Some(first), Some(head)) => Some(first.min(head)),
            (first, head) => first.or(head),
        };
    }
    let Some(first) = first else { return Ok(None) };
    let is_first = |run: &&mut Run| run.read.front().map(place_of).as_ref() == Some(&first);
    Ok(runs.iter_mut().filter(is_first).filter_map(|run| run.read.pop_front()).last())
}

/// Those of `damaged` that stand on a page which ends with `last`, each once.
fn on_page(mut damaged: Vec<DamagedRecord>, last: Option<&Place>) -> Vec<DamagedRecord> {
    let place = |record: &DamagedRecord| (record.name().to_owned(), record.id.clone());
    damaged.retain(|record| last.is_none_or(|last| place(record) <= *last));
    damaged.sort_by_key(place);
    damaged.dedup_by(|one, other| one.id == other.id);
    damaged
}

#[cfg(feature = "accounts")]
/// One page of `all`, which has no order yet: of lists that are short anyway.
pub(super) fn page_of<T: crate::ports::Aggregate>(
    mut all: Vec<T>,
    name: impl Fn(&T) -> &str,
    query: &ListQuery,
) -> TypedPage<T> {
    let prefix = query.prefix().unwrap_or_default();
    let place = |item: &T| (name(item).to_owned(), item.id().to_owned());
    let after = query.after.as_ref().map(|at| (at.sort().to_owned(), at.id().to_owned()));
    all.retain(|item| {
        name(item).starts_with(&prefix) && after.as_ref().is_none_or(|after| place(item) > *after)
    });
    all.sort_by_key(place);
    let more = all.len() > query.page_size();
    all.truncate(query.page_size());
    let last = all.last().filter(|_| more).map(place);
    let next = last.map(|(name, id)| Cursor::new(&name, &id));
    TypedPage { records: all, damaged: Vec::new(), next }
}
