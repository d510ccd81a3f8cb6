//! `users.db` up to v10: one document a line, the last line of an id wins.
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::user::User;

/// The file.
#[derive(Debug)]
pub(super) struct Nedb(PathBuf);

impl Nedb {
    /// The file in the world's database folder; it need not exist.
    pub(super) fn at(database: &Path) -> Self {
        Self(database.join("users.db"))
    }

    pub(super) fn exists(&self) -> bool {
        self.0.exists()
    }

    /// The living documents, and the file rewritten to just these lines, as `NeDB` does at load.
    pub(super) fn load(&self) -> io::Result<Vec<User>> {
        let users = self.read()?;
        let draft = self.0.with_extension("db~");
        let mut file = std::fs::File::create(&draft)?;
        for user in &users {
            writeln!(file, "{}", user.document())?;
        }
        file.sync_all()?;
        std::fs::rename(draft, &self.0)?;
        Ok(users)
    }

    /// The living documents.
    pub(super) fn read(&self) -> io::Result<Vec<User>> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => String::new(),
            Err(why) => return Err(why),
        };
        let mut users: Vec<User> = Vec::new();
        for document in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let deleted = document["$$deleted"] == true;
            let Some(user) = User::stored(document) else { continue };
            users.retain(|earlier| earlier.id() != user.id());
            if !deleted {
                users.push(user);
            }
        }
        Ok(users)
    }

    pub(super) fn put(&self, user: &User) -> io::Result<()> {
        self.append(&user.document())
    }

    pub(super) fn delete(&self, id: &str) -> io::Result<()> {
        self.append(&json!({"$$deleted": true, "_id": id}))
    }

    pub(super) fn discard(&self) -> io::Result<()> {
        std::fs::remove_file(&self.0)
    }

    fn append(&self, line: &Value) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        writeln!(file, "{line}")?;
        file.sync_all()
    }
}
