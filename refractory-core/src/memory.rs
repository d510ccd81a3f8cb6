//! A store that forgets when the process ends. Always available.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ports::{Body, DamagedRecord, Head, Kind, Observed, Records, Store, Vault, damaged};
use crate::{Error, ErrorKind, Result, Secret, SecretName, async_trait};

type Rows = BTreeMap<(Kind, String), Body>;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
    damaged: Mutex<BTreeMap<(Kind, String), DamagedRecord>>,
}

impl MemoryStore {
    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn damaged(&self) -> MutexGuard<'_, BTreeMap<(Kind, String), DamagedRecord>> {
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the row `id` one that cannot be read, as a disk would: for tests of whoever reads. Whether there was one.
    pub fn damage(&self, kind: Kind, id: &str) -> bool {
        let at = (kind, id.to_owned());
        let Some(row) = self.rows().remove(&at) else { return false };
        let record = DamagedRecord {
            kind,
            id: id.to_owned(),
            revision: row.revision(),
            unique: row.unique(),
            reason: "It was damaged on purpose.".to_owned(),
            text: "{".to_owned(),
        };
        self.damaged().insert(at, record);
        true
    }

    /// Refuses what is said of a row that cannot be read.
    fn check_whole(&self, kind: Kind, id: &str) -> Result<()> {
        if self.damaged().contains_key(&(kind, id.to_owned())) {
            return Err(damaged(kind, id));
        }
        Ok(())
    }

    /// Refuses texts that a row claims which cannot be read.
    fn check_texts_of_damaged(&self, row: &Body) -> Result<()> {
        let wanted = row.unique();
        let taken = |record: &DamagedRecord| {
            record.kind == row.kind() && record.unique.iter().any(|text| wanted.contains(text))
        };
        if self.damaged().values().any(taken) {
            return Err(
                Error::new(ErrorKind::Conflict, "claiming a unique text").about("id", row.id())
            );
        }
        Ok(())
    }
}

fn at(row: &Body) -> (Kind, String) {
    (row.kind(), row.id().to_owned())
}

fn of_kind(rows: &Rows, kind: Kind) -> impl Iterator<Item = &Body> {
    rows.range((kind, String::new())..)
        .map(|(_, row)| row)
        .take_while(move |row| row.kind() == kind)
}

fn check_unique(rows: &Rows, row: &Body) -> Result<()> {
    let wanted = row.unique();
    let others = of_kind(rows, row.kind()).filter(|other| other.id() != row.id());
    let taken = others.flat_map(Body::unique).find(|unique| wanted.contains(unique));
    taken.map_or(Ok(()), |unique| {
        Err(Error::new(ErrorKind::Conflict, "claiming a unique text").about("unique", unique))
    })
}

fn check_revision(rows: &Rows, row: &Body) -> Result<()> {
    match rows.get(&at(row)) {
        None => Err(Error::new(ErrorKind::NotFound, "writing a row").about("id", row.id())),
        Some(stored) if stored.revision() != row.revision() => {
            Err(Error::new(ErrorKind::Conflict, "writing a row").about("id", row.id()))
        }
        Some(_) => Ok(()),
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn insert(&self, row: &Body) -> Result<Body> {
        let mut rows = self.rows();
        if rows.contains_key(&at(row)) || self.damaged().contains_key(&at(row)) {
            return Err(Error::new(ErrorKind::Conflict, "adding a row").about("id", row.id()));
        }
        check_unique(&rows, row)?;
        self.check_texts_of_damaged(row)?;
        let written = row.clone().at_revision(1);
        rows.insert(at(row), written.clone());
        Ok(written)
    }

    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>> {
        self.check_whole(kind, id)?;
        Ok(self.rows().get(&(kind, id.to_owned())).cloned())
    }

    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>> {
        let claims = |record: &&DamagedRecord| {
            record.kind == kind && record.unique.iter().any(|text| text == unique)
        };
        if let Some(record) = self.damaged().values().find(claims) {
            return Err(damaged(kind, &record.id));
        }
        Ok(of_kind(&self.rows(), kind)
            .find(|row| row.unique().iter().any(|text| text == unique))
            .cloned())
    }

    async fn list(&self, kind: Kind) -> Result<Vec<Body>> {
        Ok(of_kind(&self.rows(), kind).cloned().collect())
    }

    async fn heads(&self, kind: Kind) -> Result<Vec<Head>> {
        let head = |row: &Body| Head { id: row.id().to_owned(), revision: row.revision() };
        let mut heads: Vec<_> = of_kind(&self.rows(), kind).map(head).collect();
        let damaged = self.damaged();
        let damaged = damaged.values().filter(|record| record.kind == kind);
        heads.extend(damaged.map(|it| Head { id: it.id.clone(), revision: it.revision }));
        heads.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(heads)
    }

    async fn scan(&self, kind: Kind) -> Result<Records> {
        let rows = of_kind(&self.rows(), kind).cloned().collect();
        let damaged = self.damaged();
        let damaged = damaged.values().filter(|record| record.kind == kind).cloned().collect();
        Ok(Records { rows, damaged })
    }

    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        let mut damaged = self.damaged();
        let at = (record.kind, record.id.clone());
        let error = |kind| Error::new(kind, "removing a damaged record").about("id", &record.id);
        match damaged.get(&at) {
            None => Err(error(ErrorKind::NotFound)),
            Some(now) if now != record => Err(error(ErrorKind::Conflict)),
            Some(_) => {
                damaged.remove(&at);
                Ok(())
            }
        }
    }

    async fn save(&self, row: &Body) -> Result<Body> {
        self.check_whole(row.kind(), row.id())?;
        let mut rows = self.rows();
        check_revision(&rows, row)?;
        check_unique(&rows, row)?;
        self.check_texts_of_damaged(row)?;
        let written = row.clone().at_revision(row.revision() + 1);
        rows.insert(at(row), written.clone());
        Ok(written)
    }

    async fn delete(&self, row: &Body) -> Result<()> {
        self.check_whole(row.kind(), row.id())?;
        let mut rows = self.rows();
        check_revision(&rows, row)?;
        rows.remove(&at(row));
        Ok(())
    }
}

/// A vault in memory. Always available.
#[derive(Debug, Default)]
pub struct MemoryVault(Mutex<BTreeMap<SecretName, Secret>>);

impl MemoryVault {
    fn secrets(&self) -> MutexGuard<'_, BTreeMap<SecretName, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn ensure(&self, name: &SecretName, fresh: &Secret) -> Result<Observed<Secret>> {
        Ok(Observed::Ready(
            self.secrets().entry(name.clone()).or_insert_with(|| fresh.clone()).clone(),
        ))
    }
    async fn observe(&self, name: &SecretName) -> Result<Observed<Secret>> {
        Ok(self.secrets().get(name).cloned().map_or(Observed::Absent, Observed::Ready))
    }
    async fn remove(&self, name: &SecretName) -> Result<Observed<Secret>> {
        self.secrets().remove(name);
        Ok(Observed::Absent)
    }
    async fn list(&self) -> Result<Vec<SecretName>> {
        Ok(self.secrets().keys().cloned().collect())
    }
}
