//! The form in which people say what a table should be like.
use refractory_core::config::Size;
use refractory_core::model::{
    InstanceSpec, LicenseWish, Limits, Principal, Program, ReleaseWish, Slug, WorldId,
};
use refractory_core::{Error, ErrorKind, LicenseId, Relation, ReleaseId, Result, Verb, allows};
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::shared::Shared;

/// What a table should be like, as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SpecForm {
    pub(crate) title: String,
    pub(crate) slug: String,
    /// A release's id; the newest where empty.
    pub(crate) release: String,
    pub(crate) world: String,
    /// A licence's id; `any`; or `none`.
    pub(crate) licence: String,
    pub(crate) memory: String,
    pub(crate) disk: String,
    pub(crate) language: String,
}

impl SpecForm {
    /// What `spec` looks like in the form.
    pub(crate) fn of(slug: &Slug, spec: &InstanceSpec) -> Self {
        let size = |bytes: Option<u64>| bytes.map(|bytes| Size(bytes).to_string());
        Self {
            title: spec.title.clone(),
            slug: slug.to_string(),
            release: match &spec.release {
                ReleaseWish::Exact(id) => id.to_string(),
                ReleaseWish::Newest | ReleaseWish::Version(_) => String::new(),
            },
            world: spec.world.as_ref().map(ToString::to_string).unwrap_or_default(),
            licence: match &spec.license {
                LicenseWish::Any => "any".to_owned(),
                LicenseWish::Only(id) => id.to_string(),
                LicenseWish::NotNeeded => "none".to_owned(),
            },
            memory: size(spec.limits.memory).unwrap_or_default(),
            disk: size(spec.limits.disk).unwrap_or_default(),
            language: spec.language.clone().unwrap_or_default(),
        }
    }

    /// The name: as typed, or made from the title.
    pub(crate) fn slug(&self) -> Result<Slug> {
        let typed = self.slug.trim();
        if typed.is_empty() && self.title.trim().is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "reading a title")
                .advise("Enter a title, such as \"Friday Night\"."));
        }
        let made = if typed.is_empty() && !self.title.trim().is_empty() {
            Slug::suggest(&self.title)
        } else {
            typed.to_owned()
        };
        Ok(Slug::new(&made)?)
    }

    /// The spec, on top of what the form does not show.
    pub(crate) fn spec(&self, before: &InstanceSpec) -> Result<InstanceSpec> {
        let title = self.title.trim();
        if title.chars().count() > 80 || title.chars().any(char::is_control) {
            return Err(Error::new(ErrorKind::Invalid, "reading a title")
                .advise("Use at most 80 characters on one line for the title."));
        }
        let text = |raw: &str| Some(raw.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(InstanceSpec {
            title: title.to_owned(),
            release: match self.release.trim() {
                "" => ReleaseWish::Newest,
                id => ReleaseWish::Exact(ReleaseId::new(id)?),
            },
            world: text(&self.world).map(|world| WorldId::new(&world)).transpose()?,
            license: match self.licence.trim() {
                "" | "any" => LicenseWish::Any,
                "none" => LicenseWish::NotNeeded,
                id => LicenseWish::Only(LicenseId::new(id)?),
            },
            limits: Limits {
                memory: size(&self.memory, "memory")?,
                disk: size(&self.disk, "disk space")?,
                ..before.limits.clone()
            },
            language: text(&self.language),
        })
    }
}

fn size(raw: &str, of: &str) -> Result<Option<u64>> {
    match raw.trim() {
        "" => Ok(None),
        text => match text.parse::<Size>() {
            Ok(Size(bytes)) if bytes >= 64 << 20 => Ok(Some(bytes)),
            Ok(_) => Err(Error::new(ErrorKind::Invalid, "reading a limit").advise(format!(
                "`{text}` of {of} is too little for Foundry. Enter at least 64MiB."
            ))),
            Err(error) => Err(Error::new(ErrorKind::Invalid, "reading a limit")
                .advise(format!("Limit of {of}: {error}."))),
        },
    }
}

/// One line of a drop-down list.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
}

/// What there is to choose from.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Choices {
    pub(crate) releases: Vec<Choice>,
    pub(crate) licences: Vec<Choice>,
}

impl Choices {
    /// What `who` may choose from.
    pub(crate) async fn of(shared: &Shared, who: &Principal) -> std::result::Result<Self, Problem> {
        let sees = |verb| allows(who.role, verb, Relation::Stranger);
        let mut choices = Self::default();
        if sees(Verb::SeeReleases) {
            choices.releases = shared.refractory.releases(who).await?.iter().map(release).collect();
        }
        if sees(Verb::SeeLicenses) {
            choices.licences = shared.refractory.licenses(who).await?.iter().map(licence).collect();
        }
        Ok(choices)
    }
}

fn release(release: &refractory_core::model::Release) -> Choice {
    let demo = if release.program == Program::Demo { " (demo)" } else { "" };
    Choice { value: release.id.to_string(), label: format!("Foundry {}{demo}", release.version) }
}

fn licence(view: &refractory_core::LicenseView) -> Choice {
    let label = match &view.holder {
        Some((_, holder)) => format!("{} (in use by {holder})", view.license.name),
        None => view.license.name.clone(),
    };
    Choice { value: view.license.id.to_string(), label }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(change: impl FnOnce(&mut SpecForm)) -> SpecForm {
        let mut form = SpecForm { title: "Curse of Strahd!".into(), ..SpecForm::default() };
        change(&mut form);
        form
    }

    #[test]
    fn a_form_and_a_spec_say_the_same() {
        let typed = form(|form| {
            form.world = "barovia".into();
            form.memory = "2GiB".into();
            form.licence = "none".into();
        });
        let spec = typed.spec(&InstanceSpec::default()).unwrap();
        let slug = typed.slug().unwrap();
        assert_eq!(slug.as_str(), "curse-of-strahd");
        let back = SpecForm::of(&slug, &spec);
        assert_eq!(back.spec(&InstanceSpec::default()).unwrap(), spec);
    }

    #[test]
    fn bad_input_is_told_what_to_write() {
        type Spoil = fn(&mut SpecForm);
        let rows: [(Spoil, &str); 7] = [
            (|form| form.title.clear(), "Enter a title, such as \"Friday Night\"."),
            (|form| form.slug = "Friday Night".into(), "friday-night"),
            (|form| form.slug = "www".into(), "reserved"),
            (|form| form.world = "../etc".into(), "folder"),
            (|form| form.memory = "2".into(), "no unit"),
            (|form| form.disk = "1MiB".into(), "64MiB"),
            (|form| form.title = "x".repeat(81), "80 characters"),
        ];
        for (spoil, told) in rows {
            let form = form(spoil);
            let error = form
                .slug()
                .and_then(|_| form.spec(&InstanceSpec::default()).map(|_| ()))
                .unwrap_err();
            assert!(error.for_people().contains(told), "{told}: {}", error.for_people());
        }
    }
}
