//! What requests name by text: releases, licenses, owners, worlds. What cannot be used is reported at its field.
use refractory_core::model::{
    self, Change, Edit, GranteeName, GrantsChange, Principal, Right, Slug, SpecChange, WorldId,
};
use refractory_core::{Error, ErrorKind, Refractory, UserId};

use super::{AccessPatch, InstancePatch, LimitsPatch, NewInstance};
use crate::problem::{Problem, in_field};

/// What `patch` changes of an instance.
pub(super) async fn change(
    refractory: &Refractory,
    who: &Principal,
    mut patch: InstancePatch,
) -> Result<Change, Problem> {
    let none = "Say which rights are to change; `[]` grants one to no one.";
    let access = std::mem::take(&mut patch.access).required(none);
    let grants = grants(access.map_err(in_field("/access"))?.unwrap_or_default())?;
    let InstancePatch { name, owner, .. } = &patch;
    let (slug, owner) = (slug(name.clone())?, user(refractory, who, owner.clone()).await?);
    let spec = spec(refractory, who, patch).await?;
    Ok(Change { slug, spec, owner, grants, ..Change::default() })
}

/// What `new` is to be like: its name, a change to what instances are like where nothing is said, and its owner.
pub(super) async fn creation(
    refractory: &Refractory,
    who: &Principal,
    new: NewInstance,
) -> Result<model::NewInstance, Problem> {
    let NewInstance { name, title, release, world, license, limits, language, owner, access } = new;
    let grants = grants(access.unwrap_or_default())?;
    let label = match &name {
        Some(name) => Slug::from_name(name),
        None => Slug::from_title(title.as_deref().unwrap_or_default()),
    };
    let label = label.map_err(in_field("/name"))?;
    let patch = InstancePatch {
        name: Edit::Keep,
        title: Edit::given(title),
        release: Edit::given(release),
        world: Edit::given(world),
        license: Edit::given(license),
        limits: Edit::given(limits),
        language: Edit::given(language),
        owner: Edit::given(owner),
        access: Edit::Keep,
    };
    let owner = user(refractory, who, patch.owner.clone()).await?;
    let mut whole = model::InstanceSpec::default();
    spec(refractory, who, patch).await?.apply(&mut whole)?;
    let new = model::NewInstance::named(label).with_spec(whole).granting(grants);
    Ok(match owner {
        Edit::Set(owner) => new.owned_by(owner),
        Edit::Keep | Edit::Clear => new,
    })
}

/// A name or an id that nothing can have is one that nothing has.
pub(super) fn unnameable(error: impl Into<Error>, during: &'static str) -> Problem {
    let error = error.into();
    if error.kind() != ErrorKind::Invalid {
        return error.into();
    }
    let sentence = error.for_people().into_owned();
    Error::new(ErrorKind::NotFound, during).advise(sentence).into()
}

/// Whom the rights that `access` names are granted to.
fn grants(access: AccessPatch) -> Result<GrantsChange, Problem> {
    let AccessPatch { view, play, game_master, manage } = access;
    let mut change = GrantsChange::default();
    for (right, said) in [
        (Right::View, view),
        (Right::Play, play),
        (Right::GameMaster, game_master),
        (Right::Manage, manage),
    ] {
        let at = access_pointer(right.name());
        let none = "A right needs a list; `[]` grants it to no one.";
        if let Some(said) = said.required(none).map_err(in_field(&at))? {
            let read = |(place, text): (usize, &String)| {
                grantee(text).map_err(in_field(&format!("{at}/{place}")))
            };
            let to = said.iter().enumerate().map(read).collect::<Result<_, _>>()?;
            change = change.granting(right, to);
        }
    }
    Ok(change)
}

fn grantee(text: &str) -> Result<GranteeName, Error> {
    if text == GranteeName::NO_ONE {
        return Err(Error::new(ErrorKind::Invalid, "reading a grantee")
            .advise("No one is an empty list here: `[]`."));
    }
    text.parse()
}

/// Where the right called `right` is in a body.
pub(super) fn access_pointer(right: &str) -> String {
    format!("/access/{}", right.replace('-', "_"))
}

fn slug(name: Edit<String>) -> Result<Option<Slug>, Problem> {
    let name = name.required("An instance needs a name.").map_err(in_field("/name"))?;
    name.map(|name| Slug::from_name(&name)).transpose().map_err(in_field("/name"))
}

async fn user(
    refractory: &Refractory,
    who: &Principal,
    name: Edit<String>,
) -> Result<Edit<UserId>, Problem> {
    Ok(match name {
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
        Edit::Set(name) => {
            let found = refractory.find_new_owner(who, &name).await;
            Edit::Set(found.map_err(in_field("/owner"))?.id)
        }
    })
}

async fn spec(
    refractory: &Refractory,
    who: &Principal,
    patch: InstancePatch,
) -> Result<SpecChange, Problem> {
    let InstancePatch { title, release, world, license, limits, language, .. } = patch;
    let release = match release {
        Edit::Set(name) => {
            let chosen = refractory.release_choice(who, &name).await;
            Edit::Set(chosen.map_err(in_field("/release"))?)
        }
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
    };
    let none = "An instance needs a release: name one, or `newest`.";
    release.clone().required(none).map_err(in_field("/release"))?;
    let license = match license {
        Edit::Set(name) => {
            let chosen = refractory.license_choice(who, &name).await;
            Edit::Set(chosen.map_err(in_field("/license"))?)
        }
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
    };
    let world = world.try_map(|id| WorldId::new(&id)).map_err(in_field("/world"))?;
    check(SpecChange { title: title.clone(), ..SpecChange::default() }, "/title")?;
    check(SpecChange { language: language.clone(), ..SpecChange::default() }, "/language")?;
    let limits = self::limits(limits)?;
    Ok(SpecChange { title, release, world, license, limits, language })
}

/// Refuses a change of the one field at `pointer` that no instance can have.
fn check(change: SpecChange, pointer: &str) -> Result<(), Problem> {
    change.checked().map(drop).map_err(in_field(pointer))
}

fn limits(patch: Edit<LimitsPatch>) -> Result<Edit<model::LimitsChange>, Problem> {
    let patch = match patch {
        Edit::Keep => return Ok(Edit::Keep),
        Edit::Clear => return Ok(Edit::Clear),
        Edit::Set(patch) => model::LimitsChange::from(patch),
    };
    let model::LimitsChange { memory, cpu_millis, disk } = patch.clone();
    let none = model::LimitsChange::default;
    for (one, pointer) in [
        (model::LimitsChange { memory, ..none() }, "/limits/memory"),
        (model::LimitsChange { cpu_millis, ..none() }, "/limits/cpu_millis"),
        (model::LimitsChange { disk, ..none() }, "/limits/disk"),
    ] {
        check(SpecChange { limits: Edit::Set(one), ..SpecChange::default() }, pointer)?;
    }
    Ok(Edit::Set(patch))
}
