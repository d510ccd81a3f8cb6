//! The example is run as its reader would, and is what README.md shows.
use std::process::Command;

#[test]
fn the_example_starts_and_stops_a_table() {
    let output = Command::new(env!("CARGO_BIN_EXE_embed-local")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    let said: Vec<_> = said.lines().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("friday-night is on at http://127.0.0.1:"), "{said:?}");
    assert_eq!(said[1], "friday-night is Off");
}

#[test]
fn the_readme_shows_this_program() {
    let (_, embedding) = include_str!("../../../README.md").split_once("## Embedding").unwrap();
    let (_, shown) = embedding.split_once("```rust\n").unwrap();
    let (shown, _) = shown.split_once("```\n").unwrap();
    let (_, program) = include_str!("../src/main.rs").split_once("\n\n").unwrap();
    assert_eq!(shown, program);
}
