//! Indexes: the orders in which records are read, a page at a time.
use std::fmt;
use std::str::FromStr;

use super::{DamagedRecord, Kind, Record};
use crate::{Error, ErrorKind, Timestamp};

/// An order of the records of one kind. Which entries a record has is said by
/// [`Aggregate::indexed`](super::Aggregate::indexed); a store writes them down with the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Index {
    /// All instances by slug.
    InstanceByName,
    /// The instances of one owner by slug.
    InstanceByOwner,
    /// The instances that are desired on, or of which something was begun, by slug.
    InstanceActive,
    /// The instances that a group or user sees and not every user, and those that every user sees, by slug.
    InstanceByViewer,
    /// The instances on which a group or user has a right, and that every user sees, by slug. Each group and user with a right
    /// on an instance has one place, here or in [`InstanceByViewer`](Self::InstanceByViewer).
    InstanceByGrantee,
    /// The instances into whose setup someone was let, by slug.
    InstanceInSetup,
    /// The instances that have chosen one release or were last started with it, by slug.
    InstanceByRelease,
    /// All users by name.
    UserByName,
    /// The active users with one role by name.
    UserByRole,
    /// All groups by name.
    GroupByName,
    /// The members of one group, by since when they are.
    MembershipByGroup,
    /// The groups of one user.
    MembershipByUser,
    /// The tokens of one user by their end.
    TokenByUser,
    /// All tokens by their end.
    TokenByExpiry,
    /// All tokens by when they were made.
    TokenByMade,
    /// The tokens for programs of one user by name.
    ApiTokenByUser,
    /// All tokens for programs by when they were made.
    ApiTokenByMade,
    /// All events by time.
    EventByTime,
    /// The events about one instance by time.
    EventByInstance,
    /// The events caused by one user by time.
    EventByActor,
    /// The retained passwords of administrators by when their instance was deleted.
    RetainedAdminKeyByTime,
    /// The operations on one instance by when they were asked for.
    OperationByInstance,
    /// The operations that have not ended by when they were asked for.
    OperationActive,
    /// All operations by when they were asked for.
    OperationByTime,
    /// The operations that have ended by when they did.
    OperationByEnd,
    /// The backups of one instance by when they were asked for.
    BackupByInstance,
    /// The backups of deleted instances by when those were deleted, or by when their own deletion last failed.
    BackupOrphaned,
    /// The records in one collection of a front end by key.
    FrontEndRecordByKey,
    /// The records in one collection of a front end that have one lookup key, by key.
    FrontEndRecordByLookup,
}

impl Index {
    /// Every index.
    pub const ALL: [Self; 29] = [
        Self::InstanceByName,
        Self::InstanceByOwner,
        Self::InstanceActive,
        Self::InstanceByViewer,
        Self::InstanceByGrantee,
        Self::InstanceInSetup,
        Self::InstanceByRelease,
        Self::UserByName,
        Self::UserByRole,
        Self::GroupByName,
        Self::MembershipByGroup,
        Self::MembershipByUser,
        Self::TokenByUser,
        Self::TokenByExpiry,
        Self::TokenByMade,
        Self::ApiTokenByUser,
        Self::ApiTokenByMade,
        Self::EventByTime,
        Self::EventByInstance,
        Self::EventByActor,
        Self::RetainedAdminKeyByTime,
        Self::OperationByInstance,
        Self::OperationActive,
        Self::OperationByTime,
        Self::OperationByEnd,
        Self::BackupByInstance,
        Self::BackupOrphaned,
        Self::FrontEndRecordByKey,
        Self::FrontEndRecordByLookup,
    ];

    /// The kind of its records.
    pub fn kind(self) -> Kind {
        match self {
            Self::InstanceByName
            | Self::InstanceByOwner
            | Self::InstanceActive
            | Self::InstanceByViewer
            | Self::InstanceByGrantee
            | Self::InstanceInSetup
            | Self::InstanceByRelease => Kind::Instance,
            Self::UserByName | Self::UserByRole => Kind::User,
            Self::GroupByName => Kind::Group,
            Self::MembershipByGroup | Self::MembershipByUser => Kind::Membership,
            Self::TokenByUser
            | Self::TokenByExpiry
            | Self::TokenByMade
            | Self::ApiTokenByUser
            | Self::ApiTokenByMade => Kind::Token,
            Self::EventByTime | Self::EventByInstance | Self::EventByActor => Kind::Event,
            Self::RetainedAdminKeyByTime => Kind::RetainedAdminKey,
            Self::OperationByInstance
            | Self::OperationActive
            | Self::OperationByTime
            | Self::OperationByEnd => Kind::Operation,
            Self::BackupByInstance | Self::BackupOrphaned => Kind::Backup,
            Self::FrontEndRecordByKey | Self::FrontEndRecordByLookup => Kind::FrontEndRecord,
        }
    }

