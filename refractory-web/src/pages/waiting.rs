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
        (Phase::Off, Health::NeedsAttention) => (
            "attention",
            "{} could not start",
            "Whoever runs this table can see why in the portal, and try again.".to_owned(),
        ),
        (Phase::Off, _) => (
            "off",
            "{} is asleep",
            match took {
                Some(took) => format!("Its game master can wake it. Last time that took {took}."),
                None => "Its game master can wake it.".to_owned(),
            },
        ),
        (Phase::Starting(step), _) => (
            "starting",
            "{} is waking up",
            match took {
                Some(took) => format!("{}. Last time the whole start took {took}.", doing(*step)),
                None => format!("{}. This page opens the table when it is ready.", doing(*step)),
            },
        ),
        (Phase::On(_), _) => ("on", "{} is ready", "Opening the table.".to_owned()),
        (Phase::Stopping(_), _) => (
            "stopping",
            "{} is going to sleep",
            "Its world is being closed, so that nothing is lost.".to_owned(),
        ),
    }
}

fn doing(step: Step) -> &'static str {
    match step {
        Step::License => "It waits for a free licence",
        Step::Volume | Step::Assets => "Its data is being prepared",
        Step::Runtime => "Foundry is starting",
        Step::World => "The world is being opened",
        Step::Name => "The door is being opened",
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
            Notice::HandOver(_) => plain("Making room"),
            Notice::Closed(_) => plain("This door is closed"),
            Notice::Full(_) => plain("The table is full"),
            Notice::Failed { id, .. } => {
                Door { id: Some((*id).to_owned()), ..plain("The table does not answer") }
            }
            Notice::Refused { .. } => plain("That did not work"),
            Notice::Unknown => plain("No table here"),
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
