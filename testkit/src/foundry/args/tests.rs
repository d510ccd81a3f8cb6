use super::*;

fn read(line: &str) -> Result<CommandLine, String> {
    CommandLine::read(line.split_whitespace().map(OsString::from))
}

fn program(line: &str) -> Args {
    match read(line) {
        Ok(CommandLine::Program(args)) => args,
        other => panic!("{line} was read as {other:?}"),
    }
}

#[test]
fn options_of_node_before_the_script_are_passed_over() {
    let args = program("--max-old-space-size=512 -r hook.js app/main.js --port=30000 --headless");
    assert_eq!(args.script, PathBuf::from("app/main.js"));
    assert_eq!(args.value("port"), Some("30000"));
    assert!(args.has("headless"));
    assert!(!args.has("max-old-space-size"));
}

#[test]
fn the_version_is_asked_for_only_before_a_script() {
    assert_eq!(read("--version"), Ok(CommandLine::NodeVersion));
    assert_eq!(read("-v"), Ok(CommandLine::NodeVersion));
    assert!(program("main.js --version").has("version"));
}

#[test]
fn the_last_flag_wins_and_an_empty_value_is_none() {
    let args = program("main.js --port=1 --port=2 --world=");
    assert_eq!(args.value("port"), Some("2"));
    assert_eq!(args.value("world"), None);
    assert!(args.has("world"));
}

#[test]
fn no_script_is_a_sentence_that_shows_the_right_call() {
    assert!(read("--trace-warnings").is_err_and(|why| why.contains("main.js")));
}
