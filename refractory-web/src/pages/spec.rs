//! The form in which people say what a table should be like.
use refractory_core::config::Size;
use refractory_core::model::{
    Edit, InstanceSpec, LicenseChoice, LimitsChange, Principal, Program, ReleaseChoice, Slug,
    SpecChange, WorldId,
};
use refractory_core::{Error, ErrorKind, LicenseId, ReleaseId, Result, Verb, may};
use serde::{Deserialize, Serialize};

use crate::form_error::{InField, InvalidForm};
use crate::problem::Problem;
use crate::shared::Shared;

/// What a table should be like, as a form shows it.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct SpecForm {
    pub(crate) title: String,
    pub(crate) slug: String,
    /// A release's id; the newest where empty.
    pub(crate) release: String,
    pub(crate) world: String,
    /// A license's id; `any`; or `none`.
    pub(crate) license: String,
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
                ReleaseChoice::Exact(id) => id.to_string(),
                ReleaseChoice::Newest | ReleaseChoice::Version(_) => String::new(),
            },
            world: spec.world.as_ref().map(ToString::to_string).unwrap_or_default(),
            license: match &spec.license {
                LicenseChoice::Any => "any".to_owned(),
                LicenseChoice::Only(id) => id.to_string(),
                LicenseChoice::NotNeeded => "none".to_owned(),
            },
            memory: size(spec.limits.memory).unwrap_or_default(),
            disk: size(spec.limits.disk).unwrap_or_default(),
            language: spec.language.clone().unwrap_or_default(),
        }
    }

    /// The same as far as nothing else was typed.
    pub(crate) fn typed(self, typed: SpecInput) -> Self {
        Self {
            title: typed.title.unwrap_or(self.title),
            slug: typed.slug.unwrap_or(self.slug),
            release: typed.release.unwrap_or(self.release),
            world: typed.world.unwrap_or(self.world),
            license: typed.license.unwrap_or(self.license),
            memory: typed.memory.unwrap_or(self.memory),
            disk: typed.disk.unwrap_or(self.disk),
            language: typed.language.unwrap_or(self.language),
        }
    }
}

/// What was typed. A field that the form did not have changes nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SpecInput {
    pub(crate) title: Option<String>,
    pub(crate) slug: Option<String>,
    /// A release's id, or `newest`; empty for no change.
    pub(crate) release: Option<String>,
    pub(crate) world: Option<String>,
    /// A license's id; `any`; or `none`.
    pub(crate) license: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) disk: Option<String>,
    pub(crate) language: Option<String>,
    /// A user's name; empty for nobody.
    pub(crate) owner: Option<String>,
}

impl SpecInput {
    /// The name: as typed, or made from the title.
    pub(crate) fn slug(&self) -> Result<Slug, InvalidForm> {
        let typed = self.slug.as_deref().unwrap_or_default().trim();
        let title = self.title.as_deref().unwrap_or_default().trim();
        match (typed, title) {
            ("", "") => {
                let error = Error::new(ErrorKind::Invalid, "reading a title")
                    .advise("Enter a title, such as \"Friday Night\".");
                Err(InvalidForm::at("title", error))
            }
            ("", title) => Slug::from_title(title).in_field("title"),
            (typed, _) => Slug::from_name(typed).in_field("slug"),
        }
    }

    /// What it changes of `before`. Naming the current release or license changes nothing, so that one that is no longer
    /// in the lists does not prevent other changes.
    pub(crate) fn change(&self, before: &InstanceSpec) -> Result<SpecChange, InvalidForm> {
        let title = self.title.as_deref().unwrap_or_default().trim();
        if title.chars().count() > 80 || title.chars().any(char::is_control) {
            let error = Error::new(ErrorKind::Invalid, "reading a title")
                .advise("Use at most 80 characters on one line for the title.");
            return Err(InvalidForm::at("title", error));
        }
        let limits = LimitsChange {
            memory: limit(self.memory.as_deref(), "memory").in_field("memory")?,
            disk: limit(self.disk.as_deref(), "disk space").in_field("disk")?,
            ..LimitsChange::default()
        };
        let release = match self.release.as_deref().map(str::trim) {
            None | Some("") => Edit::Keep,
            Some("newest") => Edit::Set(ReleaseChoice::Newest),
            Some(id) => Edit::Set(ReleaseChoice::Exact(ReleaseId::new(id).in_field("release")?)),
        };
        let license = match self.license.as_deref().map(str::trim) {
            None | Some("") => Edit::Keep,
            Some("any") => Edit::Set(LicenseChoice::Any),
            Some("none") => Edit::Set(LicenseChoice::NotNeeded),
            Some(id) => Edit::Set(LicenseChoice::Only(LicenseId::new(id).in_field("license")?)),
        };
        let world = text(self.world.as_deref()).try_map(|world| WorldId::new(&world));
        Ok(SpecChange {
            title: text(self.title.as_deref()),
            release: unless_same(release, &before.release),
            world: world.in_field("world")?,
            license: unless_same(license, &before.license),
            limits: Edit::Set(limits),
            language: text(self.language.as_deref()),
        })
    }
}

