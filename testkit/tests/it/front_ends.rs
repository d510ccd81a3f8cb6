//! What the handle does in the process that calls it is on one page, and all of it is.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{files, root};

/// A call of a port: `vault.ensure`.
type Call = String;

/// The name that `text` begins with.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// What follows each `mark` in `code` and is a name.
fn names_after<'a>(code: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(mark).map(move |(at, _)| name(&code[at + mark.len()..]))
}

/// The calls of ports in `code`, in which there are no blanks. The store is what every front end has.
fn calls(path: &str, code: &str) -> BTreeSet<Call> {
    let mut found = BTreeSet::new();
    for (at, mark) in code.match_indices("ports.") {
        let port = name(&code[at + mark.len()..]);
        if port == "store" || port.is_empty() {
            continue;
        }
        let rest = &code[at + mark.len() + port.len()..];
        let method = rest.strip_prefix('.').map(name);
        assert!(method.is_some(), "{path} hands {port} on: call it where it is");
        found.insert(format!("{port}.{}", method.unwrap()));
    }
    found
}

/// The functions of a file by name, each as its code without blanks.
fn functions(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        if let Some((_, after)) = line.split_once("fn ") {
            all.push((name(after).to_owned(), String::new()));
        }
        if let Some((_, code)) = all.last_mut() {
            code.extend(line.chars().filter(|c| !c.is_whitespace()));
        }
    }
    all
}

/// Every call that the handle makes: in `service`, and in what it calls of the worker's.
fn called() -> BTreeSet<Call> {
    let mut shared: BTreeMap<String, String> = BTreeMap::new();
    for (_, text) in files("refractory-core/src/reconcile", ".rs") {
        if text.contains("impl Deployment {") {
            shared.extend(functions(&text));
        }
    }
    let (mut found, mut next) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in files("refractory-core/src/service", ".rs") {
        // The builder is given ports, and calls none.
        if path.ends_with("builder.rs") || path.ends_with("tests.rs") {
            continue;
        }
        for (_, code) in functions(&text) {
            found.extend(calls(&path, &code));
            next.extend(names_after(&code, "deployment.").map(ToOwned::to_owned));
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(function) = next.pop_first() {
        let Some(code) = shared.get(&function).filter(|_| seen.insert(function.clone())) else {
            continue;
        };
        found.extend(calls(&function, code));
        next.extend(names_after(code, "self.").map(ToOwned::to_owned));
    }
    assert!(seen.contains("target") && seen.contains("purge_admin_key"), "{seen:?}");
    found
}

/// The calls in the first column of the page's table.
fn listed() -> BTreeSet<Call> {
    let page = std::fs::read_to_string(root().join("docs/front-ends.md")).unwrap();
    let (_, table) = page.split_once("| Port and call |").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let calls = first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(ToOwned::to_owned);
    calls.collect()
}

#[test]
fn what_a_front_end_touches_is_on_one_page() {
    let (called, listed) = (called(), listed());
    assert!(called.len() > 12, "{called:?}");
    let missing: Vec<_> = called.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "say in docs/front-ends.md why a front end calls {missing:?}, or let a worker do it"
    );
    let idle: Vec<_> = listed.difference(&called).collect();
    assert!(idle.is_empty(), "docs/front-ends.md lists what no front end calls: {idle:?}");
}
