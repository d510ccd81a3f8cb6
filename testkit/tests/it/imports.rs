//! No import circle within a crate: neither between its top modules nor between its files.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use crate::sources::files;

/// A module by its path within the crate; empty for the root.
type Module = Vec<String>;
type Graph = BTreeMap<Module, BTreeSet<Module>>;

/// Circles between top modules that are not cut yet. A circle leaves this list when it is cut; none may be added.
const KNOWN_BETWEEN_MODULES: &[(&str, &[&str])] = &[
    ("refractory-core", &["config", "local"]),
    ("refractory-core", &["model", "ports"]),
    ("refractory-core", &["reconcile", "service"]),
    ("refractory-web", &["live", "pages"]),
];

/// Circles between files that are not cut yet. A circle leaves this list when it is cut; none may be added.
const KNOWN_BETWEEN_FILES: &[(&str, &[&str])] = &[
    ("refractory-aws", &["snapshot/store", "snapshot/verify"]),
    ("refractory-core", &["config/schema", "config/settings"]),
    ("refractory-core", &["error", "error/code", "error/sentences"]),
    ("refractory-core", &["foundry/control/closing", "foundry/control/memory"]),
    ("refractory-core", &["foundry/control/game", "foundry/control/seats", "foundry/control/talk"]),
    ("refractory-core", &["local/archives/store", "local/archives/trees"]),
    (
        "refractory-core",
        &[
            "local/folder/snapshots",
            "local/folder/snapshots/pack",
            "local/folder/snapshots/read",
            "local/folder/snapshots/verify",
        ],
    ),
    ("refractory-core", &["local/process/look", "local/process/runtime", "local/process/stop"]),
    (
        "refractory-core",
        &[
            "model/annotation",
            "model/backup",
            "model/desired_state",
            "model/fault",
            "model/instance",
            "model/journal",
            "model/license",
            "model/operation",
            "model/setup",
            "model/spec",
            "model/view",
            "model/waiting",
            "ports/observed",
        ],
    ),
    ("refractory-core", &["ports/store/aggregate", "ports/store/index"]),
    (
        "refractory-core",
        &["reconcile/duties", "reconcile/operation", "reconcile/run", "reconcile/worker"],
    ),
    ("refractory-core", &["reconcile/sweep/look", "reconcile/sweep/orphans"]),
    (
        "refractory-core",
        &[
            "service/admins",
            "service/builder",
            "service/grants",
            "service/instances",
            "service/list",
            "service/owners",
            "service/people",
        ],
    ),
    ("refractory-core", &["sql/connect", "sql/connect/postgres", "sql/connect/sqlite"]),
    ("refractory-core", &["sql/error", "sql/error/postgres", "sql/error/sqlite"]),
    (
        "refractory-web",
        &[
            "api",
            "api/backups",
            "api/choices",
            "api/events",
            "api/groups",
            "api/instances",
            "api/licenses",
            "api/openapi",
            "api/operations",
            "api/releases",
            "api/routes",
            "api/session",
            "api/tokens",
            "api/users",
        ],
    ),
    ("refractory-web", &["pages/account", "pages/tokens"]),
    ("refractory-web", &["pages/grants", "pages/settings"]),
    (
        "testkit",
        &[
            "foundry/socket/client",
            "foundry/socket/document",
            "foundry/socket/events",
            "foundry/socket/polling",
            "foundry/socket/upgrade",
            "foundry/state",
        ],
    ),
];

const CRATES: [&str; 6] = [
    "refractory-core",
    "refractory-aws",
    "refractory-web",
    "refractory-discord",
    "refractory-cli",
    "testkit",
];

/// Splits `text` into words and signs, without comments and literals.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let (mut found, mut i) = (Vec::new(), 0);
    while i < chars.len() {
        let c = at(i);
        if c == '/' && at(i + 1) == '/' {
            i += chars[i..].iter().take_while(|c| **c != '\n').count();
        } else if c == 'r'
            && (at(i + 1) == '"' || (at(i + 1) == '#' && matches!(at(i + 2), '"' | '#')))
        {
            let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
            let end = format!("\"{}", "#".repeat(hashes));
            let rest: String = chars[i + hashes + 2..].iter().collect();
            let length = rest.find(&end).map_or(rest.len(), |end| rest[..end].chars().count());
            i += hashes + 2 + length + hashes + 1;
        } else if c == '"' {
            i += 1;
            while i < chars.len() && at(i) != '"' {
                i += if at(i) == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if c == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            i += 2;
            while i < chars.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
        } else if c.is_alphanumeric() || c == '_' {
            let word: String =
                chars[i..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
            i += word.chars().count();
            found.push(word);
        } else {
            if !c.is_whitespace() {
                found.push(c.to_string());
            }
            i += 1;
        }
    }
    found
}

/// The index behind the bracket that closes the one at `open`.
fn behind(tokens: &[String], open: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, token) in tokens[open..].iter().enumerate() {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + offset + 1;
        }
    }
    tokens.len()
}

