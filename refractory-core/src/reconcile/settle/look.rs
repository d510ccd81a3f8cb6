//! What a look at a running instance means.
use std::time::Duration;

use super::Terms;
use crate::Result;
use crate::model::{Held, Instance, Seen, Step, SuspectedFailure, WorldId, WorldSummary};
use crate::ports::{Endpoint, GameStatus, Observed};

impl Terms<'_> {
    pub(super) fn looked(
        self,
        instance: &mut Instance,
        runtime: Result<Observed<Endpoint>>,
        game: Option<Result<Observed<GameStatus>>>,
    ) -> Duration {
        let wait = match runtime {
            Ok(Observed::Absent | Observed::Broken(_)) if self.expects_restart(instance) => {
                return self.restart(instance);
            }
            Ok(Observed::Absent) => {
                self.suspect_failure(instance, Step::Runtime, "Foundry has ended.")
            }
            Ok(Observed::Broken(reason)) => {
                self.suspect_failure(instance, Step::Runtime, &reason.0)
            }
            Ok(Observed::Ready(endpoint)) if Some(&endpoint) != instance.endpoint() => {
                self.suspect_failure(instance, Step::Runtime, "Foundry's address has changed.")
            }
            Ok(Observed::Ready(_)) => self.looked_at_game(instance, game),
            Ok(Observed::Pending(_)) | Err(_) => self.unknown(instance),
        };
        if self.expects_restart(instance) { wait.min(self.options.poll * 5) } else { wait }
    }

    /// Whether the program was told to save its settings just now, after which it exits.
    fn expects_restart(self, instance: &Instance) -> bool {
        let within = self.options.restart_within;
        instance.setup.settings_saved.is_some_and(|saved| self.ages.since(saved) < within)
    }

    /// The program has saved its settings and exited, as it does: it comes up again with them. Nothing was lost.
    fn restart(self, instance: &mut Instance) -> Duration {
        (instance.suspected_failure, instance.seen, instance.preemption) = (None, None, None);
        instance.setup.settings_saved = None;
        instance.started = Some(self.now);
        instance.journal.lose(Step::Runtime);
        Duration::ZERO
    }

    /// Not being able to ask says nothing about what runs, nor about who plays: a table that was empty may not be.
    fn unknown(self, instance: &mut Instance) -> Duration {
        instance.seen = instance.seen.take().filter(|seen| seen.players > 0);
        self.options.probe
    }

    fn looked_at_game(
        self,
        instance: &mut Instance,
        game: Option<Result<Observed<GameStatus>>>,
    ) -> Duration {
        match game {
            Some(Ok(Observed::Ready(status)))
                if open_world(instance)
                    .is_none_or(|world| status.world.as_ref() == Some(world)) =>
            {
                instance.suspected_failure = None;
                self.see(instance, &status);
                self.options.probe
            }
            Some(Ok(Observed::Ready(_))) => {
                self.suspect_failure(instance, Step::World, "The world was closed.")
            }
            Some(Ok(Observed::Broken(reason))) => {
                self.suspect_failure(instance, Step::World, &reason.0)
            }
            Some(Ok(Observed::Absent)) => self.suspect_failure(
                instance,
                Step::Runtime,
                "Foundry runs, but doesn't accept connections.",
            ),
            Some(Ok(Observed::Pending(_)) | Err(_)) | None => self.unknown(instance),
        }
    }

    fn see(self, instance: &mut Instance, status: &GameStatus) {
        if let Some(world) = &status.world {
            WorldSummary::add(&mut instance.worlds, world);
            // What runs in a world must never run with the rights of whoever set it up.
            instance.setup.revoke();
        }
        let same = instance.seen.as_ref().is_some_and(|seen| {
            let told = (seen.players, &seen.version, &seen.world);
            told == (status.players, &status.version, &status.world)
        });
        if !same {
            let GameStatus { version, world, players } = status.clone();
            instance.seen = Some(Seen { players, version, world, at: self.now });
        }
    }

    /// One odd reading is a reading; a second one, later, is believed.
    fn suspect_failure(self, instance: &mut Instance, step: Step, reason: &str) -> Duration {
        let Some(doubt) = &instance.suspected_failure else {
            instance.suspected_failure =
                Some(SuspectedFailure { since: self.now, reason: reason.to_owned() });
            return self.options.probe_gap;
        };
        let left = self.options.probe_gap.saturating_sub(self.ages.since(doubt.since));
        if !left.is_zero() {
            return left;
        }
        (instance.suspected_failure, instance.seen, instance.preemption) = (None, None, None);
        instance.started = Some(self.now);
        instance.journal.lose(step);
        self.count_loss(instance, step, reason)
    }
}

/// The world that was opened; none where people choose one in Foundry's setup.
fn open_world(instance: &Instance) -> Option<&WorldId> {
    match instance.journal.held(Step::World) {
        Some(Held::World(world)) => world.as_ref(),
        _ => None,
    }
}
