//! Rights on an instance, and whom they are granted to.
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::{GroupName, UserName};
use crate::text::excerpt;
use crate::{Error, ErrorKind, GroupId, UserId};

/// A right on one instance. Each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Right {
    /// See the instance in lists, with its title, address and state.
    View,
    /// Join its world.
    Play,
    /// Run it: start, stop, restart, set up, read its log.
    GameMaster,
    /// Change and delete it, and grant rights on it.
    Manage,
}

impl Right {
    /// Every right, least first.
    pub const ALL: [Self; 4] = [Self::View, Self::Play, Self::GameMaster, Self::Manage];

    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Play => "play",
            Self::GameMaster => "game-master",
            Self::Manage => "manage",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whom a right is granted to. Groups and users are named by their ids, so that a new name changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Grantee {
    /// Everyone, signed in or not.
    Anyone,
    /// Every user.
    SignedIn,
    /// The members of a group.
    Group(GroupId),
    /// One user.
    User(UserId),
}

impl Grantee {
    /// The partition of [`Index::InstanceByViewer`](crate::ports::Index::InstanceByViewer) for it.
    pub(crate) fn partition(&self) -> String {
        match self {
            Self::Anyone | Self::SignedIn => Self::SIGNED_IN.to_owned(),
            Self::Group(id) => format!("group:{id}"),
            Self::User(id) => format!("user:{id}"),
        }
    }

    /// The partition of what every user sees.
    pub(crate) const SIGNED_IN: &'static str = "signed-in";

    /// Whether it is a group or a user: what may be deleted.
    pub fn is_named(&self) -> bool {
        matches!(self, Self::Group(_) | Self::User(_))
    }
}

/// Whom each right on an instance is granted to. The owner and administrators have every right without a grant.
///
/// A right includes the ones before it, with one exception: who may play because *anyone* may, comes by the address of the
/// instance and does not see it in lists. So an instance can be unlisted and open to everyone who has its address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Grants {
    /// Who sees it in lists.
    pub view: BTreeSet<Grantee>,
    /// Who may join its world.
    pub play: BTreeSet<Grantee>,
    /// Who runs it.
    pub game_master: BTreeSet<Grantee>,
    /// Who changes it.
    pub manage: BTreeSet<Grantee>,
}

/// Every user sees it, and everyone who has its address may play.
impl Default for Grants {
    fn default() -> Self {
        Self {
            view: BTreeSet::from([Grantee::SignedIn]),
            play: BTreeSet::from([Grantee::Anyone]),
            game_master: BTreeSet::new(),
            manage: BTreeSet::new(),
        }
    }
}

impl Grants {
    /// The most groups and users that rights on one instance are granted to: each has places in indexes, and one commit has a
    /// limited number of items on some stores.
    pub const MOST: usize = 30;

    /// Grants that give no right to anyone.
    pub fn none() -> Self {
        let none = BTreeSet::new;
        Self { view: none(), play: none(), game_master: none(), manage: none() }
    }

    /// Whom `right` is granted to by name of that right.
    pub fn of(&self, right: Right) -> &BTreeSet<Grantee> {
        match right {
            Right::View => &self.view,
            Right::Play => &self.play,
            Right::GameMaster => &self.game_master,
            Right::Manage => &self.manage,
        }
    }

    /// The same, to be changed.
    pub fn of_mut(&mut self, right: Right) -> &mut BTreeSet<Grantee> {
        match right {
            Right::View => &mut self.view,
            Right::Play => &mut self.play,
            Right::GameMaster => &mut self.game_master,
            Right::Manage => &mut self.manage,
        }
    }

    /// Whether every user sees it in lists.
    pub fn is_seen_by_every_user(&self) -> bool {
        let of_all = |right| self.of(right).contains(&Grantee::SignedIn);
        self.view.contains(&Grantee::Anyone) || Right::ALL.into_iter().any(of_all)
    }

    /// The groups and users that have any right, each once.
    pub fn named(&self) -> BTreeSet<&Grantee> {
        let all = Right::ALL.into_iter().flat_map(|right| self.of(right));
        all.filter(|grantee| grantee.is_named()).collect()
    }

    /// Takes every right from `grantee`. Returns whether it had any.
    pub fn revoke(&mut self, grantee: &Grantee) -> bool {
        let from_each = Right::ALL.map(|right| self.of_mut(right).remove(grantee));
        from_each.contains(&true)
    }

