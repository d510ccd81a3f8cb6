//! What the program says of itself.
use crate::house::House;

const COMMANDS: &[&str] = &[
    "",
    "up",
    "instance",
    "instance create",
    "instance edit",
    "instance start",
    "instance stop",
    "instance rename",
    "instance delete",
    "instance rotate-key",
    "instance logs",
    "license",
    "license add",
    "license accept",
    "release",
    "release add",
    "user",
    "user add",
    "user edit",
    "group",
    "group create",
    "group add",
    "group delete",
    "event",
    "event list",
    "worker",
    "config",
    "doctor",
    "completions",
];

#[test]
fn the_helps_are_as_they_were_agreed_on() {
    let house = House::new();
    let helps = COMMANDS.iter().map(|command| {
        let help = house.run(&format!("{command} -h")).ok().out;
        let said: String = help
            .split("\nEverywhere:\n")
            .enumerate()
            .map(|(index, part)| {
                // What every command understands is said once, at the top.
                let skip = index > 0 && !command.is_empty();
                if skip { part.split_once("\n\n").map_or("", |(_, rest)| rest) } else { part }
            })
            .collect();
        format!("$ refractory {command} -h\n{said}\n")
    });
    insta::assert_snapshot!(helps.collect::<String>());
}

#[test]
fn every_help_that_has_examples_calls_them_by_the_right_name() {
    let house = House::new();
    for command in COMMANDS {
        let help = house.run(&format!("{command} --help")).ok().out;
        let examples = help.lines().filter(|line| line.starts_with("  refractory "));
        for example in examples {
            let words: Vec<_> = example.split_whitespace().skip(1).collect();
            assert!(example.contains(command), "{command}: {words:?}");
        }
    }
}

#[test]
fn a_word_that_nobody_knows_is_answered_with_the_nearest() {
    let house = House::new();
    house.run("instnace list").failed(2, "instance");
    house.run("up --listn 1").failed(2, "--listen");
    house.run("user role jane king").failed(2, "player, game-master or admin");
}

#[test]
fn completions_name_every_command() {
    let house = House::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = house.run(&format!("completions {shell}")).ok().out;
        for command in ["up", "instance", "license", "release", "user", "doctor"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let script = house.run("completions bash").ok().out;
    assert!(!script.contains("demo-table"), "what is hidden is not completed");
}

#[test]
fn a_license_key_or_a_password_is_no_argument() {
    let house = House::new();
    house.run("license add club ABCD-EFGH-IJKL-MNOP-QRST-UVWX").failed(2, "unexpected argument");
    house.run("user add jane --password hunter22").failed(2, "unexpected argument");
}