/// `tokens` without modules and imports that exist in tests only, and the names of the former.
fn without_tests(tokens: &[String]) -> (Vec<String>, BTreeSet<String>) {
    let (mut kept, mut tests, mut i) = (Vec::new(), BTreeSet::new(), 0);
    while i < tokens.len() {
        let is_attribute = tokens[i] == "#" && tokens.get(i + 1).is_some_and(|next| next == "[");
        if !is_attribute {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        let end = behind(tokens, i + 1);
        let is_test = tokens[i..end].windows(3).any(|words| words == ["cfg", "(", "test"]);
        i = end;
        if !is_test {
            continue;
        }
        let end =
            tokens[i..].iter().position(|token| token == ";" || token == "{").unwrap_or(0) + i;
        if let Some(at) = tokens[i..end].iter().position(|token| token == "mod") {
            tests.insert(tokens[i + at + 1].clone());
        }
        i = if tokens[end] == "{" { behind(tokens, end) } else { end + 1 };
    }
    (kept, tests)
}

/// What one file says about other modules.
#[derive(Debug, Default)]
struct Source {
    /// Names that the file gives to paths for others to use.
    exports: BTreeMap<String, Vec<String>>,
    /// Paths that the file uses itself.
    paths: Vec<Vec<String>>,
    /// Modules that it declares for tests only.
    tests: BTreeSet<String>,
}

/// The paths of the `use` tree at the front of `tokens`, each with the name it is known by; `tokens` go on behind it.
fn use_tree(
    tokens: &mut VecDeque<String>,
    prefix: &[String],
    found: &mut Vec<(Vec<String>, String)>,
) {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.pop_front() {
        match token.as_str() {
            "{" => {
                while tokens.front().is_some_and(|token| token != "}") {
                    use_tree(tokens, &path, found);
                    if tokens.front().is_some_and(|token| token == ",") {
                        tokens.pop_front();
                    }
                }
                tokens.pop_front();
                return;
            }
            "as" => {
                let name = tokens.pop_front().unwrap_or_default();
                found.push((path, name));
                return;
            }
            ":" => {}
            word => path.push(word.to_owned()),
        }
        if tokens.front().is_none_or(|token| token == "," || token == "}") {
            break;
        }
    }
    let name = path.last().cloned().unwrap_or_default();
    found.push((path, name));
}

fn read(text: &str) -> Source {
    let (tokens, tests) = without_tests(&tokens(text));
    let mut source = Source { tests, ..Source::default() };
    let mut i = 0;
    while i < tokens.len() {
        if tokens[i] == "use" {
            let end = tokens[i..].iter().position(|token| token == ";").unwrap_or(0) + i;
            let mut tree: VecDeque<_> = tokens[i + 1..end].iter().cloned().collect();
            let mut found = Vec::new();
            use_tree(&mut tree, &[], &mut found);
            let is_public = i > 0 && (tokens[i - 1] == "pub" || tokens[i - 1] == ")");
            for (path, name) in found {
                if is_public && name != "*" {
                    source.exports.insert(name, path);
                } else {
                    source.paths.push(path);
                }
            }
            i = end.max(i + 1);
        } else if tokens.get(i + 1).is_some_and(|next| next == ":")
            && tokens.get(i + 2).is_some_and(|next| next == ":")
            && (i < 2 || tokens[i - 1] != ":")
        {
            let mut path = vec![tokens[i].clone()];
            while tokens.get(i + 1).is_some_and(|next| next == ":")
                && tokens.get(i + 2).is_some_and(|next| next == ":")
            {
                path.extend(tokens.get(i + 3).cloned());
                i += 3;
            }
            source.paths.push(path);
            i += 1;
        } else {
            i += 1;
        }
    }
    source
}

/// The files of a crate, by their modules, without those for tests only and programs beside the library.
fn sources(name: &str) -> BTreeMap<Module, Source> {
    let root = format!("{name}/src");
    let mut all = BTreeMap::new();
    for (path, text) in files(&root, ".rs") {
        let inside = Path::new(&path).strip_prefix(&root).unwrap().with_extension("");
        let mut module: Module =
            inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if module.first().is_some_and(|first| first == "bin") {
            continue;
        }
        if module.last().is_some_and(|last| last == "mod")
            || module == ["lib"]
            || module == ["main"]
        {
            module.pop();
        }
        all.insert(module, read(&text));
    }
    let tests: Vec<Module> = all
        .iter()
        .flat_map(|(module, source)| {
            source.tests.iter().map(|test| [&module[..], std::slice::from_ref(test)].concat())
        })
        .collect();
    all.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
    all
}

/// The module that `path`, written in `module`, leads to, through whatever it is exported by.
fn resolved(
    all: &BTreeMap<Module, Source>,
    module: &Module,
    path: &[String],
    depth: usize,
) -> Option<Module> {
    let mut path = path.iter().peekable();
    let mut at = match path.peek()?.as_str() {
        "crate" => {
            path.next();
            Module::new()
        }
        "super" | "self" => {
            let mut at = module.clone();
            while let Some(word) = path.next_if(|word| *word == "super" || *word == "self") {
                if word == "super" {
                    at.pop();
                }
            }
            at
        }
        first if all.contains_key(&[&module[..], &[first.to_owned()]].concat()) => module.clone(),
        _ => return None,
    };
    while let Some(word) = path.peek() {
        let below = [&at[..], &[(*word).clone()]].concat();
        if !all.contains_key(&below) {
            break;
        }
        at = below;
        path.next();
    }
    let exported = path.peek().and_then(|name| all.get(&at)?.exports.get(*name));
    match exported {
        Some(target) if depth < 8 => {
            let inner = match target.first().map(String::as_str) {
                Some("crate" | "super" | "self") => target.clone(),
                _ => [&["self".to_owned()], &target[..]].concat(),
            };
            resolved(all, &at, &inner, depth + 1).or(Some(at))
        }
        _ => Some(at),
    }
}

fn imports(all: &BTreeMap<Module, Source>) -> Graph {
    let mut graph = Graph::new();
    for (module, source) in all {
        let to = source.paths.iter().filter_map(|path| resolved(all, module, path, 0));
        graph
            .insert(module.clone(), to.filter(|to| to != module && all.contains_key(to)).collect());
    }
    graph
}

/// The same between top modules. The root only lists them.
fn between_tops(graph: &Graph) -> Graph {
    let mut tops = Graph::new();
    for (from, to) in graph.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
        if let (Some(from), Some(to)) = (from.first(), to.first())
            && from != to
        {
            tops.entry(vec![from.clone()]).or_default().insert(vec![to.clone()]);
        }
    }
    tops
}