    /// Refuses what can't be granted.
    ///
    /// # Errors
    ///
    /// `Invalid` for too many groups and users, and for running or managing granted to those who are not signed in.
    pub fn checked(self) -> Result<Self, Error> {
        let wrong = |sentence| Error::new(ErrorKind::Invalid, "granting rights").advise(sentence);
        for right in [Right::GameMaster, Right::Manage] {
            if self.of(right).contains(&Grantee::Anyone) {
                let sentence = format!(
                    "The right {right} can't be granted to anyone, because it needs a user who is signed in. Use signed-in, a group or a user."
                );
                return Err(wrong(sentence).about("right", right));
            }
        }
        let named = self.named().len();
        if named > Self::MOST {
            let sentence = format!(
                "Rights on one table can be granted to at most {} groups and users, and these are {named}. Put users into a group, and grant the right to the group.",
                Self::MOST
            );
            return Err(wrong(sentence).about("grantees", named));
        }
        Ok(self)
    }
}

/// A grantee as people write it: `anyone`, `signed-in`, `group:NAME` or `user:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GranteeName {
    /// `anyone`.
    Anyone,
    /// `signed-in`.
    SignedIn,
    /// `group:NAME`.
    Group(GroupName),
    /// `user:NAME`.
    User(UserName),
}

impl GranteeName {
    /// What stands for an empty list.
    pub const NO_ONE: &'static str = "no-one";

    /// Reads a list: the words in `texts`, separated by spaces or commas; `no-one` alone, and nothing, is the empty list.
    ///
    /// # Errors
    ///
    /// `Invalid`, naming the first word that is no grantee.
    pub fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<BTreeSet<Self>, Error> {
        let separates = |c: char| c.is_whitespace() || c == ',';
        let words = texts.into_iter().flat_map(|text| text.split(separates));
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        if words.contains(&Self::NO_ONE) {
            if words.iter().any(|word| *word != Self::NO_ONE) {
                return Err(Error::new(ErrorKind::Invalid, "reading grantees")
                    .advise("`no-one` stands alone: leave it out, or leave out everything else."));
            }
            return Ok(BTreeSet::new());
        }
        words.into_iter().map(str::parse).collect()
    }

    /// A list as people write it.
    pub fn in_words<'a>(list: impl IntoIterator<Item = &'a Self>) -> String {
        let words: Vec<_> = list.into_iter().map(ToString::to_string).collect();
        if words.is_empty() { Self::NO_ONE.to_owned() } else { words.join(" ") }
    }
}

impl fmt::Display for GranteeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::SignedIn => f.write_str("signed-in"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::User(name) => write!(f, "user:{name}"),
        }
    }
}

impl FromStr for GranteeName {
    type Err = Error;

    fn from_str(raw: &str) -> Result<Self, Error> {
        match raw.split_once(':') {
            Some(("group", name)) => Ok(Self::Group(GroupName::new(name)?)),
            Some(("user", name)) => Ok(Self::User(UserName::new(name)?)),
            None if raw == "anyone" => Ok(Self::Anyone),
            None if raw == "signed-in" => Ok(Self::SignedIn),
            _ => {
                let shown = excerpt(raw, 60);
                Err(Error::new(ErrorKind::Invalid, "reading a grantee").advise(format!(
                    "`{shown}` is not someone that a right can be granted to. Use signed-in, anyone, group:NAME, user:NAME, or no-one."
                )))
            }
        }
    }
}

/// The rights on an instance, in names instead of ids. Groups and users that have been deleted are left out: they open nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct NamedGrants {
    /// Who sees it in lists.
    pub view: BTreeSet<GranteeName>,
    /// Who may join its world.
    pub play: BTreeSet<GranteeName>,
    /// Who runs it.
    pub game_master: BTreeSet<GranteeName>,
    /// Who changes it.
    pub manage: BTreeSet<GranteeName>,
}

impl NamedGrants {
    /// Whom `right` is granted to.
    pub fn of(&self, right: Right) -> &BTreeSet<GranteeName> {
        match right {
            Right::View => &self.view,
            Right::Play => &self.play,
            Right::GameMaster => &self.game_master,
            Right::Manage => &self.manage,
        }
    }

    pub(crate) fn of_mut(&mut self, right: Right) -> &mut BTreeSet<GranteeName> {
        match right {
            Right::View => &mut self.view,
            Right::Play => &mut self.play,
            Right::GameMaster => &mut self.game_master,
            Right::Manage => &mut self.manage,
        }
    }
}

