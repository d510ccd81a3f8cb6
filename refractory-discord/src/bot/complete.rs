//! Completing what a user types, from memory.
use refractory_core::model::Right;

use super::{Bot, Handled, Work};
use crate::api::Immediate;
use crate::command::{TypedFor, Typing};
use crate::directory::TableEntry;
use crate::interaction::Caller;
use crate::limits::CHOICES;
use crate::message::Choice;
use refractory_core::words::{English, Words as _};

impl Bot {
    /// What the typed text could mean. Nothing for a caller who is not known yet: they are looked up for the next letter.
    pub(super) fn complete(&self, caller: &Caller, typing: &Typing) -> Handled {
        let Some(known) = self.directory.caller(caller.id) else {
            let work = Some(Work::Identify(caller.clone()));
            return Handled { response: Immediate::Choices(Vec::new()), work };
        };
        let choices = match (known.who, typing) {
            (Some(who), Typing::Table(what, typed)) => {
                let found = self.directory.tables(&who, right(*what), typed, CHOICES);
                found.iter().map(choice).collect()
            }
            (Some(who), Typing::License(typed)) if who.is_administrator() => {
                let found = self.directory.licenses(typed, CHOICES);
                found.iter().map(|name| Choice::new(name, name)).collect()
            }
            (_, _) => Vec::new(),
        };
        Handled { response: Immediate::Choices(choices), work: None }
    }
}

fn right(what: TypedFor) -> Right {
    match what {
        TypedFor::Viewing => Right::View,
        TypedFor::Running => Right::GameMaster,
        TypedFor::Managing => Right::Manage,
    }
}

fn choice(entry: &TableEntry) -> Choice {
    Choice::new(&format!("{} ({})", entry.title, English.state(entry.state)), &entry.slug)
}
