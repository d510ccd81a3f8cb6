//! Release archives by their content, and trees unpacked from them.
mod card;
mod collect;
mod store;
mod trees;

#[cfg(test)]
mod tests;

pub use store::LocalArchives;
