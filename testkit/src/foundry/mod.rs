//! The Foundry stand-in.
