//! The structure of the house, as a test.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::collections::BTreeSet;
use std::process::Command;

use crate::sources::{files, root};

/// The packages that `package` needs in production, with these flags.
fn needs(package: &str, flags: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", package])
        .args(flags)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(ToOwned::to_owned).collect()
}

#[test]
fn core_alone_is_about_a_dozen_packages_and_no_database_or_serialiser() {
    let packages = needs("refractory-core", &["--no-default-features"]);
    // Procedural macros and what they are made of run at build time only; they are in the list all the same.
    assert!(packages.len() <= 22, "{packages:?}");
    for never in ["serde", "sea-orm", "sqlx", "reqwest", "hyper", "actix-web"] {
        assert!(!packages.contains(never), "core alone needs {never}");
    }
}

#[test]
fn no_arrow_points_the_wrong_way() {
    let core = needs("refractory-core", &["--all-features"]);
    for never in [
        "refractory-web",
        "refractory-discord",
        "refractory-cli",
        "testkit",
        "actix-web",
        "tera",
        "serenity",
    ] {
        assert!(!core.contains(never), "core needs {never}");
    }
    let web = needs("refractory-web", &[]);
    for never in ["refractory-cli", "refractory-discord", "testkit", "sea-orm", "serenity"] {
        assert!(!web.contains(never), "web needs {never}");
    }
    let discord = needs("refractory-discord", &[]);
    for never in
        ["refractory-cli", "refractory-web", "refractory-aws", "testkit", "sea-orm", "actix-web"]
    {
        assert!(!discord.contains(never), "discord needs {never}");
    }
    let cli = needs("refractory-cli", &["--no-default-features"]);
    assert!(!cli.contains("testkit"), "the binary needs the stand-in without the demo");
    // What a first `cargo run` builds.
    let first = needs("refractory-cli", &[]);
    assert!(!first.contains("serenity"), "a first build needs a library for Discord");
}

#[test]
fn front_ends_never_name_a_port() {
    let all = ["refractory-web/src", "refractory-discord/src"].map(|folder| files(folder, ".rs"));
    for (path, text) in all.into_iter().flatten() {
        for port in [
            "InstanceRuntime",
            "WorldStorage",
            "AssetGateway",
            "AssetStore",
            "Snapshots",
            "GameControl",
            "DnsZone",
            "LicensePool",
            "dyn Store",
            "dyn Vault",
        ] {
            assert!(!text.contains(port), "{path} names {port}");
        }
    }
}

#[test]
fn what_decides_is_pure() {
    let core = "refractory-core/src/";
    let pure = [
        "plan.rs",
        "plan/",
        "reconcile/settle",
        "reconcile/handover.rs",
        "reconcile/transition_events.rs",
        "reconcile/ages.rs",
        "model/view.rs",
        "access/",
    ];
    let mut seen = 0;
    for (path, text) in files("refractory-core/src", ".rs") {
        let inside = path.strip_prefix(core).unwrap();
        if !pure.iter().any(|pure| inside.starts_with(pure)) || inside.ends_with("tests.rs") {
            continue;
        }
        seen += 1;
        for never in ["async ", ".await", "tokio", "Clock", "std::env", "SystemTime", "Instant::"] {
            assert!(!text.contains(never), "{path} has `{never}`");
        }
    }
    assert!(seen >= 8, "{seen} pure files");
}

#[test]
fn every_method_of_a_port_says_which_errors_to_expect() {
    let kinds = [
        "NotFound",
        "Conflict",
        "Invalid",
        "Forbidden",
        "Exhausted",
        "Unavailable",
        "Unsupported",
        "Damaged",
        "Unexpected",
    ];
    for (path, text) in files("refractory-core/src/ports", ".rs") {
        let (mut doc, mut in_trait) = (String::new(), false);
        for line in text.lines() {
            in_trait = (in_trait || line.starts_with("pub trait")) && line != "}";
            let line = line.trim();
            if line.starts_with("///") {
                doc += line;
            } else if in_trait && line.starts_with("async fn") {
                let (_, errors) = doc.split_once("# Errors").unwrap_or_default();
                let named = kinds.iter().any(|kind| errors.contains(kind));
                assert!(named, "{path}: `{line}` names no error");
                doc.clear();
            } else if !line.starts_with('#') {
                doc.clear();
            }
        }
    }
}

#[test]
fn every_step_is_in_the_plan_of_the_architecture() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for step in refractory_core::model::Step::ALL {
        assert!(text.contains(&format!("| `{}` |", step.name())), "{step:?}");
    }
}

