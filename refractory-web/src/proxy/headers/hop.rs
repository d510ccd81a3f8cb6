//! Headers that end at each hop.

/// Names in `Connection` beyond the usual words: headers that the sender declares hop-by-hop.
#[derive(Debug, Default)]
pub(super) struct ConnectionOptions<'a>(Vec<&'a str>);

impl<'a> ConnectionOptions<'a> {
    pub(super) fn in_values(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let words = values
            .filter_map(|value| std::str::from_utf8(value).ok())
            .flat_map(|value| value.split(',').map(str::trim))
            .filter(|word| !is_usual(word));
        Self(words.collect())
    }

    /// Whether the header `name`, in lower case, ends here. A sender cannot drop one that all hops need:
    /// a request without its host, or without what a proxy in front has said of the client, would be another request.
    pub(super) fn ends(&self, name: &str) -> bool {
        is_hop(name)
            || (!is_end_to_end(name) && self.0.iter().any(|word| word.eq_ignore_ascii_case(name)))
    }
}

fn is_usual(word: &str) -> bool {
    word.is_empty()
        || ["keep-alive", "close", "upgrade"].iter().any(|usual| usual.eq_ignore_ascii_case(word))
}

fn is_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "expect"
            | "http2-settings"
    )
}

/// Headers that both ends rely on (RFC 9110, section 7.6.1: they may not be named in `Connection`).
fn is_end_to_end(name: &str) -> bool {
    const FAMILIES: [&str; 9] = [
        "accept",
        "access-control-",
        "content-",
        "cross-origin-",
        "if-",
        "sec-",
        "x-content-",
        "x-forwarded-",
        "x-frame-",
    ];
    FAMILIES.iter().any(|family| name.starts_with(family))
        || matches!(
            name,
            "age"
                | "allow"
                | "authorization"
                | "cache-control"
                | "cookie"
                | "date"
                | "etag"
                | "expires"
                | "forwarded"
                | "host"
                | "last-modified"
                | "location"
                | "origin"
                | "pragma"
                | "range"
                | "referer"
                | "referrer-policy"
                | "retry-after"
                | "set-cookie"
                | "strict-transport-security"
                | "user-agent"
                | "vary"
                | "via"
                | "www-authenticate"
                | "x-csrf-token"
                | "x-real-ip"
                | "x-requested-with"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_ends_headers_of_its_own_and_none_that_the_request_needs() {
        let all = "close, host, Content-Length, COOKIE, authorization, sec-websocket-key, x-forwarded-for, forwarded, \
                   set-cookie, content-type, if-none-match, x-mine, keep-alive, upgrade";
        let named = ConnectionOptions::in_values([all.as_bytes()].into_iter());
        for kept in [
            "host",
            "content-length",
            "content-type",
            "cookie",
            "set-cookie",
            "authorization",
            "sec-websocket-key",
            "x-forwarded-for",
            "forwarded",
            "if-none-match",
            "x-other",
        ] {
            assert!(!named.ends(kept), "{kept}");
        }
        for ended in ["x-mine", "connection", "keep-alive", "transfer-encoding", "upgrade", "te"] {
            assert!(named.ends(ended), "{ended}");
        }
    }
}