/// A change to the grants of an instance. A right that is not named keeps its grantees; one that is named has exactly these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GrantsChange {
    /// Who sees it in lists.
    pub view: Option<BTreeSet<GranteeName>>,
    /// Who may join its world.
    pub play: Option<BTreeSet<GranteeName>>,
    /// Who runs it.
    pub game_master: Option<BTreeSet<GranteeName>>,
    /// Who changes it.
    pub manage: Option<BTreeSet<GranteeName>>,
}

impl GrantsChange {
    /// The same with `right` granted to exactly these.
    #[must_use]
    pub fn granting(mut self, right: Right, to: BTreeSet<GranteeName>) -> Self {
        *self.of_mut(right) = Some(to);
        self
    }

    /// What becomes of `right`.
    pub fn of(&self, right: Right) -> Option<&BTreeSet<GranteeName>> {
        match right {
            Right::View => self.view.as_ref(),
            Right::Play => self.play.as_ref(),
            Right::GameMaster => self.game_master.as_ref(),
            Right::Manage => self.manage.as_ref(),
        }
    }

    fn of_mut(&mut self, right: Right) -> &mut Option<BTreeSet<GranteeName>> {
        match right {
            Right::View => &mut self.view,
            Right::Play => &mut self.play,
            Right::GameMaster => &mut self.game_master,
            Right::Manage => &mut self.manage,
        }
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        Right::ALL.into_iter().all(|right| self.of(right).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(n: usize) -> Grantee {
        Grantee::User(UserId::new(&format!("u{n}")).unwrap())
    }

    #[test]
    fn what_stands_in_no_record_yet_is_what_held_before_there_were_grants() {
        let grants = Grants::default();
        assert!(grants.is_seen_by_every_user());
        assert!(grants.play.contains(&Grantee::Anyone));
        assert!(grants.game_master.is_empty() && grants.manage.is_empty());
    }

    #[test]
    fn playing_by_the_address_lists_an_instance_for_no_one() {
        let unlisted = Grants { view: BTreeSet::new(), ..Grants::default() };
        assert!(!unlisted.is_seen_by_every_user());
        for right in Right::ALL {
            let mut grants = Grants::none();
            grants.of_mut(right).insert(Grantee::SignedIn);
            assert!(grants.is_seen_by_every_user(), "{right}");
        }
    }

    #[test]
    fn a_table_has_a_limited_number_of_grantees() {
        let many = |count| Grants { view: (0..count).map(user).collect(), ..Grants::default() };
        assert!(many(Grants::MOST).checked().is_ok());
        let mut same = many(Grants::MOST);
        same.manage.clone_from(&same.view);
        assert!(same.checked().is_ok(), "each is counted once");
        let error = many(Grants::MOST + 1).checked().unwrap_err();
        assert!(error.for_people().contains("at most 30"), "{}", error.for_people());
    }

    #[test]
    fn running_and_managing_need_a_user() {
        for right in Right::ALL {
            let mut grants = Grants::none();
            grants.of_mut(right).insert(Grantee::Anyone);
            assert_eq!(grants.checked().is_ok(), right <= Right::Play, "{right}");
        }
    }

    #[test]
    fn grantees_are_read_as_they_are_written() {
        for text in ["anyone", "signed-in", "group:friday.crew", "user:jane"] {
            assert_eq!(text.parse::<GranteeName>().unwrap().to_string(), text);
        }
        for text in ["", "everyone", "group", "group:", "user:", "user:-x", "owner", "deleted:x"] {
            assert_eq!(
                text.parse::<GranteeName>().unwrap_err().kind(),
                ErrorKind::Invalid,
                "{text}"
            );
        }
        let list = GranteeName::list(["user:Jane, group:crew", " anyone "]).unwrap();
        assert_eq!(GranteeName::in_words(&list), "anyone group:crew user:jane");
        assert!(GranteeName::list(["no-one"]).unwrap().is_empty());
        assert!(GranteeName::list([""]).unwrap().is_empty());
        assert!(GranteeName::list(["no-one anyone"]).is_err());
        assert_eq!(GranteeName::in_words([]), "no-one");
    }

    #[test]
    fn a_revocation_takes_every_right() {
        let mut grants = Grants::default();
        grants.view.insert(user(1));
        grants.manage.insert(user(1));
        assert!(grants.revoke(&user(1)) && !grants.revoke(&user(1)));
        assert_eq!(grants, Grants::default());
    }
}