fn reached(graph: &Graph, from: &Module) -> BTreeSet<Module> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        let next = graph.get(module).into_iter().flatten();
        open.extend(next.filter(|module| seen.insert((*module).clone())));
    }
    seen
}

/// Sets of modules of which each leads to each.
fn circles(graph: &Graph) -> BTreeSet<BTreeSet<String>> {
    let reach: BTreeMap<&Module, BTreeSet<Module>> =
        graph.keys().map(|module| (module, reached(graph, module))).collect();
    let in_circle = reach.iter().filter(|(module, reached)| reached.contains(**module));
    in_circle
        .map(|(module, reached)| {
            let back = |other: &&Module| reach.get(*other).is_some_and(|all| all.contains(*module));
            reached.iter().filter(back).map(|module| module.join("/")).collect()
        })
        .collect()
}

fn check(graph: &Graph, name: &str, known: &[(&str, &[&str])]) {
    let found = circles(graph);
    let known: Vec<BTreeSet<String>> = known
        .iter()
        .filter(|(of, _)| *of == name)
        .map(|(_, circle)| circle.iter().map(ToString::to_string).collect())
        .collect();
    for circle in &found {
        assert!(
            known.iter().any(|known| circle.is_subset(known)),
            "{name} has a circle: {circle:?}"
        );
    }
    for known in known {
        let is_left = found.iter().any(|circle| circle.is_subset(&known));
        assert!(is_left, "{name} has no circle in {known:?} any more: take it off the list");
    }
}

#[test]
fn no_circle_between_the_modules_of_a_crate() {
    for name in CRATES {
        check(&between_tops(&imports(&sources(name))), name, KNOWN_BETWEEN_MODULES);
    }
}

#[test]
fn no_circle_between_the_files_of_a_crate() {
    for name in CRATES {
        check(&imports(&sources(name)), name, KNOWN_BETWEEN_FILES);
    }
}

#[test]
fn imports_are_read_however_they_are_written() {
    let text = r##"
        use crate::a::{b::C, d::{self, E as F}}; // use crate::z;
        pub(crate) use super::g::H;
        #[cfg(test)]
        mod tests { use crate::never::Used; }
        fn f() -> &'static str { let c = '"'; x::y(c); r#"use crate::never;"# }
    "##;
    let source = read(text);
    let paths: Vec<String> = source.paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["crate::a::b::C", "crate::a::d::self", "crate::a::d::E", "x::y"]);
    assert_eq!(source.exports.into_iter().collect::<Vec<_>>()[0].0, "H");
    assert_eq!(source.tests.into_iter().collect::<Vec<_>>(), ["tests"]);
}
