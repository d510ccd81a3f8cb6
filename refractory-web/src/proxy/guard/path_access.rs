//! Classifies paths of Foundry by who may use them.
use std::borrow::Cow;

use refractory_core::foundry::doors;

/// The access class of a path of Foundry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathAccess {
    /// For everyone.
    Public,
    /// The form by which players join, and by which a world can be closed as well: the body decides.
    Join,
    /// For administrators: [`ADMINISTRATION`](doors::ADMINISTRATION).
    Admin,
    /// The deployment's own: [`NOBODYS`](doors::NOBODYS). What is done there is undone behind its back.
    Forbidden,
}

/// Returns the access class of `path`, for a request with `method` for an instance whose paths begin with `prefix`
/// (without slashes; may be empty).
///
/// A path can be written in many ways, and it is not ours to know which of them the program takes for the same.
/// So the strictest class of all readings counts.
pub fn path_access(method: &str, path: &str, prefix: &str) -> PathAccess {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut strictest = strictest_of(method, path, prefix);
    let mut reading = Cow::Borrowed(path);
    // Decoded as often as any program might: no honest client encodes a path five times.
    for _ in 0..5 {
        let Some(decoded) = decoded(&reading) else { return strictest };
        reading = Cow::Owned(decoded);
        strictest = strictest.max(strictest_of(method, &reading, prefix));
    }
    PathAccess::Forbidden
}

impl PathAccess {
    fn strictness(self) -> u8 {
        match self {
            Self::Public => 0,
            Self::Join => 1,
            Self::Admin => 2,
            Self::Forbidden => 3,
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

fn strictest_of(method: &str, path: &str, prefix: &str) -> PathAccess {
    let as_written = segments(path).filter(|segment| *segment != ".");
    let resolved = resolved(path);
    access_of_segments(method, as_written, prefix).max(access_of_segments(
        method,
        resolved.into_iter(),
        prefix,
    ))
}

fn access_of_segments<'a>(
    method: &str,
    mut segments: impl Iterator<Item = &'a str>,
    prefix: &str,
) -> PathAccess {
    let first = segments.next();
    let outer = access_of_name(method, first);
    if prefix.is_empty() || !first.is_some_and(|first| same(first, prefix)) {
        return outer;
    }
    outer.max(access_of_name(method, segments.next()))
}

fn access_of_name(method: &str, segment: Option<&str>) -> PathAccess {
    // `/setup;x`, `/setup.` and `/setup ` are `/setup` to one program or another.
    let segment = segment.unwrap_or_default().split(';').next().unwrap_or_default();
    let segment =
        segment.trim_end_matches(|c: char| c == '.' || c.is_whitespace() || c.is_control());
    let is = |name: &str| same(segment, name);
    if doors::NOBODYS.into_iter().any(is) {
        PathAccess::Forbidden
    } else if doors::ADMINISTRATION.into_iter().any(is) {
        PathAccess::Admin
    } else if is("join") && !matches!(method, "GET" | "HEAD" | "OPTIONS") {
        PathAccess::Join
    } else {
        PathAccess::Public
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