impl SpecInput {
    /// The field that an error of the service is about, as far as its kind tells.
    pub(crate) fn refused(&self, error: Error) -> InvalidForm {
        let named = |typed: &Option<String>| {
            let typed = typed.as_deref().unwrap_or_default().trim();
            !matches!(typed, "" | "any" | "none" | "newest")
        };
        let kind = error.kind();
        let field = if kind == ErrorKind::Conflict {
            "slug"
        } else if kind == ErrorKind::NotFound && named(&self.license) {
            "license"
        } else if matches!(kind, ErrorKind::Invalid | ErrorKind::NotFound) && named(&self.release) {
            "release"
        } else {
            ""
        };
        InvalidForm::at(field, error)
    }
}

fn unless_same<T: PartialEq>(edit: Edit<T>, before: &T) -> Edit<T> {
    if matches!(&edit, Edit::Set(value) if value == before) { Edit::Keep } else { edit }
}

/// What was typed into a field that may be empty.
fn text(typed: Option<&str>) -> Edit<String> {
    let trimmed = typed.map(str::trim);
    trimmed.map_or(Edit::Keep, |text| Edit::to(Some(text.to_owned()).filter(|it| !it.is_empty())))
}

fn limit(typed: Option<&str>, of: &str) -> Result<Edit<u64>> {
    typed.map_or(Ok(Edit::Keep), |raw| Ok(Edit::to(size(raw, of)?)))
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
    pub(crate) licenses: Vec<Choice>,
}

impl Choices {
    /// What `who` may choose from.
    pub(crate) async fn of(shared: &Shared, who: &Principal) -> std::result::Result<Self, Problem> {
        let sees = |verb| may(who, verb);
        let mut choices = Self::default();
        if sees(Verb::SeeReleases) {
            choices.releases = shared.refractory.releases(who).await?.iter().map(release).collect();
        }
        if sees(Verb::SeeLicenses) {
            choices.licenses = shared.refractory.licenses(who).await?.iter().map(license).collect();
        }
        Ok(choices)
    }
}

impl Choices {
    /// The same with what `form` has and nobody can choose any more: it stays until somebody chooses another.
    pub(crate) fn with_present(mut self, form: &SpecForm) -> Self {
        let add = |choices: &mut Vec<Choice>, value: &str, label: &str| {
            if !value.is_empty() && choices.iter().all(|choice| choice.value != value) {
                choices.push(Choice { value: value.to_owned(), label: label.to_owned() });
            }
        };
        add(&mut self.releases, &form.release, "The current version, no longer stored");
        if !matches!(form.license.as_str(), "any" | "none") {
            add(&mut self.licenses, &form.license, "The current license, removed");
        }
        self
    }
}

fn release(release: &refractory_core::model::Release) -> Choice {
    let demo = if release.program == Program::Demo { " (demo)" } else { "" };
    Choice { value: release.id.to_string(), label: format!("Foundry {}{demo}", release.version) }
}

fn license(view: &refractory_core::LicenseView) -> Choice {
    let label = match &view.holder {
        Some((_, holder)) => format!("{} (in use by {holder})", view.license.name),
        None => view.license.name.clone(),
    };
    Choice { value: view.license.id.to_string(), label }
}

#[cfg(test)]
mod tests {
    use refractory_core::model::Limits;

    use super::*;

    fn form(change: impl FnOnce(&mut SpecInput)) -> SpecInput {
        let title = Some("Curse of Strahd!".into());
        let mut form = SpecInput { title, ..SpecInput::default() };
        change(&mut form);
        form
    }

