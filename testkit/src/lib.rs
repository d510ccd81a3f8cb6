//! Stand-ins for the outside world, and the suites that hold every implementation of a port to the same contract.
#[cfg(feature = "aws")]
pub mod aws;
pub mod clock;
pub mod conformance;
pub mod fault;
#[cfg(feature = "foundry")]
pub mod foundry;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "foundry")]
pub mod probe;
pub mod world;
