//! The `users` `LevelDB` from v11 on: `!users!<id>` to a document.
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

use rusty_leveldb::{DB, LdbIterator, Options};

use super::user::User;

const PREFIX: &str = "!users!";

/// The open database, on its own thread because it cannot leave the one it was opened on.
/// Dropping it gives the database free without closing it.
#[derive(Debug)]
pub(super) struct Level {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

enum DatabaseCommand {
    Put(String, Vec<u8>),
    Delete(String),
    Close,
}

struct Job {
    work: DatabaseCommand,
    done: mpsc::Sender<Result<(), String>>,
}

impl Level {
    /// Whether the world has such a database.
    pub(super) fn exists(database: &Path) -> bool {
        folder(database).join("CURRENT").exists()
    }

    /// Opens the database, making it if need be, and reads all users.
    pub(super) fn open(database: &Path) -> Result<(Self, Vec<User>), String> {
        let folder = folder(database);
        let (jobs, inbox) = mpsc::channel();
        let (opened, opening) = mpsc::channel();
        let thread = std::thread::spawn(move || match open(&folder) {
            Ok((db, users)) => {
                let _ = opened.send(Ok(users));
                work_off(db, &inbox);
            }
            Err(why) => drop(opened.send(Err(why))),
        });
        let users = opening.recv().map_err(|_| GONE.to_owned())??;
        Ok((Self { jobs: Some(jobs), thread: Some(thread) }, users))
    }

    pub(super) fn put(&self, user: &User) -> Result<(), String> {
        self.job(DatabaseCommand::Put(
            user.id().to_owned(),
            user.document().to_string().into_bytes(),
        ))
    }

    pub(super) fn delete(&self, id: &str) -> Result<(), String> {
        self.job(DatabaseCommand::Delete(id.to_owned()))
    }

    pub(super) fn close(self) -> Result<(), String> {
        self.job(DatabaseCommand::Close)
    }

    fn job(&self, work: DatabaseCommand) -> Result<(), String> {
        let (done, outcome) = mpsc::channel();
        let jobs = self.jobs.as_ref().ok_or_else(|| GONE.to_owned())?;
        jobs.send(Job { work, done }).map_err(|_| GONE.to_owned())?;
        outcome.recv().map_err(|_| GONE.to_owned())?
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic on the thread has been shown already.
            let _ = thread.join();
        }
    }
}

const GONE: &str = "Database is not open";

fn folder(database: &Path) -> PathBuf {
    database.join("users")
}

fn open(folder: &Path) -> Result<(DB, Vec<User>), String> {
    std::fs::create_dir_all(folder).map_err(|why| why.to_string())?;
    let mut db = DB::open(folder, Options::default()).map_err(|why| why.to_string())?;
    let mut users = Vec::new();
    let mut rows = db.new_iter().map_err(|why| why.to_string())?;
    while let Some((key, value)) = rows.next() {
        if key.starts_with(PREFIX.as_bytes()) {
            users.extend(serde_json::from_slice(&value).ok().and_then(User::stored));
        }
    }
    drop(rows);
    Ok((db, users))
}

fn work_off(mut db: DB, inbox: &mpsc::Receiver<Job>) {
    for Job { work, done } in inbox {
        let closing = matches!(work, DatabaseCommand::Close);
        let outcome = match work {
            DatabaseCommand::Put(id, document) => db.put(key(&id).as_bytes(), &document),
            DatabaseCommand::Delete(id) => db.delete(key(&id).as_bytes()),
            DatabaseCommand::Close => db.close(),
        };
        let outcome = if closing { outcome } else { outcome.and_then(|()| db.flush()) };
        let _ = done.send(outcome.map_err(|why| why.to_string()));
        if closing {
            return;
        }
    }
}

fn key(id: &str) -> String {
    format!("{PREFIX}{id}")
}
