//! What front ends remember, which of them leads a duty, and how far each has passed on events. See
//! `docs/decisions/records-of-front-ends.md`.
mod deliveries;
mod leadership;
mod lease;
mod records;

pub use deliveries::{Deliveries, Delivery};
pub use leadership::Leadership;
pub use records::{FrontEndRecords, RecordCollection};
