//! Which of Foundry's doors a path leads to.
use std::borrow::Cow;

use refractory_core::foundry::doors;

/// A door of Foundry's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Anybody's.
    Open,
    /// The form people join by, and by which a world can be closed as well: its body says which.
    Join,
    /// For administrators: [`ADMINISTRATION`](doors::ADMINISTRATION).
    Admin,
    /// The deployment's own: [`NOBODYS`](doors::NOBODYS). What is done there is undone behind its back.
    Never,
}

/// The door that `path` leads to, as a request with `method` for an instance whose paths begin with `prefix`
/// (without slashes; may be empty).
///
/// A path can be written in many ways, and it is not ours to know which of them the program takes for the same.
/// So the strictest door counts that any reading of it leads to.
pub fn door(method: &str, path: &str, prefix: &str) -> Door {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut strictest = strictest_of(method, path, prefix);
    let mut reading = Cow::Borrowed(path);
    // Decoded as often as anybody might: a path that was encoded five times is nobody's honest wish.
    for _ in 0..5 {
        let Some(decoded) = decoded(&reading) else { return strictest };
        reading = Cow::Owned(decoded);
        strictest = strictest.max(strictest_of(method, &reading, prefix));
    }
    Door::Never
}

impl Door {
    fn strictness(self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Join => 1,
            Self::Admin => 2,
            Self::Never => 3,
        }
    }

    fn max(self, other: Self) -> Self {
        if other.strictness() > self.strictness() { other } else { self }
    }
}

/// Whether a request begins a new session of a game's sockets, rather than going on with one.
pub(in crate::proxy) fn opens_session(path: &str, query: &str) -> bool {
    path.contains("socket.io") && !query.split('&').any(|pair| pair.starts_with("sid="))
}

fn strictest_of(method: &str, path: &str, prefix: &str) -> Door {
    let as_written = segments(path).filter(|segment| *segment != ".");
    let resolved = resolved(path);
    through(method, as_written, prefix).max(through(method, resolved.into_iter(), prefix))
}

fn through<'a>(method: &str, mut segments: impl Iterator<Item = &'a str>, prefix: &str) -> Door {
    let first = segments.next();
    let outer = named(method, first);
    if prefix.is_empty() || !first.is_some_and(|first| same(first, prefix)) {
        return outer;
    }
    outer.max(named(method, segments.next()))
}

fn named(method: &str, segment: Option<&str>) -> Door {
    // `/setup;x`, `/setup.` and `/setup ` are `/setup` to one program or another.
    let segment = segment.unwrap_or_default().split(';').next().unwrap_or_default();
    let segment =
        segment.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control());
    let is = |name: &str| same(segment, name);
    if doors::NOBODYS.into_iter().any(is) {
        Door::Never
    } else if doors::ADMINISTRATION.into_iter().any(is) {
        Door::Admin
    } else if is("join") && !matches!(method, "GET" | "HEAD" | "OPTIONS") {
        Door::Join
    } else {
        Door::Open
    }
}

/// Whether two words are the same to a program that does not care for case, in Unicode's sense of it.
fn same(segment: &str, name: &str) -> bool {
    if segment.is_ascii() {
        return segment.eq_ignore_ascii_case(name);
    }
    let folded: String = segment.chars().flat_map(char::to_uppercase).collect();
    folded.eq_ignore_ascii_case(name)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|segment| !segment.is_empty())
}

fn resolved(path: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    if path.contains("..") {
        for segment in segments(path).filter(|segment| *segment != ".") {
            // Some programs cut parameters off before they resolve.
            if segment.split(';').next() == Some("..") {
                kept.pop();
            } else {
                kept.push(segment);
            }
        }
    }
    kept
}

/// `path` with its percent-encoding undone once; nothing where there was none.
fn decoded(path: &str) -> Option<String> {
    if !path.contains('%') {
        return None;
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    let mut changed = false;
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|pair| hex::decode(pair).ok()).filter(|_| *byte == b'%');
        if let Some(hex) = hex {
            bytes.extend_from_slice(&hex);
            rest = &after[2..];
            changed = true;
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    changed.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
