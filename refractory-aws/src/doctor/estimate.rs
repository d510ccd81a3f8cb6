//! What the configured set-up costs.
use refractory_core::finding::Finding;

use crate::AwsConfig;
use crate::cost::{AS_OF, Bill, CAUTION, Part, Prices, Setup, Usage};

const ABOUT: &str = "AWS price";

/// What a month costs with so many tables; of one, where there is none yet.
pub(super) fn of(config: &AwsConfig, region: &str, tables: u32) -> Finding {
    let (prices, of) = match Prices::of(region) {
        Some(prices) => (prices, region),
        None => {
            (Prices::EU_CENTRAL_1, "eu-central-1, because those of this region are not known here")
        }
    };
    let tables = tables.max(1);
    let bill = Bill::of(tables, &Setup::of(config), &Usage::default(), &prices);
    let word = if tables == 1 { "table" } else { "tables" };
    Finding::fine(
        ABOUT,
        format!(
            "About {:.0} USD a month: {:.0} for what is always there, and {:.2} for each of {tables} {word} that a group uses one evening a week. By prices of {AS_OF} in {of}; {CAUTION}. docs/scale.md has the lines.",
            bill.total(),
            bill.sum(Part::Fixed),
            bill.sum(Part::Tables) / f64::from(tables),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_is_told_with_its_caution() {
        let told = of(&AwsConfig::default(), "eu-central-1", 50).sentence;
        assert!(told.contains("each of 50 tables") && told.contains(CAUTION), "{told}");
        let told = of(&AwsConfig::default(), "mars-north-1", 0).sentence;
        assert!(told.contains("1 table ") && told.contains("not known here"), "{told}");
    }
}
