//! How many calls of AWS a deployment makes, by what it does and by how many tables are on. Counted between SDK and emulator.
#![expect(
    clippy::assigning_clones,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    dead_code,
    reason = "a benchmark prints, fails where it cannot measure, and shares with tests what it does not need all of"
)]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::crowd::{Bill, Crowd};

const SIZES: [usize; 3] = [10, 100, 1_000];

#[tokio::main]
async fn main() {
    let mut all: BTreeMap<&str, Vec<Bill>> = BTreeMap::new();
    for size in SIZES {
        let crowd = Crowd::made(size).await;
        all.entry("1. a round of looks").or_default().push(crowd.round().await);
        all.entry("2. a sweep").or_default().push(crowd.sweep().await);
        all.entry("3. a page").or_default().push(crowd.page().await);
        all.entry("4. a start").or_default().push(crowd.start().await);
    }
    println!(
        "| calls, with so many tables on | {} |",
        SIZES.map(|size| size.to_string()).join(" | ")
    );
    println!("|---|---:|---:|---:|");
    for (what, bills) in all {
        line(&format!("**{}**", &what[3..]), bills.iter().map(Bill::total));
        let kinds: BTreeSet<_> = bills.iter().flat_map(|bill| bill.0.keys()).collect();
        for kind in kinds {
            let counts = bills.iter().map(|bill| bill.0.get(kind).copied().unwrap_or_default());
            line(&format!("{} {}", kind.0, kind.1), counts);
        }
    }
}

fn line(what: &str, counts: impl Iterator<Item = usize>) {
    let counts: Vec<_> = counts.map(|count| count.to_string()).collect();
    println!("| {what} | {} |", counts.join(" | "));
}
