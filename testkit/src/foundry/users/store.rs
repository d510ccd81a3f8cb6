//! Reading and changing the users of an open world.
use std::path::Path;

use serde_json::{Map, Value};

use super::level::Level;
use super::nedb::Nedb;
use super::user::{GAMEMASTER, User};
use crate::foundry::version::Version;

/// All users of an open world; every change is in the database before the call returns.
#[derive(Debug)]
pub(crate) struct Users {
    list: Vec<User>,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Nedb(Nedb),
    Level(Level),
}

impl Users {
    /// Opens the database as `version` would: an older one is converted, an empty one gets a
    /// `Gamemaster`.
    pub(crate) fn open(
        version: Version,
        database: &Path,
        delete_nedb: bool,
    ) -> Result<Self, String> {
        let nedb = Nedb::at(database);
        let (store, list) = if version.stores_nedb() {
            let list = nedb.load().map_err(|why| why.to_string())?;
            (Store::Nedb(nedb), list)
        } else {
            let fresh = !Level::exists(database);
            let (level, list) = Level::open(database)?;
            let converted = if fresh { convert(&nedb, &level, delete_nedb)? } else { Vec::new() };
            (Store::Level(level), if converted.is_empty() { list } else { converted })
        };
        let mut users = Self { list, store };
        if users.list.is_empty() {
            users.create(fields(&[("name", "Gamemaster".into()), ("role", GAMEMASTER.into())]))?;
        }
        Ok(users)
    }

    pub(crate) fn all(&self) -> &[User] {
        &self.list
    }

    pub(crate) fn find(&self, id: &str) -> Option<&User> {
        self.list.iter().find(|user| user.id() == id)
    }

    /// Adds a user; the name must be new.
    pub(crate) fn create(&mut self, fields: Map<String, Value>) -> Result<User, String> {
        let user = User::create(fields)?;
        if self.list.iter().any(|other| other.name() == user.name()) {
            return Err(format!("User name {} is already in use", user.name()));
        }
        self.put(&user)?;
        self.list.push(user.clone());
        Ok(user)
    }

    /// Changes a user.
    pub(crate) fn update(&mut self, id: &str, changes: Map<String, Value>) -> Result<User, String> {
        let mut user = self.find(id).ok_or_else(|| missing(id))?.clone();
        user.update(changes);
        self.replace(&user)?;
        Ok(user)
    }

    /// Removes a user.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), String> {
        self.find(id).ok_or_else(|| missing(id))?;
        match &self.store {
            Store::Nedb(nedb) => nedb.delete(id).map_err(|why| why.to_string())?,
            Store::Level(level) => level.delete(id)?,
        }
        self.list.retain(|user| user.id() != id);
        Ok(())
    }

    /// Forgets every password.
    pub(crate) fn clear_passwords(&mut self) -> Result<(), String> {
        for mut user in self.list.clone() {
            user.clear_password();
            self.replace(&user)?;
        }
        Ok(())
    }

    /// Closes the database.
    pub(crate) fn close(self) -> Result<(), String> {
        match self.store {
            Store::Nedb(_) => Ok(()),
            Store::Level(level) => level.close(),
        }
    }

    fn replace(&mut self, user: &User) -> Result<(), String> {
        self.put(user)?;
        if let Some(old) = self.list.iter_mut().find(|old| old.id() == user.id()) {
            *old = user.clone();
        }
        Ok(())
    }

    fn put(&self, user: &User) -> Result<(), String> {
        match &self.store {
            Store::Nedb(nedb) => nedb.put(user).map_err(|why| why.to_string()),
            Store::Level(level) => level.put(user),
        }
    }
}

fn convert(nedb: &Nedb, level: &Level, delete_nedb: bool) -> Result<Vec<User>, String> {
    if !nedb.exists() {
        return Ok(Vec::new());
    }
    let users = nedb.read().map_err(|why| why.to_string())?;
    users.iter().try_for_each(|user| level.put(user))?;
    if delete_nedb {
        nedb.discard().map_err(|why| why.to_string())?;
    }
    Ok(users)
}

fn missing(id: &str) -> String {
    format!("User [{id}] does not exist")
}

fn fields(pairs: &[(&str, Value)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[cfg(test)]
mod tests;
