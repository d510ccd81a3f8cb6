//! What the bot knows of tables and callers without asking the store: for what has to be answered at once.
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use refractory_core::model::{Grants, Instance, InstanceState, Principal, Right};
use refractory_core::{Changes, InstanceId, Rights, UserId};
use tokio::time::Instant;

/// How long a caller is believed to be who they were.
const FRESH: Duration = Duration::from_mins(1);
/// How many callers are known at once. The one that was seen longest ago goes first.
const CALLERS: usize = 1_000;

/// Tables and callers in memory.
#[derive(Debug, Default)]
pub struct Directory {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    tables: BTreeMap<InstanceId, TableEntry>,
    is_whole: bool,
    callers: HashMap<u64, KnownCaller>,
    licenses: Vec<String>,
}

/// Who a Discord account was when it was last asked.
#[derive(Debug, Clone)]
pub(crate) struct KnownCaller {
    asked: Instant,
    /// None for an account that is linked to no user.
    pub(crate) who: Option<Principal>,
}

/// A table, as far as it is offered while a user types.
#[derive(Debug, Clone)]
pub(crate) struct TableEntry {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) state: InstanceState,
    owner: Option<UserId>,
    grants: Grants,
}

impl Directory {
    /// Takes what a watch found.
    pub fn take(&self, changes: &Changes) {
        let mut known = self.lock();
        for table in &changes.changed {
            known.tables.insert(table.id.clone(), TableEntry::of(table));
        }
        for id in &changes.gone {
            known.tables.remove(id);
        }
        known.is_whole = true;
    }

    /// Notes who a Discord account is; none for one that is linked to no user.
    pub(crate) fn note_caller(&self, account: u64, who: Option<Principal>) {
        let mut known = self.lock();
        if known.callers.len() >= CALLERS
            && !known.callers.contains_key(&account)
            && let Some(oldest) =
                known.callers.iter().min_by_key(|(_, caller)| caller.asked).map(|(id, _)| *id)
        {
            known.callers.remove(&oldest);
        }
        known.callers.insert(account, KnownCaller { asked: Instant::now(), who });
    }

    /// Who a Discord account was lately; none where that has to be asked.
    pub(crate) fn caller(&self, account: u64) -> Option<KnownCaller> {
        let known = self.lock();
        known.callers.get(&account).filter(|caller| caller.asked.elapsed() < FRESH).cloned()
    }

    /// Notes the names of all licenses.
    pub(crate) fn note_licenses(&self, names: Vec<String>) {
        self.lock().licenses = names;
    }

    /// The names of licenses that have `typed` in them.
    pub(crate) fn licenses(&self, typed: &str, most: usize) -> Vec<String> {
        let known = self.lock();
        let found = known.licenses.iter().filter(|name| contains(name, typed));
        found.take(most).cloned().collect()
    }

    /// The tables on which `who` has `right` and that have `typed` in their name: those first that begin with it.
    pub(crate) fn tables(
        &self,
        who: &Principal,
        right: Right,
        typed: &str,
        most: usize,
    ) -> Vec<TableEntry> {
        let known = self.lock();
        let is_meant =
            |entry: &&TableEntry| contains(&entry.title, typed) || contains(&entry.slug, typed);
        let may =
            |entry: &&TableEntry| Rights::on(who, entry.owner.as_ref(), &entry.grants).hold(right);
        let mut found: Vec<_> = known.tables.values().filter(is_meant).filter(may).collect();
        found.sort_by_key(|entry| (!begins(entry, typed), entry.title.to_lowercase(), &entry.slug));
        found.into_iter().take(most).cloned().collect()
    }

    /// How many tables are in each state; none before the first look.
    pub(crate) fn counts(&self) -> Option<Vec<(InstanceState, usize)>> {
        let known = self.lock();
        let count = |state| known.tables.values().filter(|entry| entry.state == state).count();
        known.is_whole.then(|| InstanceState::ALL.map(|state| (state, count(state))).into())
    }

    /// The name of a table, for those who see it.
    pub(crate) fn slug_of(&self, who: &Principal, id: &InstanceId) -> Option<String> {
        let known = self.lock();
        let entry = known.tables.get(id)?;
        let rights = Rights::on(who, entry.owner.as_ref(), &entry.grants);
        rights.hold(Right::View).then(|| entry.slug.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TableEntry {
    fn of(table: &Instance) -> Self {
        Self {
            slug: table.slug.to_string(),
            title: table.title().to_owned(),
            state: table.state(),
            owner: table.owner.clone(),
            grants: table.grants.clone(),
        }
    }
}

fn contains(text: &str, typed: &str) -> bool {
    text.to_lowercase().contains(&typed.to_lowercase())
}

fn begins(entry: &TableEntry, typed: &str) -> bool {
    let typed = typed.to_lowercase();
    entry.title.to_lowercase().starts_with(&typed) || entry.slug.starts_with(&typed)
}
