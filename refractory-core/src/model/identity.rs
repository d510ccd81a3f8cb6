//! How a user signs in, and whether they may.
use std::fmt;
use std::str::FromStr;

use super::name::text_traits;
use crate::text::{excerpt, is_obeyed, trimmed};
use crate::{Error, ErrorKind};

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum UserState {
    /// They may.
    #[default]
    Active,
    /// They may not, and are signed out everywhere.
    Disabled,
}

impl UserState {
    /// The word for it in JSON and at the prompt.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

impl fmt::Display for UserState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One way for a user to prove who they are. An identity of another service belongs to one user at most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Identity {
    /// The password that the user has set here.
    Password,
    /// A Discord account, by its id.
    Discord(String),
    /// An account of a provider of `OpenID Connect`.
    Oidc {
        /// The provider's issuer URL.
        issuer: String,
        /// The account's `sub` claim.
        subject: String,
    },
}

impl Identity {
    /// The most identities of other services that one user has.
    pub const MOST: usize = 8;

    /// A Discord account.
    ///
    /// # Errors
    ///
    /// `Invalid` unless `id` is a number of 5 to 20 digits, as Discord's ids are.
    pub fn discord(id: &str) -> Result<Self, Error> {
        let id = trimmed(id);
        if (5..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self::Discord(id.to_owned()));
        }
        Err(invalid(
            "A Discord ID is a number such as 80351110224678912. In Discord, turn on Developer Mode and choose Copy User ID.",
        ))
    }

    /// An account of a provider of `OpenID Connect`.
    ///
    /// # Errors
    ///
    /// `Invalid` for an issuer that is no `https` URL, and for an empty or endless subject.
    pub fn oidc(issuer: &str, subject: &str) -> Result<Self, Error> {
        let (issuer, subject) = (trimmed(issuer).trim_end_matches('/'), trimmed(subject));
        let legal = |text: &str, most| {
            (1..=most).contains(&text.len()) && !text.contains(is_obeyed) && !text.contains(' ')
        };
        let host = issuer.strip_prefix("https://").unwrap_or_default();
        if !legal(host, 255) || host.starts_with('/') {
            return Err(invalid(
                "The issuer is the `https` URL of the provider, such as https://accounts.example.com.",
            ));
        }
        if !legal(subject, 255) {
            return Err(invalid(
                "The subject is the account's `sub` claim: 1 to 255 characters without spaces.",
            ));
        }
        Ok(Self::Oidc { issuer: issuer.to_owned(), subject: subject.to_owned() })
    }
}

/// As `password`, `discord:ID` or `oidc:ISSUER:SUB`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password => f.write_str("password"),
            Self::Discord(id) => write!(f, "discord:{id}"),
            Self::Oidc { issuer, subject } => write!(f, "oidc:{issuer}:{subject}"),
        }
    }
}

impl FromStr for Identity {
    type Err = Error;

    fn from_str(raw: &str) -> Result<Self, Error> {
        match raw.split_once(':') {
            None if raw == "password" => Ok(Self::Password),
            Some(("discord", id)) => Self::discord(id),
            // The issuer has colons too: the subject is what follows the last one.
            Some(("oidc", rest)) => match rest.rsplit_once(':') {
                Some((issuer, subject)) => Self::oidc(issuer, subject),
                None => Err(unknown(raw)),
            },
            _ => Err(unknown(raw)),
        }
    }
}

fn invalid(sentence: &'static str) -> Error {
    Error::new(ErrorKind::Invalid, "reading an identity").advise(sentence)
}

fn unknown(raw: &str) -> Error {
    let shown = excerpt(raw, 60);
    Error::new(ErrorKind::Invalid, "reading an identity").advise(format!(
        "`{shown}` is not an identity. Use password, discord:ID or oidc:ISSUER:SUB."
    ))
}

/// An e-mail address, checked only as far as it can be without sending something there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Email(String);

/// A language and region as BCP 47 writes them, such as `de` or `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Locale(String);

impl Email {
    /// Checks `raw`.
    ///
    /// # Errors
    ///
    /// `Invalid`.
    pub fn new(raw: &str) -> Result<Self, Error> {
        let text = trimmed(raw);
        let is_address = text.rsplit_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len())
                && !local.contains('@')
                && domain.contains(|c: char| c.is_alphanumeric())
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        });
        let is_odd = |c: char| c.is_whitespace() || is_obeyed(c) || matches!(c, '<' | '>' | ',');
        if is_address && text.len() <= 254 && !text.contains(is_odd) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::new(ErrorKind::Invalid, "reading an e-mail address")
            .advise("This is not an e-mail address. Use one such as jane@example.com."))
    }
}

impl Locale {
    /// Checks `raw`.
    ///
    /// # Errors
    ///
    /// `Invalid`.
    pub fn new(raw: &str) -> Result<Self, Error> {
        let text = trimmed(raw);
        let mut parts = text.split('-');
        let begins = parts.next().is_some_and(|language| {
            (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic())
        });
        let goes_on = parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if begins && goes_on && text.len() <= 35 {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::new(ErrorKind::Invalid, "reading a locale").advise(
            "This is not a locale. Use a language, with or without a region, such as en or pt-BR.",
        ))
    }
}

text_traits! { Email, Error }
text_traits! { Locale, Error }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_read_as_they_are_written() {
        for text in
            ["password", "discord:80351110224678912", "oidc:https://id.example.com:8443/realm:jane"]
        {
            assert_eq!(text.parse::<Identity>().unwrap().to_string(), text);
        }
        for text in
            ["", "Password", "discord:", "discord:jane", "oidc:https", "oidc:http://a:b", "saml:x"]
        {
            assert_eq!(text.parse::<Identity>().unwrap_err().kind(), ErrorKind::Invalid, "{text}");
        }
        let slash = Identity::oidc("https://id.example.com/", "jane").unwrap();
        assert_eq!(slash, Identity::oidc("https://id.example.com", "jane").unwrap());
    }

    #[test]
    fn what_is_no_address_and_no_locale_is_refused() {
        for good in ["jane@example.com", "a.b+c@xn--bcher-kva.example", " jane@host "] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        for bad in
            ["", "jane", "@host", "jane@", "a b@host", "a@b@c", "a@b\r\nBcc: x", "a@.b", "a@b,c"]
        {
            assert!(Email::new(bad).is_err(), "{bad}");
        }
        for good in ["en", "pt-BR", "zh-Hant-TW", "de-1996"] {
            assert!(Locale::new(good).is_ok(), "{good}");
        }
        for bad in ["", "e", "en_US", "en-", "1n", "../en", "abcdefghi"] {
            assert!(Locale::new(bad).is_err(), "{bad}");
        }
    }
}
