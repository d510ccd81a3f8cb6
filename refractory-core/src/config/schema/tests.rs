use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::config::{
    Complaint, CoreConfig, Doc, Schema, Section, Size, Sources, Span, StoreConfig, fields,
};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Portal {
    bind: String,
    idle: Span,
    upload: Size,
    workers: Option<u16>,
    mode: Mode,
    tls: Tls,
    names: Vec<String>,
    #[serde(skip_serializing)]
    token: Option<Secret>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tls {
    cert: Option<String>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    #[default]
    ByName,
    ByPath,
}

impl Section for Portal {
    const NAME: &'static str = "web";
    const ABOUT: &'static str = "A section.";
    const KEYS: &'static [Doc] = &[
        Doc::new("bind", "Where it listens."),
        Doc::new("idle", "How long it waits."),
        Doc::new("upload", "How much it takes."),
        Doc::new("workers", "How many.").example("2"),
        Doc::new("mode", "Which way."),
        Doc::new("tls.cert", "A file.").example("\"cert.pem\""),
        Doc::new("names", "Some names."),
        Doc::new("token", "A secret.").example("\"hush\"").secret(),
    ];

    fn validate(&self) -> Result<(), Vec<Complaint>> {
        if self.bind == "bad" {
            return Err(vec![Complaint::about("bind", "that is bad.")]);
        }
        Ok(())
    }
}

fn schema() -> Schema {
    Schema::new().with::<CoreConfig>().with::<StoreConfig>().with::<Portal>()
}

fn complaints(sources: Sources) -> String {
    schema().load(sources).map_or_else(|error| error.to_string(), |_| String::new())
}

fn variable(name: &str, text: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), text.to_owned())]
}

#[test]
fn nothing_at_all_is_a_valid_configuration() {
    let settings = schema().load(Sources::new()).unwrap();
    assert_eq!(settings.section::<CoreConfig>().unwrap(), CoreConfig::default());
    assert_eq!(settings.section::<Portal>().unwrap(), Portal::default());
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "[web]\nbind = \"file\"\nidle = \"5m\"\nupload = \"1GiB\"\n";
    let sources = || {
        Sources::new().text("refractory.toml", file).environment(vec![
            ("REFRACTORY__WEB__BIND".to_owned(), "environment".to_owned()),
            ("REFRACTORY__WEB__IDLE".to_owned(), "7m".to_owned()),
            ("HOME".to_owned(), "/home".to_owned()),
        ])
    };
    let settings = schema().load(sources().flag("--listen", "web.bind", "flag")).unwrap();
    let portal: Portal = settings.section().unwrap();
    assert_eq!((portal.bind.as_str(), portal.idle), ("flag", Span::minutes(7)));
    assert_eq!(portal.upload, Size::gib(1));
    let from = |key: &str| settings.show().into_iter().find(|shown| shown.key == key).unwrap().from;
    assert_eq!(from("web.bind"), "--listen");
    assert_eq!(from("web.idle"), "REFRACTORY__WEB__IDLE");
    assert_eq!(from("web.upload"), "refractory.toml");
    assert_eq!(from("web.mode"), "default");
}

#[test]
fn one_variable_can_hold_a_whole_file_and_those_of_single_keys_win_over_it() {
    let sources =
        Sources::new().text("refractory.toml", "[web]\nbind = \"file\"\n").environment(vec![
            ("REFRACTORY__WEB__IDLE".to_owned(), "7m".to_owned()),
            ("REFRACTORY_TOML".to_owned(), "[web]\nbind = \"whole\"\nidle = \"5m\"\n".to_owned()),
        ]);
    let settings = schema().load(sources).unwrap();
    let portal: Portal = settings.section().unwrap();
    assert_eq!((portal.bind.as_str(), portal.idle), ("whole", Span::minutes(7)));
    let from = settings.show().into_iter().find(|shown| shown.key == "web.bind").unwrap().from;
    assert_eq!(from, "REFRACTORY_TOML");
    let empty = Sources::new().environment(variable("REFRACTORY_TOML", ""));
    assert!(schema().load(empty).is_ok(), "an empty file says nothing");
}

