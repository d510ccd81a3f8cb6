//! One table: how it stands, what happened, what its program prints.
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use refractory_core::model::{Event, Instance, LicenseChoice, Principal, ReleaseChoice, Urgency};
use refractory_core::ports::LogPosition;
use refractory_core::text::plain;
use refractory_core::words::{English, Words as _};
use refractory_core::{EventFilter, InstanceId, Playing, Verb, can, may};
use serde::{Deserialize, Serialize};

use super::backups::BackupsView;
use super::chrome::{Chrome, local, say_result};
use crate::problem::Problem;
use crate::session::{AuthorizedForm, SignedIn};
use crate::shared::Shared;
use crate::templates::page;
use crate::view::TableView;
use crate::words::Moment;

/// Lines of the log on the page.
const LINES: usize = 200;
/// Entries of the audit trail on the page.
const EVENTS: usize = 15;

/// One entry of the audit trail, as people read it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EventView {
    pub(crate) at: Moment,
    pub(crate) text: String,
    /// Where it was asked for, for administrators.
    pub(crate) address: Option<String>,
}

impl EventView {
    pub(crate) fn of(event: &Event) -> Self {
        Self { at: event.at.into(), text: English.event(event), address: None }
    }

    /// The same with the address, for those who read the whole audit trail.
    pub(crate) fn in_full(event: &Event) -> Self {
        Self { address: event.address.map(|address| address.to_string()), ..Self::of(event) }
    }
}

/// The end of the log, and where it goes on.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct LogView {
    pub(crate) lines: Vec<String>,
    pub(crate) next: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct TablePage {
    pub(crate) chrome: Chrome,
    pub(crate) table: TableView,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) events: Option<Vec<EventView>>,
    pub(crate) log: Option<LogView>,
    pub(crate) backups: Option<BackupsView>,
}

/// The part of a table's page that changes by itself.
#[derive(Debug, Serialize)]
pub(crate) struct Panel {
    pub(crate) table: TableView,
    pub(crate) csrf: String,
}

page! {
    TablePage => "table.html";
    Panel => "panel.html";
    ConfirmStopPage => "confirm-stop.html";
}

/// `GET /tables/{slug}`
pub(crate) async fn show(
    shared: web::Data<Shared>,
    person: SignedIn,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let who = &person.who;
    let mut table = shared.refractory.find(who, &slug).await?;
    if table.is_in_setup()
        && can(who, Verb::SetUpInstance, &table)
        && let Ok(worlds) = shared.refractory.worlds(who, &table.id).await
    {
        table.worlds = worlds;
    }
    let view = TableView::of(&shared.refractory, who, &table);
    let live = format!("/tables/{}/live", table.slug);
    let reads = can(who, Verb::ReadLogs, &table);
    let page = TablePage {
        chrome: Chrome::of(&shared, &person.visitor, table.title(), "tables")
            .live(&live, view.is_busy()),
        facts: if view.can.inspect { facts(&shared, who, &table).await? } else { Vec::new() },
        events: if reads { Some(latest_events(&shared, who, &table.id).await?) } else { None },
        backups: BackupsView::of(&shared, who, &table).await?,
        log: if reads { Some(log(&shared, who, &table).await) } else { None },
        table: view,
    };
    shared.templates.answer(StatusCode::OK, &page)
}

/// The latest events of a table.
pub(crate) async fn latest_events(
    shared: &Shared,
    who: &Principal,
    id: &InstanceId,
) -> Result<Vec<EventView>, Problem> {
    let filter = EventFilter::about(id);
    let page = shared.refractory.events(who, &filter, None, EVENTS).await?;
    Ok(page.events.iter().map(EventView::of).collect())
}

/// A log that cannot be read is no reason to show nothing.
async fn log(shared: &Shared, who: &Principal, table: &Instance) -> LogView {
    match shared.refractory.logs(who, &table.id, None, LINES).await {
        Ok(chunk) => {
            let LogPosition(next) = chunk.next;
            LogView {
                lines: chunk.lines.iter().map(|line| plain(line).into_owned()).collect(),
                next,
            }
        }
        Err(error) => {
            tracing::warn!(%error, table = %table.slug, "a log could not be read");
            LogView::default()
        }
    }
}

async fn facts(
    shared: &Shared,
    who: &Principal,
    table: &Instance,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let sees = |verb| may(who, verb);
    let spec = &table.desired.spec;
    let owners = shared.refractory.owners(who, std::slice::from_ref(table)).await?;
    let owner = owners.get(&table.id).cloned();
    let mut facts = vec![("Owner", owner.unwrap_or_else(|| "No one".to_owned()))];
    if let ReleaseChoice::Exact(id) = &spec.release
        && sees(Verb::SeeReleases)
    {
        let all = shared.refractory.releases(who).await?;
        let version = all.iter().find(|release| release.id == *id);
        facts.push((
            "Foundry",
            version.map_or_else(|| "removed".to_owned(), |r| r.version.to_string()),
        ));
    }
    let world = spec
        .world
        .as_ref()
        .map_or_else(|| "None (Foundry's setup)".to_owned(), ToString::to_string);
    facts.push(("World", world));
    if sees(Verb::SeeLicenses) {
        let all = shared.refractory.licenses(who).await?;
        let held =
            all.iter().find(|view| view.holder.as_ref().is_some_and(|(id, _)| *id == table.id));
        let said = match (held, &spec.license) {
            (Some(view), _) => view.license.name.clone(),
            (None, LicenseChoice::Any) => "Any free license".to_owned(),
            (None, LicenseChoice::NotNeeded) => "Not needed".to_owned(),
            (None, LicenseChoice::Only(id)) => all
                .iter()
                .find(|view| view.license.id == *id)
                .map_or_else(|| "removed".to_owned(), |view| view.license.name.clone()),
        };
        facts.push(("License", said));
    }
    for (name, limit) in [("Memory", spec.limits.memory), ("Disk", spec.limits.disk)] {
        if let Some(bytes) = limit {
            facts.push((name, crate::words::size(bytes)));
        }
    }
    Ok(facts)
}

