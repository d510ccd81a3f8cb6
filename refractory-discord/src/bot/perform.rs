//! Doing what was asked for.
use refractory_core::Result;
use refractory_core::model::Principal;

use super::{Answer, Bot, Job, failed};
use crate::command::Command;
use crate::interaction::Caller;
use crate::view;

impl Bot {
    /// Does what a job asks for. What goes wrong is the answer.
    pub async fn perform(&self, job: &Job) -> Answer {
        match self.answer(&job.reply.caller, &job.command).await {
            Ok(answer) => answer,
            Err(error) => Answer::beside(failed(&error)),
        }
    }

    async fn answer(&self, caller: &Caller, command: &Command) -> Result<Answer> {
        if let Command::Link(secret) = command {
            return self.link(caller, secret).await;
        }
        match (self.identify(caller).await?, command) {
            (who, Command::Help) => {
                let is_administrator = who.is_some_and(|who| who.is_administrator());
                Ok(Answer::view(view::help(is_administrator, self.sign_in_url.is_some())))
            }
            (Some(who), command) => self.answer_to(&who, command).await,
            (None, _) => Ok(Answer::beside(view::not_linked())),
        }
    }

    async fn answer_to(&self, who: &Principal, command: &Command) -> Result<Answer> {
        match command {
            Command::Dashboard(after) => self.dashboard(who, after.clone()).await,
            Command::Table(verb, table) => self.with_table(who, *verb, table).await,
            Command::Stop { id, now, confirmed } => self.stop(who, id, *now, *confirmed).await,
            Command::Restart { id, confirmed } => self.restart(who, id, *confirmed).await,
            Command::Backup { id, stop } => self.back_up(who, id, *stop).await,
            Command::TakeLicense(table) => self.take_license(who, table).await,
            Command::Delete { id, typed } => self.delete(who, id, typed).await,
            Command::Portal => self.portal(who).await,
            Command::Overview => self.overview(who).await,
            Command::Instances(after) => self.instances(who, after.clone()).await,
            Command::StopAny { table, now } => self.stop_any(who, table, *now).await,
            Command::ReleaseLicense(name) => self.release_license(who, name).await,
            Command::Licenses => self.licenses(who).await,
            Command::Health => self.health(who).await,
            // Both need no account, and are answered before this.
            Command::Link(_) | Command::Help => Ok(Answer::beside(view::unknown())),
        }
    }
}