#[test]
fn a_variable_is_read_as_what_its_key_holds() {
    let settings = |name: &str, text: &str| -> Portal {
        let sources = Sources::new().environment(variable(name, text));
        schema().load(sources).unwrap().section().unwrap()
    };
    assert_eq!(settings("REFRACTORY__WEB__WORKERS", "4").workers, Some(4));
    assert_eq!(settings("REFRACTORY__WEB__BIND", "8080").bind, "8080");
    assert_eq!(settings("REFRACTORY__WEB__NAMES", "[\"a\", \"b\"]").names, ["a", "b"]);
    assert_eq!(settings("REFRACTORY__WEB__TLS__CERT", "x.pem").tls.cert.as_deref(), Some("x.pem"));
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_its_place_and_the_nearest_key() {
    let file = r#"
        bind = "x"
        [web]
        bnid = "x"
        idle = 20
        upload = "8GB"
        mode = "by-pth"
        tls = { cret = "x" }
        zzz = 1
        [wbe]
        bind = "x"
        [core]
        concurrency = 0
    "#;
    let sources = Sources::new()
        .text("refractory.toml", file)
        .environment(variable("REFRACTORY__WEB__BIDN", "x"))
        .flag("--listen", "web.workers", "many");
    insta(&complaints(sources), "
`bind`: this stands outside of any section (refractory.toml). It belongs under `[web]`.
`wbe`: there is no section `[wbe]` (refractory.toml); did you mean `web`?
`web.bnid`: there is no key `bnid` in `[web]` (refractory.toml); did you mean `bind`?
`web.tls.cret`: there is no key `tls.cret` in `[web]` (refractory.toml); did you mean `tls.cert`?
`web.zzz`: there is no key `zzz` in `[web]` (refractory.toml). `refractory config example` shows every key.
`web.idle`: `20` has no unit: write \"20s\" for seconds, \"20m\" for minutes or \"20h\" for hours. (refractory.toml)
`web.mode`: `by-pth` is not one of `by-name`, `by-path`; did you mean `by-path`? (refractory.toml)
`web.upload`: `GB` is not a unit of size: use B, KiB, MiB, GiB or TiB, as in \"8GiB\". (refractory.toml)
`REFRACTORY__WEB__BIDN`: there is no key `bidn` in `[web]` (environment); did you mean `bind`?
`web.workers`: this is string \"many\"; a whole number is wanted. (--listen)
`core.concurrency`: this must be at least 1.");
}

#[track_caller]
fn insta(actual: &str, wanted: &str) {
    assert_eq!(actual, wanted.trim_start_matches('\n'), "\n{actual}");
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line() {
    let told = complaints(Sources::new().text("refractory.toml", "[web]\nbind = \n"));
    assert!(told.starts_with("`refractory.toml:2`: this is not TOML"), "{told}");
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let nowhere = std::path::Path::new("/nowhere/refractory.toml");
    assert_eq!(complaints(Sources::new().file(nowhere, false)), "");
    assert_eq!(
        complaints(Sources::new().file(nowhere, true)),
        "`/nowhere/refractory.toml`: the file doesn't exist. Check the path."
    );
}

#[test]
fn a_secret_may_lie_in_a_file_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "hunter2\n").unwrap();
    let file = format!("[web]\ntoken_file = {:?}\n", path.display().to_string());
    let settings = schema().load(Sources::new().text("f", &file)).unwrap();
    let portal: Portal = settings.section().unwrap();
    assert_eq!(portal.token.as_ref().map(Secret::expose), Some("hunter2"));
    let mut shown = String::new();
    for line in settings.show() {
        writeln!(shown, "{} {:?} {}", line.key, line.value, line.from).unwrap();
    }
    assert!(shown.contains("web.token Some(\"•••\") f"), "{shown}");
    assert!(!shown.contains("hunter2") && !format!("{portal:?}").contains("hunter2"));
}

#[test]
fn a_secret_file_that_is_missing_is_told_without_a_secret() {
    let told = complaints(Sources::new().text("f", "[web]\ntoken_file = \"/nowhere/x\"\n"));
    assert!(told.starts_with("`web.token_file`: `/nowhere/x` cannot be read"), "{told}");
}

#[test]
fn a_section_may_complain_of_values_together() {
    let told = complaints(Sources::new().flag("--listen", "web.bind", "bad"));
    assert_eq!(told, "`web.bind`: that is bad.");
}

#[test]
fn the_example_holds_every_key_and_reads_as_it_is_written() {
    let example = schema().example();
    for wanted in [
        "[web]",
        "# bind = \"\"",
        "# workers = 2",
        "# tls.cert = \"cert.pem\"",
        "# token = \"hush\"",
    ] {
        assert!(example.contains(wanted), "{wanted}\n{example}");
    }
    let bare: String = example
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") && !rest.contains(". ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert_eq!(complaints(Sources::new().text("example", &bare)), "", "{bare}");
}

#[test]
fn every_field_of_our_sections_has_a_sentence() {
    fn undocumented<S: Section>() -> Vec<&'static str> {
        let has =
            |field: &&&str| S::KEYS.iter().any(|doc| doc.key.split('.').next() == Some(field));
        fields::<S>().iter().filter(|field| !has(field)).copied().collect()
    }
    assert_eq!(undocumented::<CoreConfig>(), Vec::<&str>::new());
    assert_eq!(undocumented::<StoreConfig>(), Vec::<&str>::new());
    assert_eq!(fields::<Portal>().len(), 8);
}

#[test]
fn a_tilde_at_the_beginning_of_a_path_is_the_home_folder() {
    let home = |home: &str| vec![("HOME".to_owned(), home.to_owned())];
    let data = |sources: Sources| {
        schema().load(sources).map(|all| all.section::<CoreConfig>().unwrap().data)
    };
    let file = |path: &str| {
        Sources::new().text("refractory.toml", &format!("[core]\ndata = \"{path}\"\n"))
    };
    assert_eq!(data(file("~/tables").environment(home("/home/ada"))).unwrap(), "/home/ada/tables");
    assert_eq!(data(file("~").environment(home("/home/ada/"))).unwrap(), "/home/ada");
    let flag = Sources::new().environment(home("/home/ada")).flag("--data", "core.data", "~/x y?#");
    assert_eq!(data(flag).unwrap(), "/home/ada/x y?#");
    for usual in ["a~/b", "./~", "/srv/~x"] {
        assert_eq!(data(file(usual).environment(home("/home/ada"))).unwrap(), usual);
    }
    assert!(complaints(file("~bob/x").environment(home("/home/ada"))).contains("whole path"));
    assert!(complaints(file("~/x").environment(home("nowhere"))).contains("no home folder"));
}
