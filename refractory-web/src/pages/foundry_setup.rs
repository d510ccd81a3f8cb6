//! Into Foundry's setup: the portal's button, and what it leads to at the table's own host.
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, REFERRER_POLICY};
use actix_web::{HttpRequest, HttpResponse, web};
use refractory_core::model::{Edit, SpecChange, WorldId};
use refractory_core::{Change, InstanceId};
use serde::{Deserialize, Serialize};

use super::chrome::{Chrome, say_at, say_result, see_other};
use super::enter::Nothing;
use crate::links::foundry_setup_url;
use crate::problem::Problem;
use crate::proxy::{session_cookie, to_setup};
use crate::session::{AuthorizedForm, Flash, address_of, cookie, csrf, unreadable_form};
use crate::shared::Shared;
use crate::statics::{self, OWN};
use crate::templates::page;

/// From the address bar to the button: no longer than the ticket is good.
const TICKET_SECONDS: i64 = 60;
/// A browser that follows it goes on at once, and shows nothing of the page it is on.
const REFRESH: HeaderName = HeaderName::from_static("refresh");

/// The portal's page that leads to the table's own host: a form may not, because its rules keep forms on this host.
#[derive(Debug, Serialize)]
pub(crate) struct SetUpPage {
    pub(crate) chrome: Chrome,
    pub(crate) title: String,
    pub(crate) to: String,
}

/// The page at the table's own host on which somebody confirms that they mean to enter.
#[derive(Debug, Serialize)]
pub(crate) struct FoundrySetupPage {
    pub(crate) title: String,
    pub(crate) css: String,
    pub(crate) icon: String,
    /// Whose ticket it is; none where it is not good.
    pub(crate) name: Option<String>,
    pub(crate) csrf: String,
    pub(crate) problem: String,
    /// The table's page in the portal.
    pub(crate) portal: String,
}

page! {
    SetUpPage => "set-up.html";
    FoundrySetupPage => "foundry-setup.html";
}

