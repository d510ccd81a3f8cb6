//! Asking a running program whether it is ready.
use std::sync::Arc;

use super::answer::{Answer, ask};
use super::end::last_words;
use super::marker;
use super::note::Note;
use super::proc::{self, Process};
use super::runtime::Machine;
use crate::blocking::blocking;
use crate::disk::refused;
use crate::model::Waiting;
use crate::ports::{Endpoint, Observed, Progress, Reason};
use crate::{Error, ErrorKind, LaunchId, Result};

/// How much of the output tells what it is doing.
const TAIL: u64 = 4 << 10;
/// How many questions at least stay unanswered before a program counts as hung, however long that took.
const UNANSWERED: u32 = 4;

impl Machine {
    pub(super) async fn ask(
        self: &Arc<Self>,
        key: &LaunchId,
        note: Note,
        process: Process,
    ) -> Result<Observed<Endpoint>> {
        let session = self.voices.session(key);
        let within = self.settings.answer_within;
        let answer = ask(note.port, &note.prefix, session.as_deref(), within).await;
        let me = Arc::clone(self);
        blocking("asking a program", move |_| {
            let of = &note.key.instance;
            if let Err(error) = me.logs.rotate(of) {
                tracing::warn!(instance = %of, %error, "a log was not rotated");
            }
            match answer {
                Answer::Spoke(session) if note.answered => {
                    me.voices.heard(&note.key, session, me.clock.monotonic());
                    Ok(Observed::Ready(endpoint(&note, process)))
                }
                Answer::Spoke(session) => me.first_word(&note, process, session),
                Answer::Refused | Answer::Silent if note.answered => me.unheard(&note),
                Answer::Refused | Answer::Silent => Ok(Observed::Pending(Some(me.starting(&note)))),
            }
        })
        .await
    }

    /// Somebody answers on the port of a program that never did: it may be another one.
    fn first_word(
        &self,
        note: &Note,
        process: Process,
        session: Option<String>,
    ) -> Result<Observed<Endpoint>> {
        let refuse = |error| refused(error, "asking a program", &self.notes.0);
        let mut pids = vec![process.pid];
        let family = marker::of_launch(self.dir.deployment(), &note.key).map_err(refuse)?;
        pids.extend(family.iter().map(|stat| stat.process.pid));
        if !proc::listens(&pids, note.port).map_err(refuse)? {
            let text = format!("another program answers on port {}", note.port);
            return Ok(Observed::Pending(Some(Progress::new(text))));
        }
        self.voices.heard(&note.key, session, self.clock.monotonic());
        self.turns.take(&note.key.instance, || {
            // Somebody may have asked it to end, or taken it away, since it was asked.
            if let Some(mut now) = self.notes.read(&note.key).map_err(refuse)?
                && now.stage == note.stage
            {
                now.answered = true;
                self.notes.write(&now).map_err(refuse)?;
            }
            Ok(Observed::Ready(endpoint(note, process)))
        })
    }

    /// It runs, and does not answer although it once did.
    fn unheard(&self, note: &Note) -> Result<Observed<Endpoint>> {
        let printed = self.logs.print_mark(&note.key.instance);
        let longest = self.settings.hung_after / UNANSWERED;
        let quiet = self.voices.unheard(&note.key, printed, self.clock.monotonic(), longest);
        let progress = self.starting(note);
        if quiet < self.settings.hung_after || progress.uninterruptible {
            return Err(Error::new(ErrorKind::Unavailable, "asking a program")
                .about("port", note.port)
                .advise("Foundry runs, but isn't responding."));
        }
        Ok(Observed::Broken(Reason(format!(
            "Foundry runs, but hasn't responded for {} seconds.",
            quiet.as_secs()
        ))))
    }

    /// What it is doing, by the last it said.
    fn starting(&self, note: &Note) -> Progress {
        let tail = self.logs.tail(&note.key.instance, note.output, TAIL).unwrap_or_default();
        match last_words(&tail) {
            Some(words) if migrates(&words) => Progress::new(words).uninterruptible(),
            Some(words) => Progress::new(words),
            None => Progress::waiting(Waiting::ProgramStart),
        }
    }
}

/// Whether the program is at work on its data in a way that must not be broken off.
fn migrates(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("migrat") && !words.contains("complete") && !words.contains("success")
}

fn endpoint(note: &Note, process: Process) -> Endpoint {
    Endpoint::new("127.0.0.1", note.port).with_prefix(&note.prefix).with_pid(process.pid)
}
