//! The default pages of the edge.
use actix_web::HttpRequest;

use super::{Access, Notice, Pages};

/// One sentence in an otherwise empty page that reloads automatically.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainPages;

impl Pages for PlainPages {
    fn html(&self, notice: &Notice<'_>, _request: &HttpRequest, _access: Access) -> String {
        let again = notice.retry_after().map_or_else(String::new, |wait| {
            format!("<meta http-equiv=\"refresh\" content=\"{}\">", wait.as_secs().max(1))
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\">{again}\
             <title>Refractory</title></head><body><p>{}</p></body></html>",
            escaped(&notice.sentence())
        )
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
