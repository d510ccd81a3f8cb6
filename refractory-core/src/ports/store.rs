//! Where everything is written down: the only bus between processes.
use std::fmt::Debug;
use std::marker::PhantomData;

use crate::model::{
    AdminGuard, DeploymentMark, Event, Instance, License, Purpose, Release, Token, User, WorkerMark,
};
use crate::{Error, ErrorKind, Result, async_trait};

/// What kinds of rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`Instance`]s.
    Instance,
    /// [`License`]s.
    License,
    /// [`Release`]s.
    Release,
    /// [`User`]s.
    User,
    /// [`Token`]s.
    Token,
    /// [`Event`]s.
    Event,
    /// [`WorkerMark`]s.
    Worker,
    /// [`Sealed`] secrets.
    Secret,
    /// The one [`AdminGuard`].
    AdminGuard,
    /// The [`DeploymentMark`] of the store.
    Deployment,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Instance,
        Self::License,
        Self::Release,
        Self::User,
        Self::Token,
        Self::Event,
        Self::Worker,
        Self::Secret,
        Self::AdminGuard,
        Self::Deployment,
    ];

    /// The word for it, as stores write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::License => "license",
            Self::Release => "release",
            Self::User => "user",
            Self::Token => "token",
            Self::Event => "event",
            Self::Worker => "worker",
            Self::Secret => "secret",
            Self::AdminGuard => "admin-guard",
            Self::Deployment => "deployment",
        }
    }
}

/// A secret that only the holder of the vault's key can open.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sealed {
    /// The name it is kept under.
    pub name: crate::SecretName,
    /// Nonce and ciphertext, in text form as the vault chose it.
    pub text: String,
    /// Counts writes; the store compares it.
    pub revision: u64,
}

impl Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({})", self.name)
    }
}

/// Something that is written whole, and compared by revision.
pub trait Aggregate: Clone + Debug + Send + Sync + Sized + 'static {
    /// Which kind of row it is.
    const KIND: Kind;

    /// Its id.
    fn id(&self) -> &str;
    /// The revision it was read at; zero for one never written.
    fn revision(&self) -> u64;
    /// Sets the revision, as a store does on writing.
    fn set_revision(&mut self, revision: u64);
    /// Texts that no other row of its kind may have at the same time, as `slug:friday`.
    fn unique(&self) -> Vec<String>;
    /// Wraps it.
    fn into_body(self) -> Body;
    /// Unwraps it; `None` for a row of another kind.
    fn from_body(body: Body) -> Option<Self>;
}

macro_rules! aggregates {
    ($($variant:ident($type:ty), $unique:expr;)*) => {
        /// One row's content.
        #[derive(Debug, Clone, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
        pub enum Body {
            $(
                #[doc = concat!("A row of kind [`Kind::", stringify!($variant), "`].")]
                $variant(Box<$type>),
            )*
        }

        impl Body {
            /// Which kind of row it is.
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)* }
            }

            /// Its id.
            pub fn id(&self) -> &str {
                match self { $(Self::$variant(row) => Aggregate::id(row.as_ref()),)* }
            }

            /// The revision it was read at.
            pub fn revision(&self) -> u64 {
                match self { $(Self::$variant(row) => row.revision,)* }
            }

            /// The same at `revision`.
            #[must_use]
            pub fn at_revision(mut self, revision: u64) -> Self {
                match &mut self { $(Self::$variant(row) => row.revision = revision,)* }
                self
            }

            /// Texts that no other row of its kind may have.
            pub fn unique(&self) -> Vec<String> {
                match self { $(Self::$variant(row) => row.unique(),)* }
            }
        }

        $(
            impl Aggregate for $type {
                const KIND: Kind = Kind::$variant;
                fn id(&self) -> &str {
                    aggregates!(@id self $variant)
                }
                fn revision(&self) -> u64 {
                    self.revision
                }
                fn set_revision(&mut self, revision: u64) {
                    self.revision = revision;
                }
                fn unique(&self) -> Vec<String> {
                    let unique: fn(&$type) -> Vec<String> = $unique;
                    unique(self)
                }
                fn into_body(self) -> Body {
                    Body::$variant(Box::new(self))
                }
                fn from_body(body: Body) -> Option<Self> {
                    if let Body::$variant(row) = body { Some(*row) } else { None }
                }
            }
        )*
    };
    (@id $row:ident Secret) => { $row.name.as_str() };
    (@id $row:ident $other:ident) => { $row.id.as_str() };
}