    fn full() -> InstanceSpec {
        InstanceSpec {
            title: "T".into(),
            release: ReleaseChoice::Exact(ReleaseId::new("r1").unwrap()),
            world: Some(WorldId::new("barovia").unwrap()),
            license: LicenseChoice::Only(LicenseId::new("l1").unwrap()),
            limits: Limits { memory: Some(2 << 30), cpu_millis: Some(1500), disk: Some(9 << 30) },
            language: Some("en.core".into()),
        }
    }

    fn applied(form: &SpecInput, before: &InstanceSpec) -> InstanceSpec {
        let mut after = before.clone();
        form.change(before).unwrap().apply(&mut after).unwrap();
        after
    }

    #[test]
    fn a_form_and_a_spec_say_the_same() {
        let typed = form(|form| {
            form.world = Some("barovia".into());
            form.memory = Some("2GiB".into());
            form.license = Some("none".into());
        });
        let spec = applied(&typed, &InstanceSpec::default());
        let slug = typed.slug().unwrap();
        assert_eq!(slug.as_str(), "curse-of-strahd");
        let shown = SpecForm::of(&slug, &spec);
        assert_eq!(shown.world, "barovia");
        let again = SpecInput {
            title: Some(shown.title),
            slug: Some(shown.slug),
            release: Some(shown.release),
            world: Some(shown.world),
            license: Some(shown.license),
            memory: Some(shown.memory),
            disk: Some(shown.disk),
            language: Some(shown.language),
            owner: None,
        };
        assert_eq!(applied(&again, &spec), spec);
    }

    #[test]
    fn a_field_that_a_form_does_not_have_changes_nothing() {
        assert_eq!(applied(&SpecInput::default(), &full()), full());
        let world = SpecInput { world: Some("abc".into()), ..SpecInput::default() };
        let abc = Some(WorldId::new("abc").unwrap());
        assert_eq!(applied(&world, &full()), InstanceSpec { world: abc, ..full() });
        let empty = SpecInput {
            world: Some(String::new()),
            memory: Some(" ".into()),
            release: Some(String::new()),
            ..SpecInput::default()
        };
        let limits = Limits { memory: None, ..full().limits };
        assert_eq!(applied(&empty, &full()), InstanceSpec { world: None, limits, ..full() });
    }

    #[test]
    fn what_nobody_can_choose_any_more_is_still_what_the_form_says() {
        let shown = SpecForm::of(&Slug::new("t").unwrap(), &full());
        let choices = Choices::default().with_present(&shown);
        assert_eq!(
            (choices.releases[0].value.as_str(), choices.licenses[0].value.as_str()),
            ("r1", "l1")
        );
        let change = SpecInput {
            release: Some("r1".into()),
            license: Some("l1".into()),
            ..SpecInput::default()
        };
        let change = change.change(&full()).unwrap();
        assert!(change.release.keeps() && change.license.keeps());
    }

    #[test]
    fn a_name_is_made_of_letters_with_marks_too() {
        let made = |title: &str, slug: &str| {
            let form = form(|form| {
                form.title = Some(title.into());
                form.slug = Some(slug.into());
            });
            form.slug().unwrap().to_string()
        };
        assert_eq!(made("Höhlen der Œuvre", ""), "hoehlen-der-oeuvre");
        assert_eq!(made("日本", "Łódź"), "lodz");
        assert_eq!(made("Ho\u{308}hlen", " "), "hoehlen");
    }

    #[test]
    fn bad_input_is_told_what_to_write() {
        type Spoil = fn(&mut SpecInput);
        let rows: [(Spoil, &str); 9] = [
            (|form| form.title = Some(String::new()), "Enter a title, such as \"Friday Night\"."),
            (|form| form.title = Some("Пятница".into()), "Latin letters"),
            (|form| form.slug = Some("日本".into()), "Latin letters"),
            (|form| form.slug = Some("Friday Night".into()), "friday-night"),
            (|form| form.slug = Some("www".into()), "reserved"),
            (|form| form.world = Some("../etc".into()), "folder"),
            (|form| form.memory = Some("2".into()), "no unit"),
            (|form| form.disk = Some("1MiB".into()), "64MiB"),
            (|form| form.title = Some("x".repeat(81)), "80 characters"),
        ];
        for (spoil, told) in rows {
            let form = form(spoil);
            let error = form
                .slug()
                .and_then(|_| form.change(&InstanceSpec::default()).map(|_| ()))
                .unwrap_err();
            let said = crate::words::error(error.error());
            assert!(said.contains(told), "{told}: {said}");
        }
    }
}
