//! What AWS allows by default, what tables need of it, and what is done about it.
use super::bill::{SAVE, SAVES};
use super::{Setup, Usage};
use crate::names::{CHANGES_AT_ONCE, RECORDS_EACH, RULES_OF_DOORS};

/// Addresses that a task can have in the two subnets that the stack makes, each a /20 without what AWS keeps.
const ADDRESSES: f64 = 2.0 * 4091.0;
/// Tasks that one call of ECS can ask about.
const ASKED_AT_ONCE: f64 = 100.0;
/// More tables than this count as unlimited.
const UNLIMITED: u32 = 10_000_000;

/// Something that AWS allows only so much of.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// What it is called.
    pub name: &'static str,
    /// What an account has of it by default.
    pub quota: f64,
    /// Where Service Quotas has it, if it does: service and name. What it has globally it has in one region only.
    pub quota_of: Option<(&'static str, &'static str)>,
    /// Whether AWS raises it on request.
    pub adjustable: bool,
    /// What is done when it is reached.
    pub remedy: &'static str,
    need: fn(f64, &Setup, &Usage) -> f64,
}

/// How far a limit reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// To so many tables.
    Tables(u32),
    /// No practical limit.
    Beyond,
}

impl Limit {
    /// What `tables` tables need of it.
    pub fn need(&self, tables: u32, setup: &Setup, habits: &Usage) -> f64 {
        (self.need)(f64::from(tables), setup, habits)
    }

    /// How many tables the quota carries.
    pub fn reach(&self, setup: &Setup, habits: &Usage) -> Reach {
        let fits = |tables| self.need(tables, setup, habits) <= self.quota;
        if fits(UNLIMITED) {
            return Reach::Beyond;
        }
        let (mut good, mut bad) = (0, UNLIMITED);
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if fits(middle) { good = middle } else { bad = middle }
        }
        Reach::Tables(good)
    }
}

/// Tables that are on at the busiest moment.
fn on(tables: f64, habits: &Usage) -> f64 {
    tables * habits.peak
}

/// Starts in a second of the rush.
fn starts(tables: f64, habits: &Usage) -> f64 {
    on(tables, habits) / habits.rush
}

fn sockets(tables: f64, habits: &Usage) -> f64 {
    on(tables, habits) * habits.players
}

fn portals(tables: f64, setup: &Setup, habits: &Usage) -> f64 {
    setup.portals_for(sockets(tables, habits))
}

/// Names whose changes are sent to Route 53 in one call at a rush.
fn names_at_once() -> f64 {
    let changes = u32::try_from(CHANGES_AT_ONCE).unwrap_or(u32::MAX);
    f64::from(changes / RECORDS_EACH)
}

fn when(is: bool, need: f64) -> f64 {
    if is { need } else { 0.0 }
}

