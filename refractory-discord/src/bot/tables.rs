//! What is done with one table.
use refractory_core::model::{Held, Instance, Principal, Step, Urgency};
use refractory_core::{Cursor, Error, ErrorKind, InstanceId, ListQuery, Result, Verb, can, may};

use super::{Answer, Bot};
use crate::action::{Action, TableVerb};
use crate::command::TableRef;
use crate::limits::CHOICES;
use crate::message::{Button, Color, Message, Style};
use crate::text::line;
use crate::view::{self, TableContext};

/// Which table is meant.
enum Found {
    One(Box<Instance>),
    /// This has to be asked first.
    Ask(Message),
}

impl Bot {
    pub(super) async fn dashboard(&self, who: &Principal, after: Option<Cursor>) -> Result<Answer> {
        let is_first = after.is_none();
        let page = self.refractory.list(who, &ListQuery::first(view::PAGE).after(after)).await?;
        if let ([only], true, None) = (page.records.as_slice(), is_first, &page.next) {
            return Ok(Answer::view(self.show(who, only)));
        }
        let with_url = |table: Instance| {
            let url = self.refractory.public_url(&table);
            (table, url)
        };
        let tables: Vec<_> = page.records.into_iter().map(with_url).collect();
        Ok(Answer::view(view::dashboard(who, &tables, is_first, page.next)))
    }

    pub(super) async fn with_table(
        &self,
        who: &Principal,
        verb: TableVerb,
        table: &TableRef,
    ) -> Result<Answer> {
        let table = match self.which(who, verb, table).await? {
            Found::One(table) => table,
            Found::Ask(message) => return Ok(Answer::view(message)),
        };
        match verb {
            TableVerb::Status => Ok(self.following(who, *table)),
            TableVerb::Open => Ok(Answer::beside(self.link_to(&table))),
            TableVerb::Start => {
                Ok(self.following(who, self.refractory.start(who, &table.id).await?))
            }
            TableVerb::Stop => self.stop(who, &table.id, false, false).await,
            TableVerb::Restart => self.restart(who, &table.id, false).await,
            TableVerb::Backup => self.back_up(who, &table.id, false).await,
            TableVerb::License => self.license(who, &table).await,
        }
    }

    /// The table that is meant; where none is named, the only one.
    async fn which(&self, who: &Principal, verb: TableVerb, table: &TableRef) -> Result<Found> {
        let found = match table {
            TableRef::Named(name) => self.refractory.find(who, name).await?,
            TableRef::Id(id) => self.refractory.get(who, id).await?,
            TableRef::Unnamed => return self.only(who, verb).await,
        };
        Ok(Found::One(Box::new(found)))
    }

    async fn only(&self, who: &Principal, verb: TableVerb) -> Result<Found> {
        let mut page = self.refractory.list(who, &ListQuery::first(CHOICES)).await?;
        // The one that they run, where they only see the others.
        let runs = |table: &&Instance| can(who, Verb::StartInstance, table);
        let own: Vec<_> = page.records.iter().filter(runs).cloned().collect();
        if let ([only], None) = (own.as_slice(), &page.next) {
            return Ok(Found::One(Box::new(only.clone())));
        }
        match (page.records.len(), page.next) {
            (0, _) => Ok(Found::Ask(view::dashboard(who, &[], true, None))),
            (1, None) => Ok(Found::One(Box::new(page.records.remove(0)))),
            (_, next) => Ok(Found::Ask(view::choose(verb, &page.records, next.is_none()))),
        }
    }

    /// Shows a table as `who` sees it.
    pub(crate) fn show(&self, who: &Principal, table: &Instance) -> Message {
        let url = self.refractory.public_url(table);
        view::table(TableContext::new(&self.refractory, who, &url), table)
    }

    /// The same, followed until it is where it was asked to go.
    fn following(&self, who: &Principal, table: Instance) -> Answer {
        let message = self.show(who, &table);
        Answer { message, replaces: true, follows: Some(Box::new(table)) }
    }

    fn link_to(&self, table: &Instance) -> Message {
        let url = self.refractory.public_url(table);
        let state = view::mark(table.state());
        let text = format!("{state} <{url}>");
        Message::note(view::color(table.state()), &line(table.title()), text)
            .buttons(vec![Button::open("Open", url)])
    }

