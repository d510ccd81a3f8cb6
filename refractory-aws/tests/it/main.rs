//! The ports on AWS, over an emulator.
#![expect(
    clippy::assigning_clones,
    clippy::cloned_ref_to_slice_refs,
    clippy::disallowed_methods,
    clippy::future_not_send,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what a test stands on fails with the test; a story is told in one piece, against services that keep real time"
)]
mod archives;
mod assets;
mod doctor;
mod infra;
mod life;
mod names;
mod runtime;
mod scale;
mod smoke;
mod snapshots;
mod storage;
mod store;
mod support;
mod vault;
