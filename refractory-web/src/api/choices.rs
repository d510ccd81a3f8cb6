//! What requests name by text: releases, licenses, owners, worlds. What cannot be used is reported at its field.
use refractory_core::model::{
    self, Change, Edit, LicenseChoice, Principal, ReleaseChoice, Slug, SpecChange, WorldId,
};
use refractory_core::{Error, Refractory, UserId};

use super::{InstancePatch, LimitsPatch, NewInstance};
use crate::problem::Problem;

/// What `patch` changes of an instance.
pub(super) async fn change(
    refractory: &Refractory,
    who: &Principal,
    patch: InstancePatch,
) -> Result<Change, Problem> {
    let InstancePatch { name, owner, .. } = &patch;
    let (slug, owner) = (slug(name.clone())?, user(refractory, who, owner.clone()).await?);
    let spec = spec(refractory, who, patch).await?;
    Ok(Change { slug, spec, owner, ..Change::default() })
}

/// What `new` is to be like: its name, a change to what instances are like where nothing is said, and its owner.
pub(super) async fn creation(
    refractory: &Refractory,
    who: &Principal,
    new: NewInstance,
) -> Result<model::NewInstance, Problem> {
    let NewInstance { name, title, release, world, license, limits, language, owner } = new;
    let label = match &name {
        Some(name) => Slug::from_name(name),
        None => Slug::from_title(title.as_deref().unwrap_or_default()),
    };
    let label = label.map_err(|error| at_field(error, "/name"))?;
    let patch = InstancePatch {
        name: Edit::Keep,
        title: Edit::given(title),
        release: Edit::given(release),
        world: Edit::given(world),
        license: Edit::given(license),
        limits: Edit::given(limits),
        language: Edit::given(language),
        owner: Edit::given(owner),
    };
    let owner = user(refractory, who, patch.owner.clone()).await?;
    let mut whole = model::InstanceSpec::default();
    spec(refractory, who, patch).await?.apply(&mut whole)?;
    let new = model::NewInstance::named(label).with_spec(whole);
    Ok(match owner {
        Edit::Set(owner) => new.owned_by(owner),
        Edit::Keep | Edit::Clear => new,
    })
}

fn at_field(error: impl Into<Error>, pointer: &str) -> Problem {
    Problem::from(error.into()).in_field(pointer)
}

fn slug(name: Edit<String>) -> Result<Option<Slug>, Problem> {
    let name =
        name.required("An instance needs a name.").map_err(|error| at_field(error, "/name"))?;
    name.map(|name| Slug::from_name(&name)).transpose().map_err(|error| at_field(error, "/name"))
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
            Edit::Set(found.map_err(|error| at_field(error, "/owner"))?.id)
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
            let chosen = self::release(refractory, who, &name).await;
            Edit::Set(chosen.map_err(|error| at_field(error, "/release"))?)
        }
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
    };
    let none = "An instance needs a release: name one, or `newest`.";
    release.clone().required(none).map_err(|error| at_field(error, "/release"))?;
    let license = match license {
        Edit::Set(name) => {
            let chosen = self::license(refractory, who, &name).await;
            Edit::Set(chosen.map_err(|error| at_field(error, "/license"))?)
        }
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
    };
    let world = world.try_map(|id| WorldId::new(&id)).map_err(|error| at_field(error, "/world"))?;
    check(SpecChange { title: title.clone(), ..SpecChange::default() }, "/title")?;
    check(SpecChange { language: language.clone(), ..SpecChange::default() }, "/language")?;
    let limits = self::limits(limits)?;
    Ok(SpecChange { title, release, world, license, limits, language })
}

/// Refuses a change of the one field at `pointer` that no instance can have.
fn check(change: SpecChange, pointer: &str) -> Result<(), Problem> {
    change.checked().map(drop).map_err(|error| at_field(error, pointer))
}

async fn release(
    refractory: &Refractory,
    who: &Principal,
    name: &str,
) -> Result<ReleaseChoice, Error> {
    if name == "newest" {
        return Ok(ReleaseChoice::Newest);
    }
    Ok(ReleaseChoice::Exact(refractory.find_release(who, name).await?.id))
}

async fn license(
    refractory: &Refractory,
    who: &Principal,
    name: &str,
) -> Result<LicenseChoice, Error> {
    Ok(match name {
        "any" => LicenseChoice::Any,
        "not-needed" => LicenseChoice::NotNeeded,
        name => LicenseChoice::Only(refractory.find_license(who, name).await?.id),
    })
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
