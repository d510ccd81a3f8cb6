//! One user of a world.
use serde_json::{Map, Value, json};

use crate::foundry::hash::{password_hash, random_document_id, random_hex};

/// The role of a game master.
pub(crate) const GAMEMASTER: u64 = 4;

const COLORS: [&str; 8] =
    ["#cc2936", "#2f6690", "#3a7d44", "#b5651d", "#7b4b94", "#00798c", "#d17a22", "#5c677d"];

/// A user document, with all its fields, known or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User(Map<String, Value>);

impl User {
    /// A new user; `fields` may carry a password in clear, which is stored hashed.
    pub(crate) fn create(fields: Map<String, Value>) -> Result<Self, String> {
        let Value::Object(mut user) = json!({
            "_id": random_document_id(), "name": "", "role": 1, "password": "", "passwordSalt": "",
            "avatar": null, "character": null, "pronouns": "", "hotbar": {}, "permissions": {},
            "flags": {}, "_stats": {},
        }) else {
            return Err("a user is an object".into());
        };
        user.extend(fields.into_iter().filter(|(field, _)| field != "_id"));
        let mut user = Self(user);
        let color = COLORS[user.id().bytes().map(usize::from).sum::<usize>() % COLORS.len()];
        user.0.entry("color").or_insert_with(|| color.into());
        let password = user.text("password").to_owned();
        user.set_password(&password);
        if user.name().trim().is_empty() {
            Err("User name may not be empty".into())
        } else {
            Ok(user)
        }
    }

    /// A document read from a database.
    pub(crate) fn stored(document: Value) -> Option<Self> {
        let Value::Object(fields) = document else { return None };
        fields.get("_id").is_some_and(Value::is_string).then_some(Self(fields))
    }

    /// Changes fields; a password among them is stored hashed.
    pub(crate) fn update(&mut self, mut changes: Map<String, Value>) {
        changes.remove("_id");
        let password = changes.remove("password");
        self.0.extend(changes);
        if let Some(password) = password {
            self.set_password(password.as_str().unwrap_or_default());
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.text("_id")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    pub(crate) fn role(&self) -> u64 {
        self.0.get("role").and_then(Value::as_u64).unwrap_or_default()
    }

    /// Whether `password` opens this seat; a user without one takes only the empty one.
    pub(crate) fn accepts(&self, password: &str) -> bool {
        let (stored, salt) = (self.text("password"), self.text("passwordSalt"));
        if stored.is_empty() {
            password.is_empty()
        } else {
            stored == password_hash(password, salt)
        }
    }

    /// Forgets the password.
    pub(crate) fn clear_password(&mut self) {
        self.set_password("");
    }

    /// The document as the database keeps it.
    pub(crate) fn document(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// The document as a client sees it.
    pub(crate) fn shown(&self) -> Value {
        let mut shown = self.0.clone();
        shown.remove("password");
        shown.remove("passwordSalt");
        Value::Object(shown)
    }

    fn set_password(&mut self, password: &str) {
        let (hash, salt) = if password.is_empty() {
            (String::new(), String::new())
        } else {
            let salt = random_hex(64);
            (password_hash(password, &salt), salt)
        };
        self.0.insert("password".into(), hash.into());
        self.0.insert("passwordSalt".into(), salt.into());
    }

    fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}
