//! Releases: adding, listing, removing.
use super::Refractory;
use crate::access::{Verb, check_role};
use crate::model::{EventKind, Instance, Principal, Release, ReleaseChoice};
use crate::ports::{ArchiveInfo, ArchiveSource, Commit, Index, Query};
use crate::{Code, Error, ErrorKind, ReleaseId, Remedy, Result};

impl Refractory {
    /// Every stored release, newest first.
    ///
    /// # Errors
    ///
    /// `Forbidden`.
    pub async fn releases(&self, who: &Principal) -> Result<Vec<Release>> {
        check_role(who, Verb::SeeReleases)?;
        let mut all = self.collection::<Release>().list().await?;
        all.sort_by_key(|release| std::cmp::Reverse((release.version, release.added)));
        Ok(all)
    }

    /// Reads, checks and stores an archive. The same archive again is the same release.
    ///
    /// # Errors
    ///
    /// `Forbidden`, and as [`Archives::add`](crate::ports::Archives::add) has them.
    pub async fn add_release(&self, who: &Principal, source: &ArchiveSource) -> Result<Release> {
        check_role(who, Verb::ManageReleases)?;
        let info = self.deployment.ports.archives.add(source).await?;
        if let Some(known) = self.collection::<Release>().load(info.id.as_str()).await? {
            return Ok(known);
        }
        let release = self.row(info);
        let (id, version) = (release.id.clone(), release.version);
        let event = self.event(who, EventKind::ReleaseAdded { release: id, version });
        match self.collection().commit(&Commit::insert(&release).event(event)).await {
            Err(error) if error.kind() == ErrorKind::Conflict => self
                .collection()
                .load(release.id.as_str())
                .await?
                .ok_or_else(|| no_such(&release.id)),
            added => added,
        }
    }

    fn row(&self, info: ArchiveInfo) -> Release {
        Release {
            id: info.id,
            version: info.version,
            layout: info.layout,
            program: info.program,
            node_major: info.node_major,
            size: info.size,
            added: self.now(),
            revision: 0,
        }
    }

    /// The release a person means by its version or the beginning of its id.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn find_release(&self, who: &Principal, name: &str) -> Result<Release> {
        let all = self.releases(who).await?;
        let meant = |release: &Release| {
            release.version.to_string() == name
                || (name.len() >= 6 && release.id.as_str().starts_with(name))
        };
        all.into_iter().find(meant).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "looking for a release")
                .coded(Code::NO_RELEASE)
                .about("name", name)
                .helped_by(Remedy::ListReleases)
        })
    }

    /// The choice that `text` means: `newest`, or a release as [`find_release`](Self::find_release) finds it.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`.
    pub async fn release_choice(&self, who: &Principal, text: &str) -> Result<ReleaseChoice> {
        Ok(match text {
            "newest" => ReleaseChoice::Newest,
            name => ReleaseChoice::Exact(self.find_release(who, name).await?.id),
        })
    }

    /// Removes a release that no table runs or means to run.
    ///
    /// # Errors
    ///
    /// `Forbidden`, `NotFound`; `Conflict` while a table needs it.
    pub async fn remove_release(&self, who: &Principal, id: &ReleaseId) -> Result<()> {
        check_role(who, Verb::ManageReleases)?;
        let release =
            self.collection::<Release>().load(id.as_str()).await?.ok_or_else(|| no_such(id))?;
        self.check_no_table_needs(&release).await?;
        let (of, version) = (id.clone(), release.version);
        let event = self.event(who, EventKind::ReleaseRemoved { release: of, version });
        self.collection().commit(&Commit::delete(&release).event(event)).await?;
        self.deployment.ports.archives.remove(id).await
    }

    /// Reads the tables that have chosen a release or ran with it last, until one of them needs it.
    async fn check_no_table_needs(&self, release: &Release) -> Result<()> {
        let error = || Error::new(ErrorKind::Conflict, "removing a release").permanent();
        let needs = |instance: &&Instance| {
            instance.desired.spec.release == ReleaseChoice::Exact(release.id.clone())
                || (instance.release.as_ref() == Some(&release.id) && !instance.journal.is_empty())
        };
        let theirs = Query::partition(Index::InstanceByRelease, release.id.as_str());
        let mut pages = self.collection::<Instance>().pages(theirs);
        while let Some(page) = pages.next().await? {
            if let Some(unknown) = page.damaged.first() {
                let said = format!(
                    "The record of table `{}` is damaged, and it may need this release.",
                    unknown.name()
                );
                return Err(error().advise(said).helped_by(Remedy::ListDamagedRecords));
            }
            if let Some(user) = page.records.iter().find(needs) {
                return Err(error()
                    .coded(Code::RELEASE_IN_USE)
                    .about("table", &user.slug)
                    .about("version", release.version));
            }
        }
        Ok(())
    }
}

fn no_such(id: &ReleaseId) -> Error {
    Error::new(ErrorKind::NotFound, "looking for a release").coded(Code::NO_RELEASE).about("id", id)
}
