//! The example is run as its reader would.
use std::process::Command;

#[test]
fn the_example_starts_and_stops_a_table() {
    let output = Command::new(env!("CARGO_BIN_EXE_embed-local")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "on: true\noff\n");
}
