//! What a version of the program does differently from the others.
use std::fmt;
use std::str::FromStr;

/// A version of Foundry as the program names it: `<generation>.<build>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The major number, 9 to 14.
    pub generation: u32,
    /// The build, which is unique over all generations.
    pub build: u32,
}

impl Version {
    /// The last stable build of each generation the stand-in plays.
    pub const EACH_GENERATION: [Self; 6] = [
        Self::new(9, 280),
        Self::new(10, 312),
        Self::new(11, 315),
        Self::new(12, 343),
        Self::new(13, 351),
        Self::new(14, 364),
    ];

    /// `<generation>.<build>`.
    pub const fn new(generation: u32, build: u32) -> Self {
        Self { generation, build }
    }

    /// The oldest major version of Node.js the program starts on.
    pub fn node_minimum(self) -> u32 {
        match self.generation {
            ..=10 => 14,
            11 => 16,
            12 => 18,
            13 => 20,
            _ => 24,
        }
    }

    /// A Node.js version the program is known to run on.
    pub fn fitting_node(self) -> &'static str {
        match self.generation {
            ..=10 => "16.20.2",
            11 => "18.20.8",
            12 => "20.19.5",
            13 => "22.20.0",
            _ => "24.11.0",
        }
    }

    /// The name of the field, and of the flag, that carries the admin password.
    pub(crate) fn admin_field(self) -> &'static str {
        if self.generation <= 9 { "adminKey" } else { "adminPassword" }
    }

    /// The names under which `POST /join` looks for the user.
    pub(crate) fn user_fields(self) -> &'static [&'static str] {
        match (self.generation, self.build) {
            (14, 365 | 366) => &["userId", "userid"],
            (15.., _) | (14, 367..) => &["userId"],
            _ => &["userid"],
        }
    }

    /// Whether a socket finds its session only in the `Cookie` header.
    pub(crate) fn socket_wants_cookie(self) -> bool {
        self >= Self::new(14, 352)
    }

    /// Whether `modifyDocument` wraps its arguments in `operation`.
    pub(crate) fn wraps_operation(self) -> bool {
        self.generation >= 12
    }

    /// Whether the databases of a world are `NeDB` files rather than `LevelDB` folders.
    pub(crate) fn stores_nedb(self) -> bool {
        self.generation <= 10
    }

    /// Whether `/create` and `/quit` exist, and worlds are no longer made through `/setup`.
    pub(crate) fn has_create_and_quit(self) -> bool {
        self.generation >= 14
    }

    /// Whether an admin may take a user's seat without its password.
    pub(crate) fn has_login_as(self) -> bool {
        self >= Self::new(14, 356)
    }

    /// Whether a world that cannot be launched at start takes the process with it, without a word.
    pub(crate) fn dies_of_a_bad_world(self) -> bool {
        self < Self::new(11, 313)
    }

    /// Whether HTML in user data is served as plain text.
    pub(crate) fn disarms_html(self) -> bool {
        self >= Self::new(14, 361)
    }

    /// Whether `POST /join` must come with the server's own origin.
    pub(crate) fn checks_origin(self) -> bool {
        self.generation >= 14
    }

    /// The field of `world.json` that names the world.
    pub(crate) fn world_id_field(self) -> &'static str {
        if self.generation <= 9 { "name" } else { "id" }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.generation, self.build)
    }
}

/// The text is not `<generation>.<build>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAVersion;

impl fmt::Display for NotAVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version is `<generation>.<build>`, as `13.351`")
    }
}

impl std::error::Error for NotAVersion {}

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let (generation, build) = text.split_once('.').ok_or(NotAVersion)?;
        let number = |digits: &str| digits.parse().map_err(|_| NotAVersion);
        Ok(Self::new(number(generation)?, number(build)?))
    }
}
