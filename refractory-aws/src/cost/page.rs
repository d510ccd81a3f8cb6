//! The tables of `docs/scale.md`.
use std::fmt::Write as _;

use super::{AS_OF, Bill, CAUTION, LIMITS, Limit, PRICES, Part, Prices, Reach, Setup, Usage};

/// The sizes that the page is about.
pub const SIZES: [u32; 4] = [50, 500, 5_000, 50_000];

const BEGIN: &str = "<!-- table: ";
const END: &str = "<!-- end -->";

/// `page` with every table between its marks made anew. A mark that names no table here empties it.
pub fn refreshed(page: &str) -> String {
    let mut parts = page.split(BEGIN);
    let mut fresh = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(" -->").unwrap_or((part, ""));
        let (_, behind) = rest.split_once(END).unwrap_or_default();
        let table = table(name);
        let _infallible = write!(fresh, "{BEGIN}{name} -->\n\n{table}\n{END}{behind}");
    }
    fresh
}

fn table(name: &str) -> String {
    match name {
        "bill in eu-central-1" => bill(&Prices::EU_CENTRAL_1),
        "bill in us-east-1" => bill(&Prices::US_EAST_1),
        "limits" => limits(),
        "raises" => raises(),
        "habits" => habits(),
        "prices" => prices(),
        _ => String::new(),
    }
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn head(first: &str, others: impl Iterator<Item = String>) -> String {
    let mut cells = vec![first.to_owned()];
    cells.extend(others);
    let rules: Vec<_> = (0..cells.len()).map(|at| if at == 0 { "---" } else { "---:" }).collect();
    row(&cells) + &format!("|{}|\n", rules.join("|"))
}

fn bill(prices: &Prices) -> String {
    let bills =
        SIZES.map(|tables| Bill::of(tables, &Setup::default_setup(), &Usage::default(), prices));
    let mut text = head("USD a month", SIZES.iter().map(|size| format!("{} tables", whole(*size))));
    let last = &bills[SIZES.len() - 1];
    for item in &last.items {
        let of = |bill: &Bill| {
            bill.items.iter().find(|other| other.what == item.what).map_or(0.0, |item| item.usd)
        };
        text += &line(item.what, bills.iter().map(of));
    }
    text += &line("**fixed part**", bills.iter().map(|bill| bill.sum(Part::Fixed)));
    text += &line("**part of the tables**", bills.iter().map(|bill| bill.sum(Part::Tables)));
    text += &line("**all of it**", bills.iter().map(Bill::total));
    let each = bills.iter().map(|bill| format!("**{:.2}**", bill.per_table()));
    text += &row(&std::iter::once("**for each table**".to_owned()).chain(each).collect::<Vec<_>>());
    text
}

fn line(what: &str, sums: impl Iterator<Item = f64>) -> String {
    let cells = sums.map(money);
    row(&std::iter::once(what.to_owned()).chain(cells).collect::<Vec<_>>())
}

/// Dollars: whole ones where there are many.
fn money(usd: f64) -> String {
    if usd >= 100.0 { thousands(&format!("{usd:.0}")) } else { format!("{usd:.2}") }
}

fn whole(number: u32) -> String {
    thousands(&number.to_string())
}

fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

fn reached(reach: Reach) -> String {
    match reach {
        Reach::Tables(tables) => whole(tables),
        Reach::Beyond => "no end".to_owned(),
    }
}

/// Limits in the order in which they are met.
fn in_order(setup: &Setup) -> Vec<(&'static Limit, Reach)> {
    let habits = Usage::default();
    let mut all: Vec<_> = LIMITS.iter().map(|limit| (limit, limit.reach(setup, &habits))).collect();
    all.sort_by_key(|(_, reach)| *reach);
    all
}

fn limits() -> String {
    let mut text = "| limit | default | more on request | carries so many tables | with a rule and a record for each | what is done there |\n|---|---:|---|---:|---:|---|\n".to_owned();
    for (limit, reach) in in_order(&Setup::default_setup()) {
        let other = limit.reach(&Setup::per_table(), &Usage::default());
        let cells = [
            limit.name.to_owned(),
            thousands(&format!("{:.0}", limit.quota)),
            if limit.adjustable { "yes" } else { "no" }.to_owned(),
            reached(reach),
            reached(other),
            limit.remedy.to_owned(),
        ];
        text += &row(&cells);
    }
    text
}

/// What has to be asked for, at each size.
fn raises() -> String {
    let mut text =
        "| tables | first to end | what is short, and how much is needed |\n|---:|---|---|\n"
            .to_owned();
    for tables in SIZES {
        let short: Vec<_> = in_order(&Setup::default_setup())
            .into_iter()
            .map(|(limit, _)| {
                (limit, limit.need(tables, &Setup::default_setup(), &Usage::default()))
            })
            .filter(|(limit, need)| *need > limit.quota)
            .collect();
        let first = short.first().map_or("nothing", |(limit, _)| limit.name);
        let mut told = String::new();
        for (limit, need) in &short {
            let more = if told.is_empty() { "" } else { "; " };
            let ask = if limit.adjustable { "" } else { ", which AWS does not raise" };
            let need = thousands(&format!("{:.0}", need.ceil()));
            let _infallible = write!(told, "{more}{} ({need}{ask})", limit.name);
        }
        text += &row(&[
            whole(tables),
            first.to_owned(),
            if told.is_empty() { "-".to_owned() } else { told },
        ]);
    }
    text
}

fn habits() -> String {
    let habits = Usage::default();
    let setup = Setup::default_setup();
    let rows = [
        (
            "processors and memory of a table",
            format!("{} vCPU, {} GB, {:?}", setup.cpu, setup.memory, setup.architecture),
        ),
        (
            "hours on in a month, in so many evenings",
            format!("{}, in {}", habits.hours, habits.starts),
        ),
        ("players at a table, a socket each", format!("{}", habits.players)),
        (
            "data on EFS, of which unused for 30 days",
            format!("{} GB, {:.0} %", habits.data, habits.rare * 100.0),
        ),
        ("uploads in S3", format!("{} GB", habits.uploads)),
        ("traffic to players", format!("{} GB a month", habits.traffic)),
        (
            "tables on at the busiest moment",
            format!(
                "{:.0} %, started within {:.0} minutes",
                habits.peak * 100.0,
                habits.rush / 60.0
            ),
        ),
        ("secrets of a table", format!("{}", setup.secrets_per_table())),
        (
            "portals",
            format!(
                "one for each 20 000 sockets, {} vCPU, {} GB",
                setup.portal_cpu, setup.portal_memory
            ),
        ),
    ];
    let mut text = "| assumed | |\n|---|---|\n".to_owned();
    for (what, value) in rows {
        text += &row(&[what.to_owned(), value]);
    }
    text
}

fn prices() -> String {
    let mut text = format!(
        "| price of {AS_OF}, USD | for each | eu-central-1 | us-east-1 | |\n|---|---|---:|---:|---|\n"
    );
    for price in PRICES {
        let cells = [
            price.what.to_owned(),
            price.unit.to_owned(),
            price.eu_central_1.to_string(),
            price.us_east_1.to_string(),
            CAUTION.to_owned(),
        ];
        text += &row(&cells);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_what_the_model_says() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scale.md");
        let page = std::fs::read_to_string(path).unwrap();
        let fresh = refreshed(&page);
        let hint = "run `cargo run --package refractory-aws --example scale -- docs/scale.md`";
        assert!(page == fresh, "docs/scale.md is out of date: {hint}");
        assert!(
            page.matches(BEGIN).count() >= 6
                && page.matches(BEGIN).count() == page.matches(END).count()
        );
    }

    #[test]
    fn what_stands_between_tables_is_left_alone() {
        let page = format!("before\n{BEGIN}habits -->\nold\n{END}\nbehind\n");
        let fresh = refreshed(&page);
        assert!(fresh.starts_with("before\n") && fresh.ends_with("\nbehind\n"));
        assert!(!fresh.contains("old") && fresh.contains("players at a table"));
        assert_eq!(refreshed(&fresh), fresh);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [whole(7), whole(1000), whole(1_234_567)],
            ["7", "1\u{202f}000", "1\u{202f}234\u{202f}567"]
        );
        assert_eq!([money(0.5), money(99.994), money(1234.6)], ["0.50", "99.99", "1\u{202f}235"]);
    }
}
