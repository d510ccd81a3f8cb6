//! Integration tests of testkit.
mod access;
mod administrators;
#[cfg(all(feature = "aws", feature = "foundry", feature = "http"))]
mod aws;
mod conformance;
#[cfg(all(feature = "discord", feature = "http"))]
mod discord;
mod embedding;
#[cfg(feature = "foundry")]
mod foundry;
mod front_end_records;
mod front_ends;
#[cfg(feature = "foundry")]
mod game_control;
mod imports;
mod liars;
mod lifecycle;
#[cfg(feature = "foundry")]
mod local;
mod names;
#[cfg(feature = "foundry")]
mod node_js;
mod null_ports;
#[cfg(feature = "foundry")]
mod probe;
#[cfg(feature = "foundry")]
mod real_node;
mod scale;
mod sources;
mod subjects;
mod tidy;
#[cfg(feature = "foundry")]
mod vendor_site;
