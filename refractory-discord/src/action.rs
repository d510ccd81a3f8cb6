//! What a button, a menu or a form asks for. It travels through Discord as a custom id and comes back from anyone who sees the message:
//! it names, and it allows nothing.
use std::fmt;
use std::str::FromStr;

use refractory_core::{Cursor, InstanceId};

/// Begins every custom id. Another version's ids are recognized as such, and answered with where to go on.
const VERSION: &str = "rf1";

/// What a button, a menu or a form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The tables that the user sees, beginning after this one.
    Dashboard(Option<Cursor>),
    /// All instances, beginning after this one.
    Instances(Option<Cursor>),
    /// One table as it is now.
    Status(InstanceId),
    /// Start it.
    Start(InstanceId),
    /// Stop it; at once, and although people play there.
    Stop {
        /// The table.
        id: InstanceId,
        /// Whether its world is not waited for.
        now: bool,
        /// Whether the user has been told who plays.
        confirmed: bool,
    },
    /// Stop it and start it again.
    Restart {
        /// The table.
        id: InstanceId,
        /// Whether the user has been told who plays.
        confirmed: bool,
    },
    /// Copy its data.
    Backup {
        /// The table.
        id: InstanceId,
        /// Whether it may be stopped for that.
        stop: bool,
    },
    /// Which license it has or waits for.
    License(InstanceId),
    /// Take the license that it waits for from a table where no one plays.
    TakeLicense(InstanceId),
    /// Delete it, once its name is typed.
    Delete(InstanceId),
    /// Link the Discord account to a user.
    Link,
    /// Do this with the table that is chosen.
    Choose(TableVerb),
}

/// What can be done with one table, once it is known which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableVerb {
    /// Show it.
    Status,
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Restart it.
    Restart,
    /// Show its link.
    Open,
    /// Back it up.
    Backup,
    /// Show its license.
    License,
}

impl TableVerb {
    const ALL: [Self; 7] = [
        Self::Status,
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::Open,
        Self::Backup,
        Self::License,
    ];

    /// The name: of the command, and in a custom id.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Open => "open",
            Self::Backup => "backup",
            Self::License => "license",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

/// As a custom id.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}:")?;
        match self {
            Self::Dashboard(after) => page(f, "dashboard", after.as_ref()),
            Self::Instances(after) => page(f, "instances", after.as_ref()),
            Self::Status(id) => write!(f, "status:{id}"),
            Self::Start(id) => write!(f, "start:{id}"),
            Self::Stop { id, now, confirmed } => {
                write!(f, "stop:{id}:{}:{}", u8::from(*now), u8::from(*confirmed))
            }
            Self::Restart { id, confirmed } => write!(f, "restart:{id}:{}", u8::from(*confirmed)),
            Self::Backup { id, stop } => write!(f, "backup:{id}:{}", u8::from(*stop)),
            Self::License(id) => write!(f, "license:{id}"),
            Self::TakeLicense(id) => write!(f, "take-license:{id}"),
            Self::Delete(id) => write!(f, "delete:{id}"),
            Self::Link => write!(f, "link"),
            Self::Choose(verb) => write!(f, "choose:{}", verb.name()),
        }
    }
}

fn page(f: &mut fmt::Formatter<'_>, name: &str, after: Option<&Cursor>) -> fmt::Result {
    match after {
        Some(after) => write!(f, "{name}:{}:{}", after.sort(), after.id()),
        None => write!(f, "{name}"),
    }
}

/// A custom id that this version did not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownAction;

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(raw: &str) -> Result<Self, UnknownAction> {
        if raw.len() > crate::limits::CUSTOM_ID {
            return Err(UnknownAction);
        }
        let mut parts = raw.split(':');
        if parts.next() != Some(VERSION) {
            return Err(UnknownAction);
        }
        let parts: Vec<&str> = parts.collect();
        read(&parts).ok_or(UnknownAction)
    }
}

fn read(parts: &[&str]) -> Option<Action> {
    let id = |text: &str| InstanceId::new(text).ok();
    let flag = |text: &str| match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    Some(match parts {
        ["dashboard"] => Action::Dashboard(None),
        ["dashboard", sort, last] => Action::Dashboard(Some(Cursor::new(sort, id(last)?.as_str()))),
        ["instances"] => Action::Instances(None),
        ["instances", sort, last] => Action::Instances(Some(Cursor::new(sort, id(last)?.as_str()))),
        ["status", of] => Action::Status(id(of)?),
        ["start", of] => Action::Start(id(of)?),
        ["stop", of, now, confirmed] => {
            Action::Stop { id: id(of)?, now: flag(now)?, confirmed: flag(confirmed)? }
        }
        ["restart", of, confirmed] => Action::Restart { id: id(of)?, confirmed: flag(confirmed)? },
        ["backup", of, stop] => Action::Backup { id: id(of)?, stop: flag(stop)? },
        ["license", of] => Action::License(id(of)?),
        ["take-license", of] => Action::TakeLicense(id(of)?),
        ["delete", of] => Action::Delete(id(of)?),
        ["link"] => Action::Link,
        ["choose", verb] => Action::Choose(TableVerb::named(verb)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::CUSTOM_ID;

    fn all() -> Vec<Action> {
        let id = InstanceId::new(&"i".repeat(64)).unwrap();
        let cursor = Some(Cursor::new("friday-night", "abcdefghijkm"));
        let mut all = vec![
            Action::Dashboard(None),
            Action::Dashboard(cursor.clone()),
            Action::Instances(None),
            Action::Instances(cursor),
            Action::Status(id.clone()),
            Action::Start(id.clone()),
            Action::Stop { id: id.clone(), now: true, confirmed: false },
            Action::Restart { id: id.clone(), confirmed: true },
            Action::Backup { id: id.clone(), stop: true },
            Action::License(id.clone()),
            Action::TakeLicense(id.clone()),
            Action::Delete(id),
            Action::Link,
        ];
        all.extend(TableVerb::ALL.map(Action::Choose));
        all
    }

    #[test]
    fn an_action_comes_back_as_it_was_sent_and_fits() {
        for action in all() {
            let text = action.to_string();
            assert_eq!(text.parse(), Ok(action), "{text}");
            assert!(text.len() <= CUSTOM_ID, "{text}");
        }
    }

    #[test]
    fn what_this_version_did_not_make_is_refused() {
        for raw in [
            "",
            "rf1",
            "rf0:link",
            "rf1:link:",
            "rf1:status",
            "rf1:status:../x",
            "rf1:stop:a:2:0",
            "rf1:what:a",
        ] {
            assert_eq!(raw.parse::<Action>(), Err(UnknownAction), "{raw}");
        }
        assert_eq!(format!("rf1:status:{}", "a".repeat(200)).parse::<Action>(), Err(UnknownAction));
    }

    proptest! {
        #[test]
        fn no_text_is_read_as_something_else_than_it_says(raw in "(rf1:)?(status|stop|dashboard|link|choose)?(:[a-z0-9:.\\-]{0,20}|\\PC*)") {
            if let Ok(action) = raw.parse::<Action>() {
                prop_assert_eq!(action.to_string(), raw);
            }
        }
    }
}
