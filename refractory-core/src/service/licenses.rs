//! Licenses: adding, naming, accepting, removing.
use super::Refractory;
use crate::access::{Verb, can, check_role};
use crate::error::unless_raced;
use crate::model::{
    Acceptance, EULA_VERSION, EventKind, Instance, License, LicenseChoice, LicenseKey, Principal,
    check_revision, checked_label,
};
use crate::ports::{Commit, Observed, UniqueKey};
use crate::{Code, Error, ErrorKind, InstanceId, LicenseId, Result, SecretName, UserId};

/// A license as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseView {
    /// The license; the key in it is masked.
    pub license: License,
    /// What its holder is called, where it has one: `another table` for one that the asking principal may not see.
    pub holder: Option<(InstanceId, String)>,
}

impl Refractory {
    /// Every license with its holder, in order of name.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub async fn licenses(&self, who: &Principal) -> Result<Vec<LicenseView>> {
        check_role(who, Verb::SeeLicenses)?;
        let mut views = Vec::new();
        for license in self.collection::<License>().list().await? {
            let holder = match &license.lease {
                Some(lease) => {
                    let holder = self.collection::<Instance>().load_readable(lease.holder.as_str());
                    Some((lease.holder.clone(), named_for(who, holder.await?, &lease.holder)))
                }
                None => None,
            };
            views.push(LicenseView { license, holder });
        }
        views.sort_by(|one, other| one.license.name.cmp(&other.license.name));
        Ok(views)
    }

    /// Adds a license key under `name`.
    ///
    /// # Errors
    ///
    /// `Forbidden`; `Invalid` for an empty name; `Conflict` when the name or the key is here already.
    pub async fn add_license(
        &self,
        who: &Principal,
        name: &str,
        key: LicenseKey,
    ) -> Result<License> {
        check_role(who, Verb::ManageLicenses)?;
        let license = License {
            id: LicenseId::fresh(),
            name: checked_name(name)?,
            masked: key.masked(),
            fingerprint: self.fingerprint(&key).await?,
            eula: None,
            lease: None,
            reserved: None,
            fence: 0,
            added: self.now(),
            revision: 0,
        };
        // The key first: a sealed key without a row is swept up, a row without a key could be leased.
        let name = SecretName::new(&license.secret())?;
        self.deployment.ports.vault.ensure(&name, &key.into_secret()).await?;
        let event = self.event(who, EventKind::LicenseAdded { license: license.named() });
        match self.collection().commit(&Commit::insert(&license).event(event)).await {
            Ok(added) => Ok(added),
            Err(error) => {
                self.deployment.ports.vault.remove(&name).await?;
                Err(license_taken(error, &license.name))
            }
        }
    }

    /// Distinguishes keys by a digest whose salt lies in the vault: the digest alone tells nothing.
    async fn fingerprint(&self, key: &LicenseKey) -> Result<String> {
        let salt = crate::Secret::new(crate::id::random_text(32));
        let name = SecretName::new("license-fingerprint-salt")?;
        match self.deployment.ports.vault.ensure(&name, &salt).await? {
            Observed::Ready(salt) => {
                Ok(crate::digest::sha256_hex(&[salt.expose().as_bytes(), key.expose().as_bytes()]))
            }
            Observed::Absent | Observed::Pending(_) | Observed::Broken(_) => {
                Err(Error::new(ErrorKind::Unexpected, "reading the vault")
                    .coded(Code::OTHER_KEY_FILE))
            }
        }
    }

    /// The license a person means by its name or its id.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn find_license(&self, who: &Principal, name: &str) -> Result<License> {
        check_role(who, Verb::SeeLicenses)?;
        let found = match self.collection::<License>().find(&UniqueKey::license(name)).await? {
            Some(found) => Some(found),
            None => self.collection::<License>().load(name).await?,
        };
        found.ok_or_else(|| no_such(name))
    }

    /// The choice that `text` means: `any`, `not-needed`, or a license as [`find_license`](Self::find_license) finds it.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn license_choice(&self, who: &Principal, text: &str) -> Result<LicenseChoice> {
        Ok(match text {
            "any" => LicenseChoice::Any,
            "not-needed" => LicenseChoice::NotNeeded,
            name => LicenseChoice::Only(self.find_license(who, name).await?.id),
        })
    }

    /// Gives a license another name.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Invalid` for an empty name; `Conflict` when the name is taken.
    pub async fn rename_license(
        &self,
        who: &Principal,
        id: &LicenseId,
        name: &str,
    ) -> Result<License> {
        self.rename_license_at(who, id, name, None).await
    }

    /// The same, if the license is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`rename_license`](Self::rename_license); `Outdated` when it is at another revision.
    pub async fn rename_license_at(
        &self,
        who: &Principal,
        id: &LicenseId,
        name: &str,
        revision: Option<u64>,
    ) -> Result<License> {
        check_role(who, Verb::ManageLicenses)?;
        let wanted = checked_name(name)?;
        let renamed = self.collection::<License>().update_with_events(id.as_str(), |row| {
            check_revision(revision, row.revision)?;
            if row.name == wanted {
                return Ok((false, Vec::new()));
            }
            let from = std::mem::replace(&mut row.name, wanted.clone());
            let kind = EventKind::LicenseRenamed { license: row.named(), from };
            Ok((true, vec![self.event(who, kind)]))
        });
        renamed
            .await
            .map_err(|error| license_taken(error, name))?
            .ok_or_else(|| no_such(id.as_str()))
    }

    /// Writes down that the person asking accepts the license agreement for a key. Only a person can.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn accept_eula(&self, who: &Principal, id: &LicenseId) -> Result<License> {
        check_role(who, Verb::ManageLicenses)?;
        if who.via == crate::model::Via::System {
            return Err(Error::new(ErrorKind::Forbidden, "accepting an agreement")
                .advise("Only a person can accept the license agreement."));
        }
        let operator = UserId::new("operator")?;
        let acceptance = Acceptance {
            by: who.user.clone().unwrap_or(operator),
            name: who.name.clone(),
            at: self.now(),
            version: EULA_VERSION.to_owned(),
        };
        let accepted = self.collection::<License>().update_with_events(id.as_str(), |row| {
            let fresh = row.acceptance().is_none();
            if fresh {
                row.eula = Some(acceptance.clone());
            }
            let kind = EventKind::AgreementAccepted { license: row.named() };
            Ok((fresh, vec![self.event(who, kind)]))
        });
        accepted.await?.ok_or_else(|| no_such(id.as_str()))
    }

    /// Removes a license that nobody holds.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` while a table holds it.
    pub async fn remove_license(&self, who: &Principal, id: &LicenseId) -> Result<()> {
        self.remove_license_at(who, id, None).await
    }

    /// The same, if the license is still at `revision`.
    ///
    /// # Errors
    ///
    /// As [`remove_license`](Self::remove_license); `Outdated` when it is at another revision.
    pub async fn remove_license_at(
        &self,
        who: &Principal,
        id: &LicenseId,
        revision: Option<u64>,
    ) -> Result<()> {
        check_role(who, Verb::ManageLicenses)?;
        let license = loop {
            let license = self.collection::<License>().load(id.as_str()).await?;
            let license = license.ok_or_else(|| no_such(id.as_str()))?;
            check_revision(revision, license.revision)?;
            if license.lease.is_some() {
                return Err(Error::new(ErrorKind::Conflict, "removing a license")
                    .permanent()
                    .coded(Code::LICENSE_IN_USE)
                    .about("name", &license.name));
            }
            let event = self.event(who, EventKind::LicenseRemoved { license: license.named() });
            let deleted = self.collection().commit(&Commit::delete(&license).event(event)).await;
            // Otherwise it was written meanwhile.
            if unless_raced(deleted)?.is_some() {
                break license;
            }
        };
        self.deployment.ports.vault.remove(&SecretName::new(&license.secret())?).await?;
        Ok(())
    }
}

/// What the instance `id`, which holds a license, is called for `who`.
fn named_for(who: &Principal, holder: Option<Instance>, id: &InstanceId) -> String {
    match holder {
        Some(holder) if can(who, Verb::SeeInstance, &holder) => holder.title().to_owned(),
        Some(_) => "another table".to_owned(),
        None => id.to_string(),
    }
}

fn checked_name(raw: &str) -> Result<String> {
    checked_label(raw, "naming a license", "Club key 1")
}

fn no_such(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a license")
        .coded(Code::NO_LICENSE)
        .about("name", name)
}

fn license_taken(error: Error, name: &str) -> Error {
    error.if_taken("adding a license", |taken| taken.coded(Code::LICENSE_TAKEN).about("name", name))
}