aggregates! {
    Instance(Instance), |row| vec![format!("slug:{}", row.slug)];
    License(License), |row| {
        let holder = row.lease.iter().map(|lease| format!("holder:{}", lease.holder));
        holder.chain([format!("name:{}", row.name), format!("key:{}", row.fingerprint)]).collect()
    };
    Release(Release), |_| Vec::new();
    User(User), |row| vec![format!("name:{}", row.name)];
    Token(Token), |row| match row.purpose {
        // One setup link at a time: the newest console line is the one that works.
        Purpose::Setup => vec!["setup".to_owned()],
        Purpose::SignIn(_) | Purpose::Session(_) | Purpose::FoundrySetup(_) => Vec::new(),
    };
    Event(Event), |_| Vec::new();
    Worker(WorkerMark), |_| Vec::new();
    Secret(Sealed), |_| Vec::new();
    AdminGuard(AdminGuard), |_| Vec::new();
    Deployment(DeploymentMark), |_| Vec::new();
}

/// A row's id and revision: enough to see what has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The id.
    pub id: String,
    /// The revision.
    pub revision: u64,
}

/// A record that cannot be read: it was changed by hand, damaged, or written by a newer version.
///
/// Its id and the texts that it claims stay taken: a license whose record is damaged is nobody else's.
#[derive(Clone, PartialEq, Eq)]
pub struct DamagedRecord {
    /// What kind of record it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The revision it is at, as far as that can be read.
    pub revision: u64,
    /// The texts that it claims.
    pub unique: Vec<String>,
    /// What is wrong, for people.
    pub reason: String,
    /// What is stored. May hold what nobody but an operator should see.
    pub text: String,
}

impl DamagedRecord {
    /// What people know it by: the text it claims that is a name, or its id.
    pub fn name(&self) -> &str {
        let named = |text: &'static str| {
            self.unique.iter().find_map(move |unique| unique.strip_prefix(text))
        };
        named("slug:").or_else(|| named("name:")).unwrap_or(&self.id)
    }
}

impl Debug for DamagedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DamagedRecord({} {} at {})", self.kind.name(), self.id, self.revision)
    }
}

/// Everything of one kind.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Records {
    /// What can be read, in order of id.
    pub rows: Vec<Body>,
    /// What cannot, in order of id.
    pub damaged: Vec<DamagedRecord>,
}

/// The error that whoever asks for a damaged record gets.
pub fn damaged(kind: Kind, id: &str) -> Error {
    Error::new(ErrorKind::Damaged, "reading a record").about("kind", kind.name()).about("id", id).advise(format!(
        "The record of the {0} `{id}` is damaged, or was changed by hand, and cannot be read. Everything else goes on. \
         `refractory record show {0} {id}` shows what is stored, `refractory record remove {0} {id}` removes it; or put a \
         backup back. Nothing was changed.",
        kind.name()
    ))
}

/// Where rows are written down. One row is one aggregate; a write compares revisions; nothing spans two rows.
///
/// Several processes may work on one store. Ids are unique within a kind, and so is every text of
/// [`Aggregate::unique`], atomically with the write that claims it: this is what makes slugs single
/// and what keeps an instance from holding two licences.
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// Adds a row at revision 1 and returns it as written.
    ///
    /// *Dropped*: it may be written; load and compare.
    ///
    /// # Errors
    ///
    /// `Conflict` (the id or a unique text is taken), `Unavailable`, `Exhausted` (no space).
    async fn insert(&self, row: &Body) -> Result<Body>;

    /// The row called `id`, or `None`.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Damaged`.
    async fn load(&self, kind: Kind, id: &str) -> Result<Option<Body>>;

    /// The row that has the unique text `unique`, or `None`.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Damaged`.
    async fn find(&self, kind: Kind, unique: &str) -> Result<Option<Body>>;

    /// Every row of `kind` that can be read, in order of id. Whoever concludes from an absence asks [`scan`](Self::scan), or
    /// takes what cannot be read for gone.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn list(&self, kind: Kind) -> Result<Vec<Body>>;

    /// The same, and every record of `kind` that cannot be read.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn scan(&self, kind: Kind) -> Result<Records> {
        Ok(Records { rows: self.list(kind).await?, damaged: Vec::new() })
    }

    /// Deletes a record that cannot be read, if it is still what was read, and releases its texts.
    ///
    /// # Errors
    ///
    /// `Conflict` (it is another one now, or can be read), `NotFound`, `Unavailable`, `Unsupported`.
    async fn discard(&self, record: &DamagedRecord) -> Result<()> {
        let error = Error::new(ErrorKind::Unsupported, "removing a damaged record");
        Err(error.about("kind", record.kind.name()).about("id", &record.id))
    }

    /// Ids and revisions of every row of `kind`, damaged ones too, in order of id. Cheap: it is how changes are noticed.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn heads(&self, kind: Kind) -> Result<Vec<Head>>;

    /// Writes a row if its revision is still the stored one, and returns it with the next revision.
    ///
    /// *Repeat*: a second save of the same revision is `Conflict`. *Dropped*: it may be written; load and compare.
    ///
    /// # Errors
    ///
    /// `Conflict` (somebody wrote it first, or a unique text is taken), `NotFound`, `Unavailable`, `Exhausted`.
    async fn save(&self, row: &Body) -> Result<Body>;

    /// Deletes a row if its revision is still the stored one.
    ///
    /// # Errors
    ///
    /// `Conflict`, `NotFound`, `Unavailable`.
    async fn delete(&self, row: &Body) -> Result<()>;

    /// Writes everything there is, at one moment, into the empty file `to`, as a file of `SQLite`. Others
    /// go on reading and writing meanwhile.
    ///
    /// # Errors
    ///
    /// `Unsupported` (the database has tools of its own for that), `Exhausted`, `Unavailable`, `Forbidden`, `Invalid`.
    async fn copy_to(&self, to: &std::path::Path) -> Result<()> {
        let error = Error::new(ErrorKind::Unsupported, "copying the store");
        Err(error.about("to", to.display()))
    }

    /// Brings everything that was written to where it stays, and gives connections back. What is called later may answer
    /// `Unavailable`. Nothing that was written is lost where this is never called.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// The rows of one kind, typed.
