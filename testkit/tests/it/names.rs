//! Names and words that went and may not come back.
use crate::sources::files;

/// What types were called before they had the names of the field. What is stored or configured keeps its form: those are
/// texts, and not names.
const FORMER: &[&str] = &[
    "AssetAsk",
    "AssetDoor",
    "AssetErrand",
    "AssetPass",
    "AtTheDoor",
    "BalancerNames",
    "Blame",
    "BucketDoor",
    "Canned",
    "Commanded",
    "Doubt",
    "Errand",
    "Errands",
    "Fleet",
    "Footing",
    "Habits",
    "InAir",
    "Ingredients",
    "Knobs",
    "Ladder",
    "Ledger",
    "Leftover",
    "Leftovers",
    "LicenseWish",
    "Ordered",
    "Passing",
    "Patience",
    "Posted",
    "Rang",
    "ReleaseWish",
    "Rubble",
    "Sight",
    "Sighting",
    "Stride",
    "Turns",
    "Undoing",
    "Voices",
    "Whereabouts",
    "Wish",
    "Yielding",
    "leads_past_the_edge",
];

/// Words that a comment does without: the caller, a user, no one, automatically, its own.
const UNCLEAR: &[&str] =
    &["whoever", "somebody", "nobody", "by itself", "of its own", "of their own"];

/// How many such words the comments of a folder have. A number goes down with a sentence that is put right, and never up.
const LEFT: &[(&str, usize)] = &[
    ("refractory-aws/src", 0),
    ("refractory-web/src/proxy", 0),
    ("refractory-web/src/connections", 0),
    ("refractory-web/src/guard", 0),
    ("refractory-web/src/session", 0),
    ("refractory-cli/src/compose", 0),
    ("refractory-discord/src", 0),
    ("testkit/src", 0),
    ("refractory-core/src", 300),
    ("refractory-web/src", 40),
    ("refractory-cli/src", 20),
];

/// The comment in `line`; none within a text.
fn comment(line: &str) -> Option<&str> {
    let (code, comment) = line.split_once("//")?;
    (code.matches('"').count() % 2 == 0).then_some(comment)
}

/// `line` without its texts and its comment.
fn code(line: &str) -> String {
    let without = comment(line).map_or(line, |comment| &line[..line.len() - comment.len()]);
    without.split('"').step_by(2).collect::<Vec<_>>().join(" ")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[test]
fn former_names_do_not_come_back() {
    for folder in [
        "refractory-core",
        "refractory-aws",
        "refractory-web",
        "refractory-discord",
        "refractory-cli",
        "testkit",
    ] {
        for (path, text) in files(folder, ".rs") {
            let lines = text.lines().filter(|line| !line.trim_start().starts_with('"'));
            for (at, line) in lines.enumerate() {
                let former = code(line);
                let former = words(&former).find(|word| FORMER.contains(word));
                assert!(former.is_none(), "{path}, line {at}: {former:?} has another name now");
            }
        }
    }
}

#[test]
fn comments_say_who_and_what() {
    for (folder, left) in LEFT {
        let mut found = Vec::new();
        for (path, text) in files(folder, ".rs") {
            for (at, line) in text.lines().enumerate() {
                let Some(comment) = comment(line) else { continue };
                let comment = comment.to_lowercase();
                let unclear = UNCLEAR.iter().filter(|unclear| {
                    comment.match_indices(**unclear).any(|(at, _)| {
                        let after = comment[at + unclear.len()..].chars().next();
                        !after.is_some_and(char::is_alphanumeric)
                    })
                });
                found.extend(unclear.map(|word| format!("{path}:{}: {word}", at + 1)));
            }
        }
        assert!(found.len() <= *left, "{folder} has {}, and had {left}: {found:#?}", found.len());
        assert!(found.len() + 100 > *left, "{folder} has {} now: lower its number", found.len());
    }
}

#[test]
fn comments_and_texts_are_told_apart() {
    assert_eq!(comment("let at = \"https://host\"; // here"), None);
    assert_eq!(comment("call(); // here"), Some(" here"));
    let name = FORMER[0];
    let line = format!("call({name:?}, {name}); // {name}");
    assert_eq!(words(&code(&line)).filter(|word| *word == name).count(), 1);
}