/// Where to go on after a button.
#[derive(Debug, Deserialize)]
pub(crate) struct PowerForm {
    #[serde(default)]
    back: String,
    #[serde(default)]
    now: String,
    /// Whether the players that were shown may be disconnected.
    #[serde(default)]
    confirmed: String,
}

/// What disconnects whoever plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interruption {
    Stop,
    Restart,
}

impl Interruption {
    /// The last part of its address.
    fn path(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Stop => "Stop",
            Self::Restart => "Restart",
        }
    }
}

/// Asks before players are disconnected.
#[derive(Debug, Serialize)]
pub(crate) struct ConfirmStopPage {
    pub(crate) chrome: Chrome,
    pub(crate) slug: String,
    pub(crate) title: String,
    /// As `stop`.
    pub(crate) path: &'static str,
    /// As `Stop`.
    pub(crate) verb: &'static str,
    /// As `3 people are playing at Friday Night.`
    pub(crate) headline: String,
    pub(crate) names: Vec<String>,
    /// All of it as one question.
    pub(crate) question: String,
    pub(crate) back: String,
    pub(crate) now: String,
}

/// Does `act` with the table called `slug`, and says `good` of it where the button was.
async fn press(
    shared: &Shared,
    slug: &str,
    ordered: AuthorizedForm<PowerForm>,
    good: &str,
    act: impl AsyncFnOnce(&Principal, &InstanceId) -> refractory_core::Result<Instance>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let table = shared.refractory.find(&person.who, slug).await?;
    let done = act(&person.who, &table.id).await;
    let said = format!("{} {good}", table.title());
    say_result(shared, &person.visitor, local(&form.back), done, &said)
}

/// `POST /tables/{slug}/start`
pub(crate) async fn start(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<PowerForm>,
) -> Result<HttpResponse, Problem> {
    let start = async |who: &Principal, id: &InstanceId| shared.refractory.start(who, id).await;
    press(&shared, &slug, ordered, "is starting.", start).await
}

/// `POST /tables/{slug}/stop`
pub(crate) async fn stop(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<PowerForm>,
) -> Result<HttpResponse, Problem> {
    interrupt(&shared, &slug, ordered, Interruption::Stop).await
}

/// `POST /tables/{slug}/restart`
pub(crate) async fn restart(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<PowerForm>,
) -> Result<HttpResponse, Problem> {
    interrupt(&shared, &slug, ordered, Interruption::Restart).await
}

/// Stops or restarts a table, once whoever plays there was shown.
async fn interrupt(
    shared: &Shared,
    slug: &str,
    ordered: AuthorizedForm<PowerForm>,
    what: Interruption,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let (app, who) = (&shared.refractory, &person.who);
    let table = app.find(who, slug).await?;
    if form.confirmed.is_empty() {
        let playing = app.playing(who, &table.id).await?;
        if playing.count > 0 {
            let page = confirm_stop(shared, &person, &table, playing, &form, what);
            return shared.templates.answer(StatusCode::CONFLICT, &page);
        }
    }
    let urgency = if form.now.is_empty() { Urgency::Gentle } else { Urgency::Now };
    let (done, doing) = match what {
        Interruption::Stop => (app.stop(who, &table.id, urgency).await, "stopping"),
        Interruption::Restart => (app.restart(who, &table.id).await, "restarting"),
    };
    let said = format!("{} is {doing}.", table.title());
    say_result(shared, &person.visitor, local(&form.back), done, &said)
}

fn confirm_stop(
    shared: &Shared,
    person: &SignedIn,
    table: &Instance,
    playing: Playing,
    form: &PowerForm,
    what: Interruption,
) -> ConfirmStopPage {
    let headline = format!("{}.", playing.headline(table.title()));
    let named = match playing.names.as_slice() {
        [] => String::new(),
        names => format!(" Players: {}.", names.join(", ")),
    };
    let verb = what.verb();
    ConfirmStopPage {
        chrome: Chrome::of(shared, &person.visitor, &format!("{verb} table"), "tables"),
        slug: table.slug.to_string(),
        title: table.title().to_owned(),
        path: what.path(),
        verb,
        question: format!("{headline}{named} {verb} it and disconnect them?"),
        headline,
        names: playing.names,
        back: local(&form.back).to_owned(),
        now: form.now.clone(),
    }
}

/// `POST /tables/{slug}/take-license`
pub(crate) async fn take_license(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<PowerForm>,
) -> Result<HttpResponse, Problem> {
    let take =
        async |who: &Principal, id: &InstanceId| shared.refractory.take_license(who, id).await;
    let good = "takes the license. The other table is stopped first.";
    press(&shared, &slug, ordered, good, take).await
}