#[derive(Debug)]
pub struct Table<'a, T>(&'a dyn Store, PhantomData<fn() -> T>);

impl<T> Clone for Table<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<'_, T> {}

impl<'a, T: Aggregate> Table<'a, T> {
    /// The rows of `T` in `store`.
    pub fn of(store: &'a dyn Store) -> Self {
        Self(store, PhantomData)
    }

    /// As [`Store::insert`].
    pub async fn insert(self, row: &T) -> Result<T> {
        typed(self.0.insert(&row.clone().into_body()).await?)
    }

    /// As [`Store::load`].
    pub async fn load(self, id: &str) -> Result<Option<T>> {
        self.0.load(T::KIND, id).await?.map(typed).transpose()
    }

    /// As [`load`](Self::load), where one that cannot be read counts like one that is not there. Only for those who conclude
    /// nothing from an absence.
    pub async fn load_readable(self, id: &str) -> Result<Option<T>> {
        match self.load(id).await {
            Err(error) if error.kind() == ErrorKind::Damaged => Ok(None),
            loaded => loaded,
        }
    }

    /// As [`Store::scan`].
    pub async fn scan(self) -> Result<(Vec<T>, Vec<DamagedRecord>)> {
        let Records { rows, damaged } = self.0.scan(T::KIND).await?;
        Ok((rows.into_iter().map(typed).collect::<Result<_>>()?, damaged))
    }

    /// As [`Store::find`].
    pub async fn find(self, unique: &str) -> Result<Option<T>> {
        self.0.find(T::KIND, unique).await?.map(typed).transpose()
    }

    /// As [`Store::list`].
    pub async fn list(self) -> Result<Vec<T>> {
        self.0.list(T::KIND).await?.into_iter().map(typed).collect()
    }

    /// As [`Store::save`].
    pub async fn save(self, row: &T) -> Result<T> {
        typed(self.0.save(&row.clone().into_body()).await?)
    }

    /// As [`Store::delete`].
    pub async fn delete(self, row: &T) -> Result<()> {
        self.0.delete(&row.clone().into_body()).await
    }

    /// Loads, changes and saves until no other writer comes between; `None` when there is no such row.
    ///
    /// `change` returns whether there is anything to write; it runs again after each lost race.
    pub async fn update(
        self,
        id: &str,
        mut change: impl FnMut(&mut T) -> Result<bool> + Send,
    ) -> Result<Option<T>> {
        loop {
            let Some(mut row) = self.load(id).await? else { return Ok(None) };
            if !change(&mut row)? {
                return Ok(Some(row));
            }
            match self.save(&row).await {
                Err(error)
                    if error.kind() == ErrorKind::Conflict && self.moved(id, &row).await? => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                saved => return saved.map(Some),
            }
        }
    }

    /// Whether a conflict came from another writer, and not from a unique text that is taken.
    async fn moved(self, id: &str, row: &T) -> Result<bool> {
        Ok(self.load(id).await?.is_none_or(|now| now.revision() != row.revision()))
    }
}

fn typed<T: Aggregate>(row: Body) -> Result<T> {
    T::from_body(row)
        .ok_or_else(|| Error::new(ErrorKind::Unexpected, "reading a row of another kind"))
}