/// Every limit that tables come near to, with AWS's default quotas as of the month of the prices.
pub const LIMITS: &[Limit] = &[
    Limit {
        name: "Fargate vCPU of a new account",
        quota: 6.0,
        quota_of: Some(("fargate", "Fargate On-Demand vCPU resource count")),
        adjustable: true,
        remedy: "Nothing can be built around it: ask AWS for more before the first evening. A start that meets it waits, says so on the page, and is tried again; `refractory doctor` compares it with the tables there are.",
        need: |tables, setup, habits| {
            on(tables, habits) * setup.cpu + portals(tables, setup, habits) * setup.portal_cpu
        },
    },
    Limit {
        name: "Target groups of a load balancer",
        quota: 100.0,
        quota_of: Some(("elasticloadbalancing", "Target Groups per Application Load Balancer")),
        adjustable: false,
        remedy: "The edge needs one, whatever the number of tables. With `routing = \"load-balancer\"` each table that is on needs one; the next start is refused with a sentence.",
        need: |tables, setup, habits| 1.0 + when(setup.rules, on(tables, habits)),
    },
    Limit {
        name: "Rules of a load balancer",
        quota: 100.0,
        quota_of: Some(("elasticloadbalancing", "Rules per Application Load Balancer")),
        adjustable: true,
        remedy: "The edge needs one, for the wildcard name. With `routing = \"load-balancer\"` as above, and one closes the administrators' pages of all tables.",
        need: |tables, setup, habits| {
            1.0 + when(setup.rules, f64::from(RULES_OF_DOORS) + on(tables, habits))
        },
    },
    Limit {
        name: "IAM users of an account",
        quota: 5000.0,
        quota_of: None,
        adjustable: false,
        remedy: "Each table with a bucket has a user that reaches it and nothing else. Beyond this, `assets = \"volume\"` keeps uploads beside the data, or a second deployment in a second account takes the rest.",
        need: |tables, setup, _| when(setup.buckets, tables),
    },
    Limit {
        name: "Buckets of an account",
        quota: 10_000.0,
        quota_of: Some(("s3", "General purpose buckets")),
        adjustable: true,
        remedy: "As for users, which end earlier.",
        need: |tables, setup, _| 1.0 + when(setup.buckets, tables),
    },
    Limit {
        name: "Access points of a file system",
        quota: 10_000.0,
        quota_of: None,
        adjustable: true,
        remedy: "Each table keeps one, on or off. Ask for more, or let a second deployment with a file system of its own take the rest.",
        need: |tables, _, _| tables,
    },
    Limit {
        name: "Connections to a file system",
        quota: 25_000.0,
        quota_of: None,
        adjustable: false,
        remedy: "Only tables that are on are connected; a second deployment has a second file system.",
        need: |tables, _, habits| on(tables, habits),
    },
    Limit {
        name: "Network interfaces of a region",
        quota: 5000.0,
        quota_of: Some(("vpc", "Network interfaces per Region")),
        adjustable: true,
        remedy: "Only tables that are on have one. Ask for more.",
        need: |tables, setup, habits| on(tables, habits) + portals(tables, setup, habits) + 10.0,
    },
    Limit {
        name: "Addresses in the subnets of the stack",
        quota: ADDRESSES,
        quota_of: None,
        adjustable: false,
        remedy: "Two subnets of 4 091 each. A larger network is one parameter of the stack: `refractory infra deploy` takes an existing one.",
        need: |tables, setup, habits| on(tables, habits) + portals(tables, setup, habits) + 20.0,
    },
    Limit {
        name: "Tasks that Fargate launches, each second",
        quota: 20.0,
        quota_of: None,
        adjustable: true,
        remedy: "A hundred at once, then 20 a second. A refusal is a wait, not a failure: what is wished for is written down, and starts are tried again with growing pauses.",
        need: |tables, _, habits| starts(tables, habits),
    },
    Limit {
        name: "Questions about tasks, each second",
        quota: 20.0,
        quota_of: None,
        adjustable: false,
        remedy: "One call asks about a hundred tasks. Raise `probe` in `[core]` to ask less often.",
        need: |tables, setup, habits| on(tables, habits) / ASKED_AT_ONCE / setup.probe,
    },
    Limit {
        name: "Records of a hosted zone",
        quota: 10_000.0,
        quota_of: None,
        adjustable: true,
        remedy: "The wildcard needs four, whatever the number of tables. With `names = \"records\"` each table that is on has three: where it leads, twice, and whose it is.",
        need: |tables, setup, habits| {
            4.0 + when(setup.records, on(tables, habits) * f64::from(RECORDS_EACH))
        },
    },
    Limit {
        name: "Calls of Route 53, each second",
        quota: 5.0,
        quota_of: None,
        adjustable: false,
        remedy: "None at a start with the wildcard. With `names = \"records\"` changes are gathered, those of up to 133 names in one call, and calls are spaced out.",
        need: |tables, setup, habits| when(setup.records, starts(tables, habits) / names_at_once()),
    },
    Limit {
        name: "Reads of one DynamoDB partition, each second",
        quota: 3000.0,
        quota_of: None,
        adjustable: false,
        remedy: "Each watching process reads every `resync` what has changed since, and loads the rows that have. What counts is how much changes at once, and not how many tables there are.",
        need: |tables, setup, habits| {
            let sockets = sockets(tables, habits);
            setup.idle_read_units(sockets)
                + starts(tables, habits) * SAVES * setup.change_read_units(sockets)
        },
    },
    Limit {
        name: "Writes of one DynamoDB partition, each second",
        quota: 1000.0,
        quota_of: None,
        adjustable: false,
        remedy: "A start saves its table's row some thirty times over its minute. DynamoDB asks to slow down, and starts take longer.",
        need: |tables, _, habits| starts(tables, habits) * SAVES * SAVE,
    },
    Limit {
        name: "Secrets of a region",
        quota: 500_000.0,
        quota_of: None,
        adjustable: false,
        remedy: "Their price is felt long before: see the bill.",
        need: |tables, setup, _| 2.0 + tables * setup.secrets_per_table(),
    },
    Limit {
        name: "Secrets read, each second",
        quota: 10_000.0,
        quota_of: None,
        adjustable: false,
        remedy: "ECS reads them when a task starts.",
        need: |tables, setup, habits| starts(tables, habits) * setup.secrets_per_table(),
    },
    Limit {
        name: "Sockets through the edge",
        quota: 20.0 * 20_000.0,
        quota_of: None,
        adjustable: false,
        remedy: "A portal takes 20 000; the stack runs up to twenty of them (`Replicas`), because they share nothing but the store. One more is a page that says that the table is full, never a socket that hangs.",
        need: |tables, _, habits| sockets(tables, habits),
    },
];

#[cfg(test)]
mod tests;