#[test]
fn every_suite_has_its_liars() {
    for (path, text) in files("testkit/src/conformance", ".rs") {
        let suite = text.split("macro_rules! ").filter_map(|part| part.split_once("_cases"));
        for (suite, _) in suite.filter(|(name, _)| name.chars().all(char::is_alphabetic)) {
            let named = files("testkit/tests/it", ".rs").into_iter().any(|(path, text)| {
                let holds = [format!("{suite}_cases"), format!("conformance::{suite}")];
                path.contains("liar") && holds.iter().any(|held| text.contains(held))
            });
            assert!(named, "{path}: nobody lies to `{suite}`");
        }
    }
}

/// Words are put together here, so that this file does not hold them.
#[test]
fn nothing_is_left_undone_and_nothing_names_this_place() {
    let undone = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    let ignored = format!("#[{}", "ignore");
    let hosts = ["registry.n", "index.c", "static.c", "deb.d"].map(|host| format!("://{host}"));
    let places = ["/work", "/root", "/farm"].map(|place| format!("{place}/"));
    for folder in [
        "refractory-core",
        "refractory-web",
        "refractory-discord",
        "refractory-cli",
        "testkit",
        "examples",
    ] {
        for (path, text) in files(folder, ".rs").into_iter().chain(files(folder, ".toml")) {
            if path.ends_with("it/tidy.rs") {
                continue;
            }
            assert!(!undone.iter().any(|word| text.contains(word)), "{path} is not done");
            assert!(!text.contains(&ignored), "{path} ignores a test");
            assert!(!hosts.iter().any(|host| text.contains(host)), "{path} names a registry");
            assert!(!places.iter().any(|place| text.contains(place)), "{path} names a place");
        }
    }
}

/// Spellings that may not come back, and the lines that may have them: what earlier versions were called by.
#[test]
fn words_that_went_do_not_come_back() {
    let british = ["licen", "ce"].concat();
    let former = [
        format!("\"{british}s\","),
        format!("\"/{british}s\""),
        format!("`GET /{british}s`"),
        format!("visible_alias = \"{british}\""),
    ];
    let crates = ["core", "aws", "web", "discord", "cli"].map(|name| format!("refractory-{name}"));
    let sources = crates.iter().map(String::as_str).chain(["testkit", "examples"]);
    let pages = [".html", ".js", ".css", ".mjs"].map(|end| ("refractory-web", end));
    let all = sources.map(|folder| (folder, ".rs")).chain(pages).chain([("docs", ".md")]);
    for (path, text) in all.flat_map(|(folder, end)| files(folder, end)) {
        for line in text.lines().filter(|line| line.to_lowercase().contains(&british)) {
            assert!(former.iter().any(|former| line.contains(former)), "{path}: {line}");
        }
    }
}

/// Sentences of core that name a command or a page, by file. What helps is a `Remedy`, which each front end says in its own way: this
/// list may only become shorter.
const NAMES_A_FRONT_END: [(&str, usize); 4] = [
    ("refractory-core/src/config/schema.rs", 1),
    ("refractory-core/src/local/backup.rs", 2),
    ("refractory-core/src/local/data_dir.rs", 1),
    ("refractory-core/src/local/pairing.rs", 1),
];

#[test]
fn core_names_no_page_and_no_command() {
    let names = |line: &&str| {
        let is_comment = line.trim_start().starts_with("//");
        let pages =
            ["under Licenses", "See Licenses", "under Releases", "See Releases", "in the portal"];
        !is_comment
            && (line.contains("`refractory ") || pages.iter().any(|page| line.contains(page)))
    };
    let allowed: std::collections::BTreeMap<_, _> = NAMES_A_FRONT_END.into_iter().collect();
    let all = files("refractory-core/src", ".rs").into_iter();
    for (path, text) in all.filter(|(path, _)| !path.ends_with("tests.rs")) {
        let found: Vec<_> = text.lines().filter(names).collect();
        let most = allowed.get(path.as_str()).copied().unwrap_or(0);
        assert_eq!(found.len(), most, "{path}: {found:#?}");
    }
}

/// The library for Discord is left behind one folder, so that another can take its place.
#[test]
fn only_the_adapter_knows_a_library_for_discord() {
    let mut adapter = 0;
    for (path, text) in files("refractory-discord/src", ".rs") {
        let names = text.contains("serenity::");
        if path.starts_with("refractory-discord/src/adapter/") {
            adapter += usize::from(names);
        } else {
            assert!(!names, "{path} names the library for Discord");
        }
    }
    assert!(adapter > 0, "the adapter is elsewhere now");
}
