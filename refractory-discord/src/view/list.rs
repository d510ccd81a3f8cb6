//! Lists of tables, a page at a time.
use refractory_core::model::{Instance, Principal, Role};
use refractory_core::words::{English, Words as _};
use refractory_core::{Cursor, InstanceId};
use std::collections::BTreeMap;

use super::mark;
use crate::action::{Action, TableVerb};
use crate::limits::CUSTOM_ID;
use crate::message::{Button, Choice, Color, Menu, Message, Style};
use crate::text::line;

/// The most tables on one page.
pub(crate) const PAGE: usize = 10;

/// The tables that a user sees: `tables` on this page, each with its address.
pub(crate) fn dashboard(
    who: &Principal,
    tables: &[(Instance, String)],
    is_first: bool,
    next: Option<Cursor>,
) -> Message {
    if tables.is_empty() {
        return empty(who, is_first);
    }
    let row = |(table, url): &(Instance, String)| {
        let state = table.state();
        format!("{} **{}**: {}\n<{url}>", mark(state), line(table.title()), English.state(state))
    };
    let text = tables.iter().map(row).collect::<Vec<_>>().join("\n");
    let message = Message::note(Color::Neutral, "Your tables", text);
    let message = message.menu(menu(
        "Show a table",
        TableVerb::Status,
        tables.iter().map(|(table, _)| table),
    ));
    message.buttons(pages(Action::Dashboard, is_first, next))
}

fn empty(who: &Principal, is_first: bool) -> Message {
    let text = match (is_first, who.role()) {
        (false, _) => "There are no more tables.",
        (true, Role::Player) => {
            "You see no table yet. A game master gives you access to one, and it appears here."
        }
        (true, Role::GameMaster | Role::Admin) => {
            "There is no table yet. Create one in the portal, and it appears here."
        }
    };
    Message::note(Color::Neutral, "Your tables", text).buttons(pages(
        Action::Dashboard,
        is_first,
        None,
    ))
}

/// Every instance, with its owner.
pub(crate) fn instances(
    tables: &[Instance],
    owners: &BTreeMap<InstanceId, String>,
    is_first: bool,
    next: Option<Cursor>,
) -> Message {
    let row = |table: &Instance| {
        let state = table.state();
        let owner = owners.get(&table.id).map_or("no owner".to_owned(), |name| line(name));
        format!(
            "{} **{}** (`{}`), {owner}: {}",
            mark(state),
            line(table.title()),
            table.slug,
            English.state(state)
        )
    };
    let text = tables.iter().map(row).collect::<Vec<_>>().join("\n");
    let text = if text.is_empty() { "There is no table.".to_owned() } else { text };
    let mut message = Message::note(Color::Neutral, "All tables", text);
    if !tables.is_empty() {
        message = message.menu(menu("Show a table", TableVerb::Status, tables));
    }
    message.buttons(pages(Action::Instances, is_first, next))
}

/// Asks which table is meant.
pub(crate) fn choose(verb: TableVerb, tables: &[Instance], is_whole: bool) -> Message {
    let more = if is_whole {
        ""
    } else {
        " There are more: name the table in the command to use another."
    };
    let text = format!("You can see several tables. Choose one.{more}");
    Message::note(Color::Neutral, "Which table?", text).menu(menu("Choose a table", verb, tables))
}

fn menu<'a>(
    placeholder: &str,
    verb: TableVerb,
    tables: impl IntoIterator<Item = &'a Instance>,
) -> Menu {
    let choices = tables.into_iter().map(|table| Choice::new(table.title(), table.id.as_str()));
    Menu {
        does: Action::Choose(verb),
        placeholder: placeholder.to_owned(),
        choices: choices.collect(),
    }
}

fn pages(page: fn(Option<Cursor>) -> Action, is_first: bool, next: Option<Cursor>) -> Vec<Button> {
    let mut row = Vec::new();
    if !is_first {
        row.push(Button::ask("First page", page(None), Style::Secondary));
    }
    // A name of the longest kind does not fit; the rest of the list is in the portal then.
    let next = next.map(|next| page(Some(next))).filter(|next| next.to_string().len() <= CUSTOM_ID);
    row.extend(next.map(|next| Button::ask("Next page", next, Style::Secondary)));
    row
}
