//! What it costs, and how far it reaches: list prices, an estimate for a set-up, and a model of many tables.
//!
//! Everything here is arithmetic on numbers that are written down in [`prices`](Prices) and [`limits`](LIMITS); nothing asks AWS.
//! `docs/scale.md` shows what comes out, and a test holds it to that.
mod bill;
mod limits;
mod page;
mod prices;
mod setup;
mod usage;

pub use bill::{Bill, LineItem, Part};
pub use limits::{LIMITS, Limit, Reach};
pub use page::{SIZES, refreshed};
pub use prices::{AS_OF, CAUTION, PRICES, Price, Prices};
pub use setup::Setup;
pub use usage::Usage;