    /// Who is disconnected by a stop, where that has to be confirmed by `button`.
    async fn asked_first(
        &self,
        who: &Principal,
        table: &Instance,
        button: Button,
    ) -> Result<Option<Message>> {
        let playing = self.refractory.playing(who, &table.id).await?;
        Ok((playing.count > 0)
            .then(|| view::stop_anyway(table.title(), playing.count, &playing.names, button)))
    }

    pub(super) async fn stop(
        &self,
        who: &Principal,
        id: &InstanceId,
        now: bool,
        confirmed: bool,
    ) -> Result<Answer> {
        let table = self.refractory.get(who, id).await?;
        let again = Action::Stop { id: id.clone(), now, confirmed: true };
        let button = Button::ask("Stop anyway", again, Style::Danger);
        if !confirmed && let Some(ask) = self.asked_first(who, &table, button).await? {
            return Ok(Answer::beside(ask));
        }
        let urgency = if now { Urgency::Now } else { Urgency::Gentle };
        Ok(self.following(who, self.refractory.stop(who, id, urgency).await?))
    }

    pub(super) async fn restart(
        &self,
        who: &Principal,
        id: &InstanceId,
        confirmed: bool,
    ) -> Result<Answer> {
        let table = self.refractory.get(who, id).await?;
        let again = Action::Restart { id: id.clone(), confirmed: true };
        let button = Button::ask("Restart anyway", again, Style::Danger);
        if !confirmed && let Some(ask) = self.asked_first(who, &table, button).await? {
            return Ok(Answer::beside(ask));
        }
        Ok(self.following(who, self.refractory.restart(who, id).await?))
    }

    pub(super) async fn back_up(
        &self,
        who: &Principal,
        id: &InstanceId,
        stop: bool,
    ) -> Result<Answer> {
        /// How many of the backups before it are shown.
        const SHOWN: usize = 5;
        let table = self.refractory.get(who, id).await?;
        let may = can(who, Verb::ChangeInstance, &table);
        if may && !stop && self.refractory.stops_for_backups() && table.is_desired_on() {
            return Ok(Answer::beside(stops_for_backup(&table)));
        }
        self.refractory.create_backup(who, id, stop).await?;
        let before = self.refractory.backups(who, id, None, SHOWN).await?;
        Ok(Answer::beside(view::backups(&table, &before.records)))
    }

    async fn license(&self, who: &Principal, table: &Instance) -> Result<Answer> {
        // Asked as a reading of the table: without this right there is nothing to see here.
        if !can(who, Verb::InspectInstance, table) {
            return Err(Error::new(ErrorKind::Forbidden, "reading a table's license"));
        }
        let license = match table.journal.held(Step::License) {
            Some(Held::License(Some((id, _)))) if may(who, Verb::SeeLicenses) => {
                Some(self.refractory.find_license(who, id.as_str()).await?)
            }
            _ => None,
        };
        let url = self.refractory.public_url(table);
        let at = TableContext::new(&self.refractory, who, &url);
        Ok(Answer::view(view::license(at, table, license.as_ref())))
    }

    pub(super) async fn take_license(&self, who: &Principal, table: &TableRef) -> Result<Answer> {
        match self.which(who, TableVerb::License, table).await? {
            Found::One(table) => {
                Ok(self.following(who, self.refractory.take_license(who, &table.id).await?))
            }
            Found::Ask(message) => Ok(Answer::view(message)),
        }
    }

    pub(super) async fn delete(
        &self,
        who: &Principal,
        id: &InstanceId,
        typed: &str,
    ) -> Result<Answer> {
        Ok(self.following(who, self.refractory.delete(who, id, typed).await?))
    }

    pub(super) async fn stop_any(
        &self,
        who: &Principal,
        table: &TableRef,
        now: bool,
    ) -> Result<Answer> {
        match self.which(who, TableVerb::Stop, table).await? {
            Found::One(table) => self.stop(who, &table.id, now, false).await,
            Found::Ask(message) => Ok(Answer::view(message)),
        }
    }
}

fn stops_for_backup(table: &Instance) -> Message {
    let title = line(table.title());
    let text = format!(
        "{title} is on, and its data can be copied only while it is off. It is stopped for the backup and starts again afterwards."
    );
    let again = Action::Backup { id: table.id.clone(), stop: true };
    let button = Button::ask("Stop and back up", again, Style::Danger);
    Message::note(Color::Busy, "Stop for the backup?", text).buttons(vec![button])
}
