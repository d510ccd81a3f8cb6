//! Names that people give to users, groups, licenses and tokens.

/// Whether `name` is 1 to 32 letters, digits, `.`, `-` and `_`, beginning with a letter or digit.
pub(super) fn is_legal(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    begins && name.len() <= 32 && name.chars().all(legal)
}

/// Reads the name of a license or a token: 1 to 60 characters on one line, without blanks around them.
///
/// # Errors
///
/// `Invalid`, with `example` for a name that would do.
#[cfg(feature = "accounts")]
pub(crate) fn checked_label(
    raw: &str,
    during: &'static str,
    example: &str,
) -> Result<String, crate::Error> {
    let name = crate::text::trimmed(raw);
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(crate::text::is_obeyed) {
        return Err(crate::Error::new(crate::ErrorKind::Invalid, during)
            .advise(format!("Enter a name of 1 to 60 characters, such as `{example}`.")));
    }
    Ok(name.to_owned())
}

/// How a checked text is read and written: a type that holds it as its only field, and whose `new` checks it.
macro_rules! text_traits {
    ($name:ident, $error:ty) => {
        impl $name {
            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(raw: &str) -> Result<Self, $error> {
                Self::new(raw)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(raw: String) -> Result<Self, $error> {
                Self::new(&raw)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

/// Defines the type of such a name, in lower case, with its error.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $error:ident, $what:literal) => {
        #[doc = concat!("Why a text cannot be a ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("`{0}` is not a valid {what}. Use 1 to 32 letters, digits, `.`, `-` and `_`, beginning with a letter or digit", what = $what)]
        pub struct $error(String);

        impl From<$error> for crate::Error {
            fn from(error: $error) -> Self {
                let advice = error.to_string();
                Self::new(crate::ErrorKind::Invalid, concat!("reading a ", $what)).advise(advice)
            }
        }

        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(try_from = "String", into = "String")
        )]
        pub struct $name(String);

        impl $name {
            /// Checks `raw`; upper case is folded.
            ///
            /// # Errors
            ///
            /// For what no such name may be.
            pub fn new(raw: &str) -> Result<Self, $error> {
                let name = crate::text::trimmed(raw).to_ascii_lowercase();
                if $crate::model::name::is_legal(&name) {
                    Ok(Self(name))
                } else {
                    Err($error(raw.chars().take(60).collect()))
                }
            }
        }

        $crate::model::name::text_traits! { $name, $error }
    };
}

pub(super) use name_type;
pub(super) use text_traits;