/// `POST /tables/{slug}/set-up`
pub(crate) async fn set_up(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    let person = ordered.person;
    let table = shared.refractory.find(&person.who, &slug).await?;
    let back = format!("/tables/{}", table.slug);
    match shared.refractory.setup_ticket(&person.who, &table.id).await {
        Ok(minted) => {
            let to = foundry_setup_url(&shared.refractory, &table, &minted);
            let chrome = Chrome::of(&shared, &person.visitor, "Set up", "tables");
            let page = SetUpPage { chrome, title: table.title().to_owned(), to: to.clone() };
            let mut answer = shared.templates.answer(StatusCode::OK, &page)?;
            if let Ok(value) = format!("0; url={to}").parse() {
                answer.headers_mut().insert(REFRESH, value);
            }
            Ok(answer)
        }
        Err(error) => {
            let problem = Problem::from(error);
            if problem.status() == StatusCode::FORBIDDEN {
                return Err(problem);
            }
            let flash = Flash::bad(problem.sentence());
            Ok(say_at(&shared, &person.visitor, &back, &flash))
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct WorldForm {
    world: String,
}

/// `POST /tables/{slug}/world`: which world opens at every start.
pub(crate) async fn choose_world(
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    ordered: AuthorizedForm<WorldForm>,
) -> Result<HttpResponse, Problem> {
    let AuthorizedForm { form, person } = ordered;
    let table = shared.refractory.find(&person.who, &slug).await?;
    let world = match form.world.as_str() {
        "" => None,
        id => Some(WorldId::new(id).map_err(refractory_core::Error::from)?),
    };
    let said = match &world {
        Some(world) => format!("{} opens the world {world} at every start.", table.title()),
        None => format!("{} starts in Foundry's setup.", table.title()),
    };
    let spec = SpecChange { world: Edit::to(world), ..SpecChange::default() };
    let change = Change { spec, ..Change::default() };
    let changed = shared.refractory.change(&person.who, &table.id, change).await;
    say_result(&shared, &person.visitor, &format!("/tables/{}", table.slug), changed, &said)
}

#[derive(Debug, Deserialize)]
pub(crate) struct TicketQuery {
    ticket: Option<String>,
}

/// A table, asked for at its own host.
struct Home {
    id: InstanceId,
    title: String,
    slug: String,
    host: String,
}

impl Home {
    fn of(shared: &Shared, request: &HttpRequest, slug: &str) -> Option<Self> {
        let (route, host) = shared.edge.table_at_own_host(request, slug)?;
        let (id, title) = (route.id.clone(), route.title.clone());
        Some(Self { id, title, slug: slug.to_owned(), host })
    }

    fn path(&self) -> String {
        format!("{OWN}/setup/{}", self.slug)
    }

    fn answer(
        &self,
        shared: &Shared,
        status: StatusCode,
        ticket: &str,
        told: Result<String, &str>,
    ) -> Result<HttpResponse, Problem> {
        let page = FoundrySetupPage {
            title: self.title.clone(),
            css: statics::url("portal.css"),
            icon: statics::url("icon.svg"),
            problem: told.as_ref().err().map_or_else(String::new, |said| (*said).to_owned()),
            name: told.ok(),
            csrf: csrf::token(ticket),
            portal: format!("{}/tables/{}", shared.refractory.addressing().portal_url(), self.slug),
        };
        let mut answer = shared.templates.answer(status, &page)?;
        let headers = answer.headers_mut();
        headers
            .insert(CACHE_CONTROL, actix_web::http::header::HeaderValue::from_static("no-store"));
        Ok(answer)
    }

    /// The link is not good, or is not any more.
    fn stale(&self, shared: &Shared) -> Result<HttpResponse, Problem> {
        let said = "This link has been used or has expired: it works once, within a minute. Open the table in the portal and choose \u{201c}Set up\u{201d} again.";
        let mut answer = self.answer(shared, StatusCode::GONE, "", Err(said))?;
        forget_ticket(shared, &mut answer);
        Ok(answer)
    }
}

/// What the browser shows as tickets: a page elsewhere in the domain may have planted some.
fn tickets_shown(request: &HttpRequest, shared: &Shared) -> Vec<String> {
    cookie::read_all(request, cookie::TICKET, shared.https())
}

fn forget_ticket(shared: &Shared, answer: &mut HttpResponse) {
    // Only a name or a value that no header can carry is refused, and ours can be carried.
    let _carried = answer.add_cookie(&cookie::drop(cookie::TICKET, shared.https()));
}

/// `GET /_refractory/setup/{slug}`: takes the ticket out of the address bar, then shows a button. Nobody is let in by
/// following a link: whatever previews links follows them too, and another site can make a browser follow one.
pub(crate) async fn enter_page(
    request: HttpRequest,
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    query: web::Query<TicketQuery>,
) -> Result<HttpResponse, Problem> {
    let Some(home) = Home::of(&shared, &request, &slug) else {
        return Ok(statics::nothing_here(&shared, &request));
    };
    if let Some(ticket) = query.into_inner().ticket {
        return Ok(see_other(&home.path())
            .cookie(cookie::keep(cookie::TICKET, ticket, TICKET_SECONDS, shared.https()))
            .insert_header((REFERRER_POLICY, "no-referrer"))
            .finish());
    }
    for ticket in tickets_shown(&request, &shared) {
        let known = shared.refractory.setup_ticket_of(&ticket, &home.id, &home.host).await?;
        if let Some(known) = known {
            return home.answer(&shared, StatusCode::OK, &ticket, Ok(known.name));
        }
    }
    home.stale(&shared)
}

#[derive(Debug, Deserialize)]
pub(crate) struct EnterForm {
    #[serde(default)]
    csrf: String,
}

/// `POST /_refractory/setup/{slug}`: exchanges the ticket for a pass to Foundry's setup.
pub(crate) async fn enter(
    request: HttpRequest,
    shared: web::Data<Shared>,
    slug: web::Path<String>,
    form: Result<web::Form<EnterForm>, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let form = form.map_err(|error| unreadable_form(&error))?;
    let Some(home) = Home::of(&shared, &request, &slug) else {
        return Ok(statics::nothing_here(&shared, &request));
    };
    let mut tickets = tickets_shown(&request, &shared);
    tickets.retain(|ticket| csrf::is_good(ticket, &form.csrf));
    let Some(ticket) = tickets.first().filter(|_| shared.edge.is_same_origin(&request)) else {
        return home.stale(&shared);
    };
    let address = address_of(&request, &shared);
    let entered = match shared.refractory.enter_setup(ticket, &home.id, &home.host, address).await {
        Ok(Some(entered)) => entered,
        Ok(None) => return home.stale(&shared),
        Err(error) => {
            let problem = Problem::from(error);
            let mut answer = home.answer(&shared, problem.status(), "", Err(problem.sentence()))?;
            forget_ticket(&shared, &mut answer);
            return Ok(answer);
        }
    };
    let (https, by_path) = (shared.https(), shared.refractory.addressing().by_path);
    let under = by_path.then_some(home.slug.as_str());
    let lasts = i64::try_from(entered.lasts.as_secs()).unwrap_or(0);
    let pass = entered.pass.expose().to_owned();
    Ok(to_setup(under.unwrap_or_default())
        .cookie(cookie::drop(cookie::TICKET, https))
        .cookie(cookie::keep_strict(cookie::FOUNDRY_SETUP, pass, lasts, https))
        .cookie(session_cookie(entered.session.expose(), under, https))
        .finish())
}