    /// The word for it, as stores write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InstanceByName => "instance-by-name",
            Self::InstanceByOwner => "instance-by-owner",
            Self::InstanceActive => "instance-active",
            Self::InstanceByViewer => "instance-by-viewer",
            Self::InstanceByGrantee => "instance-by-grantee",
            Self::InstanceInSetup => "instance-in-setup",
            Self::InstanceByRelease => "instance-by-release",
            Self::UserByName => "user-by-name",
            Self::UserByRole => "user-by-role",
            Self::GroupByName => "group-by-name",
            Self::MembershipByGroup => "membership-by-group",
            Self::MembershipByUser => "membership-by-user",
            Self::TokenByUser => "token-by-user",
            Self::TokenByExpiry => "token-by-expiry",
            Self::TokenByMade => "token-by-made",
            Self::ApiTokenByUser => "api-token-by-user",
            Self::ApiTokenByMade => "api-token-by-made",
            Self::EventByTime => "event-by-time",
            Self::EventByInstance => "event-by-instance",
            Self::EventByActor => "event-by-actor",
            Self::RetainedAdminKeyByTime => "retained-admin-key-by-time",
            Self::OperationByInstance => "operation-by-instance",
            Self::OperationActive => "operation-active",
            Self::OperationByTime => "operation-by-time",
            Self::OperationByEnd => "operation-by-end",
            Self::BackupByInstance => "backup-by-instance",
            Self::BackupOrphaned => "backup-orphaned",
            Self::FrontEndRecordByKey => "front-end-record-by-key",
            Self::FrontEndRecordByLookup => "front-end-record-by-lookup",
        }
    }

    /// The entry of a record under `partition`, at `sort`.
    pub fn entry(self, partition: &str, sort: &str) -> IndexEntry {
        IndexEntry { index: self, partition: partition.to_owned(), sort: sort.to_owned() }
    }
}

/// One place of a record in an index. Entries of one partition are read in the order of the bytes of `sort`, and of the record's
/// id where those are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IndexEntry {
    /// The index.
    pub index: Index,
    /// What the records of one query have in common; empty where all records are in one partition.
    pub partition: String,
    /// What they are ordered by.
    pub sort: String,
}

/// A moment as a sort value: in the order of time.
pub(super) fn in_order(at: Timestamp) -> String {
    format!("{:020}", at.0)
}

/// Which records to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    scope: Scope,
    from: Option<String>,
    before: Option<String>,
    descending: bool,
    after: Option<Cursor>,
    limit: usize,
}

/// What a query goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every record of a kind, in the order of ids.
    Kind(Kind),
    /// One partition of an index, in its order.
    Partition(Index, String),
}

impl Query {
    /// The most records of one page.
    pub const MAX_LIMIT: usize = 200;

    fn of(scope: Scope) -> Self {
        let limit = Self::MAX_LIMIT;
        Self { scope, from: None, before: None, descending: false, after: None, limit }
    }

    /// Every record of `kind`, in the order of ids.
    pub fn all(kind: Kind) -> Self {
        Self::of(Scope::Kind(kind))
    }

    /// The records in one partition of `index`.
    pub fn partition(index: Index, partition: &str) -> Self {
        Self::of(Scope::Partition(index, partition.to_owned()))
    }

    /// The records of an index that has one partition only.
    pub fn index(index: Index) -> Self {
        Self::partition(index, "")
    }

    /// Only those whose sort value is at least `sort`. Of a whole kind, that is the id.
    #[must_use]
    pub fn from(mut self, sort: &str) -> Self {
        self.from = Some(sort.to_owned());
        self
    }

    /// Only those whose sort value is less than `sort`. Of a whole kind, that is the id.
    #[must_use]
    pub fn before(mut self, sort: &str) -> Self {
        self.before = Some(sort.to_owned());
        self
    }

    /// Only those of this moment and later, of an index by time.
    #[must_use]
    pub fn since(self, at: Timestamp) -> Self {
        self.from(&in_order(at))
    }

