//! The page at a table's own address while there is no game to show.
use std::sync::Arc;

use actix_web::HttpRequest;
use refractory_core::Addressing;
use refractory_core::model::{Health, Phase, Step};
use serde::Serialize;

use crate::proxy::{Access, Notice, Pages, Route};
use crate::statics::{self, OWN};
use crate::templates::{Templates, page};
use crate::view::{Rung, rungs};

/// How a table stands, as its players are told. Reasons and other tables' names stay in the portal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Door {
    /// `off`, `starting`, `on`, `stopping`, `attention` or `closed`.
    pub(crate) state: &'static str,
    pub(crate) title: String,
    pub(crate) headline: String,
    pub(crate) sentence: String,
    pub(crate) percent: Option<u8>,
    pub(crate) rungs: Vec<Rung>,
    /// Where whoever may start it can.
    pub(crate) portal: Option<String>,
    pub(crate) id: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct WaitingPage {
    pub(crate) door: Door,
    pub(crate) css: String,
    pub(crate) js: String,
    pub(crate) icon: String,
    pub(crate) live: Option<String>,
    pub(crate) refresh: Option<u64>,
}

/// The part of the page that changes by itself.
#[derive(Debug, Serialize)]
pub(crate) struct DoorPart {
    pub(crate) door: Door,
}

page! {
    WaitingPage => "waiting.html";
    DoorPart => "door.html";
}

impl Door {
    /// How `route` stands.
    pub(crate) fn of(route: &Route, at: &Addressing) -> Self {
        let title = route.title.clone();
        let (state, headline, sentence) = words(route);
        let startable = matches!(state, "off" | "attention");
        let starting = matches!(route.phase, Phase::Starting(_));
        Self {
            state,
            headline: headline.replace("{}", &title),
            title,
            sentence,
            percent: route.progress.as_ref().and_then(|told| told.percent).filter(|_| starting),
            rungs: rungs(&route.phase),
            portal: startable.then(|| format!("{}/tables/{}", at.portal_url(), route.slug)),
            id: None,
        }
    }

    fn plain(state: &'static str, headline: &str, sentence: String) -> Self {
        Self {
            state,
            title: headline.to_owned(),
            headline: headline.to_owned(),
            sentence,
            percent: None,
            rungs: Vec::new(),
            portal: None,
            id: None,
        }
    }
}

fn words(route: &Route) -> (&'static str, &'static str, String) {
    let took = route.last_start.map(std::time::Duration::from_millis).map(crate::words::length);
    match (&route.phase, route.health) {
        (Phase::Off | Phase::Stopping(_), Health::NeedsAttention) => (
            "attention",
            "{} could not start",
            "Its game master can see the reason in the portal and try again.".to_owned(),
        ),
        (Phase::Off, _) => (
            "off",
            "{} is off",
            match took {
                Some(took) => format!("Its game master can start it. The last start took {took}."),
                None => "Its game master can start it.".to_owned(),
            },
        ),
        (Phase::Starting(step), _) => (
            "starting",
            "{} is starting",
            match took {
                Some(took) => format!("{}. The last start took {took}.", doing(*step)),
                None => format!("{}. The table opens here when it is ready.", doing(*step)),
            },
        ),
        (Phase::On(_), _) => ("on", "{} is ready", "The table opens now.".to_owned()),
        (Phase::Stopping(_), _) => {
            ("stopping", "{} is stopping", "Its world is being closed safely.".to_owned())
        }
    }
}

fn doing(step: Step) -> &'static str {
    match step {
        Step::License => "It is waiting for a free license",
        Step::Volume | Step::Assets => "Its data is being prepared",
        Step::Runtime => "Foundry is starting",
        Step::World => "The world is being opened",
        Step::Name => "It is being made reachable",
    }
}

/// The edge's pages, in the look of the portal.
#[derive(Debug)]
pub(crate) struct WaitingPages {
    pub(crate) templates: Arc<Templates>,
    pub(crate) at: Addressing,
}

impl WaitingPages {
    fn door(&self, notice: &Notice<'_>, access: Access) -> Door {
        let plain = |headline| Door::plain("closed", headline, notice.sentence());
        match notice {
            Notice::Waiting(route) => {
                let mut door = Door::of(route, &self.at);
                if access == Access::Player {
                    door.portal = None;
                }
                door
            }
            Notice::HandOver(_) => plain("Handing over its license"),
            Notice::Closed(_) => plain("Setup is closed"),
            Notice::Full(_) => plain("Too many connections"),
            Notice::Failed { id, .. } => {
                Door { id: Some((*id).to_owned()), ..plain("The table isn't responding") }
            }
            Notice::Refused { .. } | Notice::Method { .. } => plain("Request failed"),
            Notice::Damaged => plain("This table's record is damaged"),
            Notice::Unknown => plain("No table at this address"),
        }
    }
}

impl Pages for WaitingPages {
    fn html(&self, notice: &Notice<'_>, _: &HttpRequest, access: Access) -> String {
        let live = if let Notice::Waiting(route) = notice {
            Some(format!("{OWN}/waiting/{}", route.slug))
        } else {
            None
        };
        let page = WaitingPage {
            door: self.door(notice, access),
            css: statics::url("portal.css"),
            js: statics::url("portal.js"),
            icon: statics::url("icon.svg"),
            live,
            refresh: notice.retry_after().map(|wait| wait.as_secs().max(1)),
        };
        // A template that fails is logged where it fails; the sentence is still the truth.
        self.templates.html(&page).unwrap_or_else(|problem| problem.sentence().to_owned())
    }
}
