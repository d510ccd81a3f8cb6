//! What is shown in Discord, as values.
pub(crate) mod fitted;
mod json;

use crate::action::Action;
use crate::limits;
use crate::text::label;

/// A message. It mentions no one, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    pub(crate) content: String,
    pub(crate) embeds: Vec<Embed>,
    pub(crate) rows: Vec<Row>,
}

/// A framed part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Embed {
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) color: Option<Color>,
    pub(crate) fields: Vec<Field>,
    pub(crate) footer: String,
}

/// A labeled part of an embed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) inline: bool,
}

/// What the color of an embed says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Nothing runs, or nothing in particular.
    Neutral,
    /// Something is under way.
    Busy,
    /// All is well.
    Good,
    /// Something is wrong.
    Bad,
}

impl Color {
    fn rgb(self) -> u32 {
        match self {
            Self::Neutral => 0x6b_72_80,
            Self::Busy => 0xd9_77_06,
            Self::Good => 0x16_a3_4a,
            Self::Bad => 0xdc_26_26,
        }
    }
}

/// A row of what can be pressed or chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Up to five buttons.
    Buttons(Vec<Button>),
    /// One menu.
    Menu(Menu),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    pub(crate) label: String,
    pub(crate) does: Press,
    pub(crate) disabled: bool,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Press {
    /// Asks the bot for something, in this style.
    Ask(Action, Style),
    /// Opens a page in the browser.
    Open(String),
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// What is usually done here.
    Primary,
    /// Everything else.
    Secondary,
    /// What gets something going.
    Success,
    /// What ends something.
    Danger,
}

impl Style {
    fn number(self) -> u8 {
        match self {
            Self::Primary => 1,
            Self::Secondary => 2,
            Self::Success => 3,
            Self::Danger => 4,
        }
    }
}

/// A menu of which one is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    pub(crate) does: Action,
    pub(crate) placeholder: String,
    pub(crate) choices: Vec<Choice>,
}

/// A choice of a menu, or one that is offered while a user types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is shown.
    pub name: String,
    /// What the bot is sent.
    pub value: String,
}

/// A form that opens above the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modal {
    pub(crate) does: Action,
    pub(crate) title: String,
    pub(crate) input: Input,
}

/// The text field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub(crate) label: String,
    pub(crate) placeholder: String,
    pub(crate) longest: u16,
}

/// The name of the only field of a form.
pub(crate) const INPUT: &str = "text";

impl Message {
    /// One embed with a title and a text of the bot's own words.
    pub(crate) fn note(color: Color, title: &str, text: impl Into<String>) -> Self {
        let embed = Embed {
            title: title.to_owned(),
            description: text.into(),
            color: Some(color),
            ..Embed::default()
        };
        Self { embeds: vec![embed], ..Self::default() }
    }

    /// The same with a row of buttons, where there is any.
    #[must_use]
    pub(crate) fn buttons(mut self, buttons: Vec<Button>) -> Self {
        if !buttons.is_empty() {
            self.rows.push(Row::Buttons(buttons));
        }
        self
    }

    /// The same with a menu.
    #[must_use]
    pub(crate) fn menu(mut self, menu: Menu) -> Self {
        self.rows.push(Row::Menu(menu));
        self
    }
}

impl Embed {
    /// Adds a field with a value that may have markdown.
    pub(crate) fn push(&mut self, name: &str, value: String, inline: bool) {
        if !value.is_empty() {
            self.fields.push(Field { name: name.to_owned(), value, inline });
        }
    }
}

impl Button {
    /// A button that asks the bot for something.
    pub(crate) fn ask(text: &str, action: Action, style: Style) -> Self {
        Self { label: text.to_owned(), does: Press::Ask(action, style), disabled: false }
    }

    /// A button that opens a page.
    pub(crate) fn open(text: &str, url: impl Into<String>) -> Self {
        Self { label: text.to_owned(), does: Press::Open(url.into()), disabled: false }
    }
}

impl Choice {
    /// A choice with a user's words as its name.
    pub(crate) fn new(name: &str, value: &str) -> Self {
        Self { name: label(name, limits::CHOICE), value: value.to_owned() }
    }
}
