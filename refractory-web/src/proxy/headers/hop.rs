//! Headers that end at each hop.
use actix_web::HttpRequest;
use actix_web::http::{Method, Version, header};

/// Names in `Connection` beyond the usual words: headers that end here because the sender says so.
#[derive(Debug, Default)]
pub(super) struct Named<'a>(Vec<&'a str>);

impl<'a> Named<'a> {
    pub(super) fn in_values(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let words = values
            .filter_map(|value| std::str::from_utf8(value).ok())
            .flat_map(|value| value.split(',').map(str::trim))
            .filter(|word| !is_usual(word));
        Self(words.collect())
    }

    /// Whether the header `name`, in lower case, ends here.
    pub(super) fn ends(&self, name: &str) -> bool {
        is_hop(name) || self.0.iter().any(|word| word.eq_ignore_ascii_case(name))
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

/// Whether `request` asks for a websocket, as the server's parser sees it: from here on its body is raw.
pub(in crate::proxy) fn wants_websocket(request: &HttpRequest) -> Option<bool> {
    if !says(request, &header::UPGRADE, "websocket") {
        return None;
    }
    let has_body = request.headers().contains_key(header::CONTENT_LENGTH)
        || request.headers().contains_key(header::TRANSFER_ENCODING);
    Some(
        request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && says(request, &header::CONNECTION, "upgrade")
            && !has_body,
    )
}

/// Whether one of the words of the header `name` is `word`.
pub(in crate::proxy) fn says(request: &HttpRequest, name: &header::HeaderName, word: &str) -> bool {
    request
        .headers()
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(word))
}