    /// Only those earlier than this moment, of an index by time.
    #[must_use]
    pub fn until(self, at: Timestamp) -> Self {
        self.before(&in_order(at))
    }

    /// Last first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// What follows `cursor`: the next page of the same query.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }

    /// At most `limit` records in a page: at least one, and never more than [`Query::MAX_LIMIT`].
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit.clamp(1, Self::MAX_LIMIT);
        self
    }

    /// What it goes through.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether it goes through where `entry` stands.
    pub fn goes_through(&self, entry: &IndexEntry) -> bool {
        match &self.scope {
            Scope::Kind(kind) => *kind == entry.index.kind(),
            Scope::Partition(index, partition) => {
                (*index, partition) == (entry.index, &entry.partition)
            }
        }
    }

    /// The kind of the records.
    pub fn kind(&self) -> Kind {
        match &self.scope {
            Scope::Kind(kind) => *kind,
            Scope::Partition(index, _) => index.kind(),
        }
    }

    /// The least sort value, if there is a bound.
    pub fn least(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// The sort value that all are less than, if there is a bound.
    pub fn bound(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// Whether the last comes first.
    pub fn is_descending(&self) -> bool {
        self.descending
    }

    /// What the page follows.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    /// The most records of the page.
    pub fn page_size(&self) -> usize {
        self.limit
    }
}

/// A place between two records of a query. It stays good whatever is written meanwhile, also when the record before it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    sort: String,
    id: String,
}

impl Cursor {
    /// The place after the record `id`, whose sort value is `sort`; of a whole kind, that is the id again.
    pub fn new(sort: &str, id: &str) -> Self {
        Self { sort: sort.to_owned(), id: id.to_owned() }
    }

    /// The sort value of the record before it.
    pub fn sort(&self) -> &str {
        &self.sort
    }

    /// The id of the record before it.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// As text for addresses: hexadecimal, so that it needs no quoting.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.sort.bytes().chain([0]).chain(self.id.bytes());
        bytes.into_iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(raw: &str) -> Result<Self, Error> {
        decoded(raw).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "reading a cursor").advise(
                "This is not a page of the list. Begin again at the first page, without a cursor.",
            )
        })
    }
}

fn decoded(raw: &str) -> Option<Cursor> {
    /// Longer than any that was made: a sort value is a name, an id or a moment.
    const LONGEST: usize = 2_000;
    if raw.len() > LONGEST || !raw.len().is_multiple_of(2) || !raw.is_ascii() {
        return None;
    }
    let pairs = (0..raw.len()).step_by(2).map(|at| raw.get(at..at + 2));
    let bytes =
        pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()?;
    let text = String::from_utf8(bytes).ok()?;
    let (sort, id) =
        text.split_once('\0').filter(|(_, id)| !id.is_empty() && !id.contains('\0'))?;
    Some(Cursor::new(sort, id))
}

/// One page of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The records that can be read, in the order of the query.
    pub records: Vec<Record>,
    /// Those that cannot.
    pub damaged: Vec<DamagedRecord>,
    /// Where the next page begins; none after the last.
    pub next: Option<Cursor>,
}

impl Page {
    /// The ids of all, readable or not.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.records.iter().map(Record::id).chain(self.damaged.iter().map(|it| it.id.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for (sort, id) in [("", "a"), ("0001", "b-c"), ("höhle 1", "x"), ("a", "a")] {
            let cursor = Cursor::new(sort, id);
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let long = "00".repeat(2_000);
        for raw in [
            "",
            "0",
            "zz",
            "+1",
            "00",
            "6100",
            "6161",
            "610062".repeat(2).as_str(),
            "ff0061",
            "ä",
            &long,
        ] {
            let error = raw.parse::<Cursor>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{raw}");
        }
    }

    #[test]
    fn moments_are_in_order() {
        let moments = [0, 9, 10, 1_700_000_000_000, u64::MAX].map(|at| in_order(Timestamp(at)));
        assert!(moments.is_sorted(), "{moments:?}");
    }

    #[test]
    fn a_page_has_at_least_one_record_and_at_most_the_limit() {
        let size = |limit| Query::all(Kind::Event).limit(limit).page_size();
        assert_eq!([size(0), size(5), size(usize::MAX)], [1, 5, Query::MAX_LIMIT]);
    }
}
