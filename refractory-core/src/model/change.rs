//! Changes that name what they change, and leave everything else as it is.
use super::{GrantsChange, InstanceSpec, LicenseChoice, Limits, ReleaseChoice, Slug, WorldId};
use crate::{Error, ErrorKind, Result, UserId};

/// What a change does to one field. In JSON a field that is left out is kept, and `null` clears it, as RFC 7396 has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It goes back to what it is where nobody says anything.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T> Edit<T> {
    /// Sets what is there, and clears what is not.
    pub fn to(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }

    /// Sets what is there, and keeps what is not.
    pub fn given(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::Set)
    }

    /// Whether it changes nothing.
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The same of what `read` makes of the value.
    pub fn try_map<U, E>(
        self,
        read: impl FnOnce(T) -> std::result::Result<U, E>,
    ) -> std::result::Result<Edit<U>, E> {
        Ok(match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => Edit::Set(read(value)?),
        })
    }

    /// The value of a field that cannot be without one.
    ///
    /// # Errors
    ///
    /// `Invalid` where it is cleared, with `advice`.
    pub fn required(self, advice: &'static str) -> Result<Option<T>> {
        match self {
            Self::Keep => Ok(None),
            Self::Set(value) => Ok(Some(value)),
            Self::Clear => Err(Error::new(ErrorKind::Invalid, "reading a change").advise(advice)),
        }
    }

    fn apply(&self, field: &mut T)
    where
        T: Clone + Default,
    {
        match self {
            Self::Keep => {}
            Self::Clear => *field = T::default(),
            Self::Set(value) => field.clone_from(value),
        }
    }

    pub(crate) fn apply_to_option(&self, field: &mut Option<T>)
    where
        T: Clone,
    {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value.clone()),
        }
    }
}

#[cfg(feature = "serde")]
impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Edit<T> {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(Self::to)
    }
}

/// A change to how much of the machine an instance may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(default, deny_unknown_fields, expecting = "an object")
)]
pub struct LimitsChange {
    /// Memory in bytes.
    pub memory: Edit<u64>,
    /// Processor time in thousandths of one core.
    pub cpu_millis: Edit<u32>,
    /// Disk space for all of its data, in bytes.
    pub disk: Edit<u64>,
}

impl LimitsChange {
    fn apply(&self, limits: &mut Limits) {
        self.memory.apply_to_option(&mut limits.memory);
        self.cpu_millis.apply_to_option(&mut limits.cpu_millis);
        self.disk.apply_to_option(&mut limits.disk);
    }
}

/// A change to what an instance should be like. An unknown field is refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize),
    serde(default, deny_unknown_fields, expecting = "an object")
)]
pub struct SpecChange {
    /// What people call it.
    pub title: Edit<String>,
    /// Which release it runs. A release moves only when it is named here.
    pub release: Edit<ReleaseChoice>,
    /// The world to open.
    pub world: Edit<WorldId>,
    /// Which license it runs on.
    pub license: Edit<LicenseChoice>,
    /// How much of the machine it may use.
    pub limits: Edit<LimitsChange>,
    /// Foundry's language.
    pub language: Edit<String>,
}

impl SpecChange {
    /// The same as it is kept: what it names is held to the bounds of a spec.
    ///
    /// # Errors
    ///
    /// As [`InstanceSpec::checked`].
    pub fn checked(mut self) -> Result<Self> {
        let named = |text: &Edit<String>| match text {
            Edit::Set(text) => Some(text.clone()),
            Edit::Keep | Edit::Clear => None,
        };
        let title = named(&self.title).unwrap_or_default();
        let language = named(&self.language);
        let mut limits = Limits::default();
        if let Edit::Set(change) = &self.limits {
            change.apply(&mut limits);
        }
        let spec = InstanceSpec { title, limits, language, ..InstanceSpec::default() }.checked()?;
        if let Edit::Set(_) = &self.language {
            self.language = Edit::to(spec.language);
        }
        if let Edit::Set(title) = &mut self.title {
            *title = spec.title;
        }
        Ok(self)
    }

    /// Makes the change to `spec`.
    ///
    /// # Errors
    ///
    /// `Invalid` where it clears what cannot be empty.
    pub fn apply(&self, spec: &mut InstanceSpec) -> Result<()> {
        self.title.apply(&mut spec.title);
        let none = "A table needs a release: name one, or `newest`.";
        if let Some(release) = self.release.clone().required(none)? {
            spec.release = release;
        }
        self.world.apply_to_option(&mut spec.world);
        self.license.apply(&mut spec.license);
        match &self.limits {
            Edit::Keep => {}
            Edit::Clear => spec.limits = Limits::default(),
            Edit::Set(limits) => limits.apply(&mut spec.limits),
        }
        self.language.apply_to_option(&mut spec.language);
        Ok(())
    }
}

/// A change to an instance. What it does not name stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// A new name; takes effect at once.
    pub slug: Option<Slug>,
    /// A change to the spec; takes effect at the next launch.
    pub spec: SpecChange,
    /// Another owner, or none. For administrators.
    pub owner: Edit<UserId>,
    /// Who has which right on it; takes effect at once.
    pub grants: GrantsChange,
    /// The revision that the change is for; any where `None`.
    pub if_revision: Option<u64>,
}

/// Refuses a change that is for another revision than the `current` one.
pub(crate) fn check_revision(expected: Option<u64>, current: u64) -> Result<()> {
    match expected {
        Some(expected) if expected != current => {
            Err(Error::new(ErrorKind::Outdated, "changing what was read before")
                .about("expected", expected)
                .about("current", current))
        }
        Some(_) | None => Ok(()),
    }
}

/// What differs between two specs, in words.
pub(crate) fn differences(before: &InstanceSpec, after: &InstanceSpec) -> Vec<&'static str> {
    let rows = [
        ("title", before.title == after.title),
        ("release", before.release == after.release),
        ("world", before.world == after.world),
        ("license", before.license == after.license),
        ("limits", before.limits == after.limits),
        ("language", before.language == after.language),
    ];
    rows.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests;
