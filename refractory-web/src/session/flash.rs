//! Flash messages: one sentence carried over a redirect.
use actix_web::cookie::Cookie;
use serde::Serialize;

use super::{cookie, csrf};

/// How a sentence sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tone {
    /// It worked.
    Good,
    /// It did not.
    Bad,
}

/// A sentence at the top of the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Flash {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

impl Flash {
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text: text.into() }
    }

    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, text: text.into() }
    }

    /// Bound to its recipient: no other site can put words into our page.
    pub(crate) fn seal(&self, secret: &str, https: bool) -> Cookie<'static> {
        let tone = if self.tone == Tone::Good { "g" } else { "b" };
        let mac = csrf::digest(&["flash", secret, tone, &self.text]);
        let value = format!("{tone}.{}.{mac}", hex::encode(self.text.as_bytes()));
        cookie::keep(cookie::FLASH, value, 60, https)
    }

    /// Reads what [`seal`](Self::seal) wrote.
    pub(crate) fn open(value: &str, secret: &str) -> Option<Self> {
        let mut parts = value.split('.');
        let (tone, text, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let text = String::from_utf8(hex::decode(text).ok()?).ok()?;
        if !csrf::same(&csrf::digest(&["flash", secret, tone, &text]), mac) {
            return None;
        }
        Some(Self { tone: if tone == "g" { Tone::Good } else { Tone::Bad }, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_words_are_shown() {
        let flash = Flash::good("Saved – well.");
        let sealed = flash.seal("mine", false);
        assert_eq!(Flash::open(sealed.value(), "mine"), Some(flash));
        assert_eq!(Flash::open(sealed.value(), "another"), None);
        assert_eq!(Flash::open("g.6869.00", "mine"), None);
        assert_eq!(Flash::open("nonsense", "mine"), None);
    }
}
