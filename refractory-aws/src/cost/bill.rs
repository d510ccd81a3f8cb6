//! What a month costs.
use super::{Prices, Setup, Usage};
use crate::config::Architecture;

/// Hours in an average month.
const MONTH: f64 = 730.0;
/// GB to the internet that an account has for nothing each month.
const FREE_TRAFFIC: f64 = 100.0;

/// How often a start, with its stop, saves the row of its table; an hour of play does once a minute.
pub(super) const SAVES: f64 = 30.0;
/// How many events it writes.
const EVENTS: f64 = 10.0;
/// Units of a save, and of an event with its places in three indexes: `tests/it/store/cost.rs` of this package measures them.
pub(super) const SAVE: f64 = 6.0;
const EVENT: f64 = 10.0;

/// Whether something is paid once, or for each table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Paid whether or not there are tables.
    Fixed,
    /// Paid for tables.
    Tables,
}

/// One line of a bill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineItem {
    /// What is paid for.
    pub what: &'static str,
    /// Once, or for each table.
    pub part: Part,
    /// US dollars a month, without tax.
    pub usd: f64,
}

/// What a month costs, line by line.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// How many tables it is for.
    pub tables: u32,
    /// Its lines, the fixed part first.
    pub items: Vec<LineItem>,
}

impl Bill {
    /// What `tables` tables cost, set up like this and used like that.
    pub fn of(tables: u32, setup: &Setup, habits: &Usage, prices: &Prices) -> Self {
        let fixed_items = fixed(tables, setup, habits, prices);
        let variable_items = each(tables, setup, habits, prices);
        let items = |part, lines: Vec<(&'static str, f64)>| {
            lines.into_iter().map(move |(what, usd)| LineItem { what, part, usd })
        };
        let all = items(Part::Fixed, fixed_items).chain(items(Part::Tables, variable_items));
        Self { tables, items: all.filter(|item| item.usd > 0.0).collect() }
    }

    /// All of one part.
    pub fn sum(&self, part: Part) -> f64 {
        self.items.iter().filter(|item| item.part == part).map(|item| item.usd).sum()
    }

    /// All of it.
    pub fn total(&self) -> f64 {
        self.sum(Part::Fixed) + self.sum(Part::Tables)
    }

    /// All of it, divided among the tables.
    pub fn per_table(&self) -> f64 {
        self.total() / f64::from(self.tables.max(1))
    }
}

fn fixed(tables: u32, setup: &Setup, habits: &Usage, prices: &Prices) -> Vec<(&'static str, f64)> {
    let sockets = f64::from(tables) * habits.peak * habits.players;
    let portals = setup.portals_for(sockets);
    let (cpu, memory) = fargate(setup.architecture, prices);
    let portal = setup.portal_cpu * cpu + setup.portal_memory * memory;
    // One unit passes a GB an hour, or holds three thousand connections.
    let capacity = (f64::from(tables) * habits.traffic).max(MONTH * habits.peak * sockets / 3000.0);
    let nat = f64::from(u8::from(setup.nat));
    let seconds = MONTH * 3600.0;
    let looks = setup.idle_read_units(sockets) + setup.operation_read_units(sockets);
    let signs = setup.signs_of_life(sockets);
    let signs = signs.written * prices.row_writes + signs.read * prices.row_reads;
    vec![
        ("load balancer", MONTH * prices.balancer),
        ("load balancer, capacity", capacity * prices.balancer_capacity),
        ("load balancer, two public addresses", 2.0 * MONTH * prices.address),
        ("portal, edge and worker", portals * MONTH * portal),
        ("portal, public address", (1.0 - nat) * portals * MONTH * prices.address),
        ("NAT gateway", nat * MONTH * (prices.nat + prices.address)),
        ("hosted zone", prices.zone),
        ("looking for changes in DynamoDB", looks * seconds * prices.row_reads / 1e6),
        ("signs of life of workers in DynamoDB", signs * seconds / 1e6),
        ("logs of the portal", portals * 0.5 * (prices.logs + prices.logs_kept)),
        ("secrets of the deployment", 2.0 * prices.secret),
    ]
}

fn each(tables: u32, setup: &Setup, habits: &Usage, prices: &Prices) -> Vec<(&'static str, f64)> {
    let tables = f64::from(tables);
    let hours = tables * habits.hours;
    let (cpu, memory) = fargate(setup.architecture, prices);
    let share = if setup.spot { prices.spot_share } else { 1.0 };
    let (bucket, on_volume) = if setup.buckets { (1.0, 0.0) } else { (0.0, habits.uploads) };
    let data = habits.data + on_volume;
    let efs = data * ((1.0 - habits.rare) * prices.efs + habits.rare * prices.efs_rare);
    // A start reads a tenth of the data, and an hour of play writes a fiftieth of it.
    let moved = habits.starts * data / 10.0 * prices.efs_read
        + habits.hours * habits.data / 50.0 * prices.efs_write;
    let uploads = bucket * (habits.uploads * prices.s3 + habits.traffic * 2.0 * prices.s3_get);
    let snapshots = habits.data * prices.s3 + habits.starts * 0.1 * prices.s3_put;
    let saves = habits.starts * SAVES + habits.hours * 60.0;
    let written = saves * SAVE + habits.starts * EVENTS * EVENT;
    let followed = saves * setup.change_read_units(tables * habits.peak * habits.players);
    let rows = written * prices.row_writes / 1e6 + followed * prices.row_reads / 1e6;
    let nat = if setup.nat { 1.0 } else { 0.0 };
    vec![
        ("tables, processor", hours * setup.cpu * cpu * share),
        ("tables, memory", hours * setup.memory * memory * share),
        ("tables, public addresses while on", (1.0 - nat) * hours * prices.address),
        ("data on EFS", tables * efs),
        ("data on EFS, reading and writing", tables * moved),
        ("uploads in S3", tables * uploads),
        ("snapshots in S3", tables * snapshots),
        ("secrets of tables", tables * setup.secrets_per_table() * prices.secret),
        ("rows in DynamoDB, written and followed", tables * rows),
        ("logs of tables", tables * habits.logs * (prices.logs + prices.logs_kept)),
        (
            "traffic to players",
            (tables * habits.traffic - FREE_TRAFFIC).max(0.0) * prices.traffic_out,
        ),
        ("NAT gateway, traffic", nat * tables * habits.starts * prices.nat_traffic),
    ]
}

fn fargate(architecture: Architecture, prices: &Prices) -> (f64, f64) {
    match architecture {
        Architecture::Arm64 => (prices.arm_cpu, prices.arm_memory),
        Architecture::X86 => (prices.x86_cpu, prices.x86_memory),
    }
}

#[cfg(test)]
mod tests;
