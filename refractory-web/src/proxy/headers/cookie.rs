//! Cookies between a browser, the portal and the instances.
use std::borrow::Cow;

use refractory_core::foundry_session_digest;

/// Where an instance's cookies may live, and which names are not its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct CookieFilter<'a> {
    /// Names of the portal's cookies.
    pub(super) portal: &'a [String],
    /// The host the instance is reached by, without port.
    pub(super) host: &'a str,
    /// The first segment of its paths, where it shares its host with others.
    pub(super) under: Option<&'a str>,
    /// Which of its sessions it sees.
    pub(super) session: SessionRule<'a>,
}

/// The sessions that an instance sees.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::proxy) enum SessionRule<'a> {
    /// Whichever the browser shows.
    #[default]
    Any,
    /// None.
    Hidden,
    /// Those with these digests: a page of the table may have planted others before them.
    Only(&'a [String]),
}

impl SessionRule<'_> {
    fn hides(&self, pair: &[u8]) -> bool {
        let value = pair.splitn(2, |byte| *byte == b'=').nth(1).unwrap_or_default().trim_ascii();
        match self {
            Self::Any => false,
            Self::Hidden => true,
            Self::Only(known) => !std::str::from_utf8(value).is_ok_and(|value| {
                known.contains(&foundry_session_digest(&read_as_express(value)))
            }),
        }
    }
}

/// The value of a cookie as Express reads it: without its quotes, its percent-encoding undone.
pub(in crate::proxy) fn read_as_express(value: &str) -> Cow<'_, str> {
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let mut rest = bare.as_bytes();
    if !rest.contains(&b'%') {
        return Cow::Borrowed(bare);
    }
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((byte, after)) = rest.split_first() {
        let coded = after.get(..2).filter(|_| *byte == b'%');
        if let Some(coded) = coded.and_then(|pair| hex::decode(pair).ok()) {
            bytes.extend_from_slice(&coded);
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(bare), Cow::Owned)
}

impl CookieFilter<'_> {
    /// `Cookie` without the portal's; nothing where nothing else was in it.
    pub(super) fn for_instance<'v>(&self, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
        let ours = |pair: &[u8]| {
            let name = name_of(pair);
            self.is_portals(name) || (name == b"session" && self.session.hides(pair))
        };
        if !value.split(|b| *b == b';').any(ours) {
            return Some(Cow::Borrowed(value));
        }
        let kept: Vec<_> = value
            .split(|b| *b == b';')
            .filter(|pair| !ours(pair))
            .map(<[u8]>::trim_ascii)
            .collect();
        (!kept.is_empty()).then(|| Cow::Owned(kept.join(&b"; "[..])))
    }

    /// `Set-Cookie` as the browser may have it: never one of the portal's, never for another host than the instance's own.
    pub(super) fn for_browser<'v>(&self, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
        let mut parts = value.split(|b| *b == b';');
        let pair = parts.next().unwrap_or_default();
        // A browser sends a cookie without a name back as its bare value, which may look like a name.
        let bare = pair.trim_ascii().strip_prefix(b"=").unwrap_or(pair);
        if self.is_portals(name_of(bare)) {
            return None;
        }
        let bad = |part: &[u8]| self.reaches_others(part) || self.leaves_path(part);
        let has_path =
            value.split(|b| *b == b';').skip(1).any(|part| attribute(part, b"path").is_some());
        if !parts.clone().any(bad) && (has_path || self.under.is_none()) {
            return Some(Cow::Borrowed(value));
        }
        let mut kept = pair.to_vec();
        for part in parts.filter(|part| !bad(part)) {
            kept.push(b';');
            kept.extend_from_slice(part);
        }
        if let Some(under) = self.under
            && !value
                .split(|b| *b == b';')
                .skip(1)
                .any(|p| attribute(p, b"path").is_some() && !bad(p))
        {
            kept.extend_from_slice(b"; Path=/");
            kept.extend_from_slice(under.as_bytes());
        }
        Some(Cow::Owned(kept))
    }

    fn is_portals(&self, name: &[u8]) -> bool {
        self.portal.iter().any(|ours| ours.as_bytes().eq_ignore_ascii_case(name))
    }

    fn reaches_others(&self, part: &[u8]) -> bool {
        attribute(part, b"domain").is_some_and(|domain| {
            let domain = domain.strip_prefix(b".").unwrap_or(domain);
            self.under.is_some() || !domain.eq_ignore_ascii_case(self.host.as_bytes())
        })
    }

    fn leaves_path(&self, part: &[u8]) -> bool {
        let (Some(under), Some(path)) = (self.under, attribute(part, b"path")) else {
            return false;
        };
        let inside = path.strip_prefix(b"/").and_then(|path| path.strip_prefix(under.as_bytes()));
        !inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }
}

fn name_of(pair: &[u8]) -> &[u8] {
    pair.split(|b| *b == b'=').next().unwrap_or_default().trim_ascii()
}

fn attribute<'v>(part: &'v [u8], name: &[u8]) -> Option<&'v [u8]> {
    let part = part.trim_ascii();
    let equals = part.iter().position(|b| *b == b'=')?;
    let (key, value) = part.split_at(equals);
    key.trim_ascii().eq_ignore_ascii_case(name).then(|| value[1..].trim_ascii())
}

#[cfg(test)]
mod tests;
