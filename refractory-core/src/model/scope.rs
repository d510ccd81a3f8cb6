//! What a token is limited to.
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::{Error, ErrorKind};

/// One thing that a token is good for. Each includes the ones before it; `Credentials` stands alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Scope {
    /// Read what the user may see.
    Read,
    /// Start, stop and restart instances.
    Play,
    /// Create, change and delete instances.
    Manage,
    /// Manage users, licenses, releases and the deployment.
    Admin,
    /// Manage tokens, passwords, sign-in links and sessions.
    Credentials,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] =
        [Self::Read, Self::Play, Self::Manage, Self::Admin, Self::Credentials];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Play => "play",
            Self::Manage => "manage",
            Self::Admin => "admin",
            Self::Credentials => "credentials",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = Error;
    fn from_str(raw: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|scope| scope.name() == raw).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "reading a scope").advise(format!(
                "`{raw}` is not a scope. Use read, play, manage, admin or credentials."
            ))
        })
    }
}

/// Everything that a token is good for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// These; `Read` where there are none.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let scopes: BTreeSet<_> = scopes.into_iter().collect();
        if scopes.is_empty() { Self([Scope::Read].into()) } else { Self(scopes) }
    }

    /// Whether what needs `scope` is within them.
    pub fn include(&self, scope: Scope) -> bool {
        let level = |held: &Scope| *held != Scope::Credentials && *held >= scope;
        match scope {
            Scope::Credentials => self.0.contains(&scope),
            Scope::Read | Scope::Play | Scope::Manage | Scope::Admin => self.0.iter().any(level),
        }
    }

    /// Whether everything within `others` is within them.
    pub fn include_all(&self, others: &Self) -> bool {
        others.iter().all(|scope| self.include(scope))
    }

    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_includes_the_ones_before_it_and_credentials_stand_alone() {
        let rows = [
            (Scope::Read, "y----"),
            (Scope::Play, "yy---"),
            (Scope::Manage, "yyy--"),
            (Scope::Admin, "yyyy-"),
            (Scope::Credentials, "----y"),
        ];
        for (held, expected) in rows {
            let scopes = Scopes::new([held]);
            let cells = Scope::ALL.map(|scope| if scopes.include(scope) { 'y' } else { '-' });
            assert_eq!(String::from_iter(cells), expected, "{held}");
        }
        let all = Scopes::new([Scope::Admin, Scope::Credentials]);
        assert!(Scope::ALL.into_iter().all(|scope| all.include(scope)));
        assert!(all.include_all(&Scopes::new(Scope::ALL)));
        assert!(!Scopes::new([Scope::Admin]).include_all(&all));
        assert_eq!(Scopes::new([]), Scopes::new([Scope::Read]));
    }

    #[test]
    fn scopes_are_read_by_their_names() {
        for scope in Scope::ALL {
            assert_eq!(scope.name().parse::<Scope>().unwrap(), scope);
        }
        assert!("write".parse::<Scope>().unwrap_err().for_people().contains("credentials"));
    }
}
