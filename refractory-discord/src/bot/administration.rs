//! What administrators ask of the deployment.
use refractory_core::model::Principal;
use refractory_core::{Cursor, Error, ErrorKind, ListQuery, Result, Verb, check_role};

use super::{Answer, Bot};
use crate::message::{Color, Message};
use crate::text::line;
use crate::view;

impl Bot {
    pub(super) async fn overview(&self, who: &Principal) -> Result<Answer> {
        check_role(who, Verb::SeeDeployment)?;
        let licenses = self.refractory.licenses(who).await?;
        self.note_licenses(&licenses);
        let workers = self.refractory.workers().await?.len();
        let counts = self.directory.counts();
        Ok(Answer::view(view::overview(counts.as_deref(), &licenses, workers)))
    }

    pub(super) async fn instances(&self, who: &Principal, after: Option<Cursor>) -> Result<Answer> {
        check_role(who, Verb::SeeDeployment)?;
        let is_first = after.is_none();
        let page = self.refractory.list(who, &ListQuery::first(view::PAGE).after(after)).await?;
        let owners = self.refractory.owners(who, &page.records).await?;
        Ok(Answer::view(view::instances(&page.records, &owners, is_first, page.next)))
    }

    pub(super) async fn licenses(&self, who: &Principal) -> Result<Answer> {
        check_role(who, Verb::SeeDeployment)?;
        let licenses = self.refractory.licenses(who).await?;
        self.note_licenses(&licenses);
        Ok(Answer::view(view::licenses(&licenses)))
    }

    /// Stops the table that has a license. Where people play, the user is asked about that table and no other.
    pub(super) async fn release_license(&self, who: &Principal, name: &str) -> Result<Answer> {
        check_role(who, Verb::SeeDeployment)?;
        let license = self.refractory.find_license(who, name).await?;
        if let Some(lease) = &license.lease {
            return self.stop(who, &lease.holder, false, false).await;
        }
        let text = format!("**{}** is free: no table uses it.", line(&license.name));
        Ok(Answer::view(Message::note(Color::Good, "Nothing to release", text)))
    }

    pub(super) async fn health(&self, who: &Principal) -> Result<Answer> {
        /// How many damaged records are named.
        const NAMED: usize = 5;
        let damaged = self.refractory.damaged(who, None, NAMED).await?;
        let workers = self.refractory.workers().await?;
        let now = self.refractory.now();
        Ok(Answer::view(view::health(&workers, &damaged.records, now, damaged.next.is_none())))
    }

    fn note_licenses(&self, all: &[refractory_core::LicenseView]) {
        self.directory.note_licenses(all.iter().map(|view| view.license.name.clone()).collect());
    }

    /// Reads what is completed for an administrator, once they are known to be one.
    ///
    /// # Errors
    ///
    /// As the store has them.
    pub(crate) async fn warm(&self, who: &Principal) -> Result<()> {
        match self.refractory.licenses(who).await {
            Ok(all) => {
                self.note_licenses(&all);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Forbidden => Ok(()),
            Err(error) => Err(Error::new(error.kind(), "reading licenses").caused_by(error)),
        }
    }
}
