//! What Discord answers when it refuses: its codes, and the tree of errors of a form.
use serde_json::{Map, Value, json};

/// A refusal with a fixed code: status, code and message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known(pub(crate) u16, pub(crate) u64, pub(crate) &'static str);

pub(crate) const UNAUTHORIZED: Known = Known(401, 0, "401: Unauthorized");
pub(crate) const NOT_FOUND: Known = Known(404, 0, "404: Not Found");
pub(crate) const METHOD_NOT_ALLOWED: Known = Known(405, 0, "405: Method Not Allowed");
pub(crate) const UNKNOWN_CHANNEL: Known = Known(404, 10003, "Unknown Channel");
pub(crate) const UNKNOWN_GUILD: Known = Known(404, 10004, "Unknown Guild");
pub(crate) const UNKNOWN_MEMBER: Known = Known(404, 10007, "Unknown Member");
pub(crate) const UNKNOWN_MESSAGE: Known = Known(404, 10008, "Unknown Message");
pub(crate) const UNKNOWN_OVERWRITE: Known = Known(404, 10009, "Unknown Overwrite");
pub(crate) const UNKNOWN_ROLE: Known = Known(404, 10011, "Unknown Role");
pub(crate) const UNKNOWN_USER: Known = Known(404, 10013, "Unknown User");
pub(crate) const UNKNOWN_WEBHOOK: Known = Known(404, 10015, "Unknown Webhook");
pub(crate) const UNKNOWN_INTERACTION: Known = Known(404, 10062, "Unknown interaction");
pub(crate) const UNKNOWN_COMMAND: Known = Known(404, 10063, "Unknown application command");
pub(crate) const UNKNOWN_PERMISSIONS: Known =
    Known(404, 10066, "Unknown application command permissions");
pub(crate) const NOT_FOR_BOTS: Known = Known(403, 20001, "Bots cannot use this endpoint");
pub(crate) const TOO_MANY_PINS: Known =
    Known(400, 30003, "Maximum number of pins reached for the channel (50)");
pub(crate) const TOO_MANY_ROLES: Known =
    Known(400, 30005, "Maximum number of guild roles reached (250)");
pub(crate) const TOO_MANY_CHANNELS: Known =
    Known(400, 30013, "Maximum number of server channels reached (500)");
pub(crate) const TOO_MANY_COMMANDS: Known =
    Known(400, 30032, "Maximum number of application commands reached (100).");
pub(crate) const TOO_MANY_COMMAND_CREATES: Known =
    Known(400, 30034, "Max number of daily application command creates has been reached (200)");
pub(crate) const NETWORK_ERROR: Known = Known(403, 40333, "internal network error");
pub(crate) const ALREADY_ACKNOWLEDGED: Known =
    Known(400, 40060, "Interaction has already been acknowledged.");
pub(crate) const MISSING_ACCESS: Known = Known(403, 50001, "Missing Access");
pub(crate) const WRONG_CHANNEL_FOR_DM: Known =
    Known(403, 50003, "Cannot execute action on a DM channel");
pub(crate) const NOT_THE_AUTHOR: Known =
    Known(403, 50005, "Cannot edit a message authored by another user");
pub(crate) const EMPTY_MESSAGE: Known = Known(400, 50006, "Cannot send an empty message");
pub(crate) const DM_REFUSED: Known = Known(403, 50007, "Cannot send messages to this user");
pub(crate) const NO_TEXT_CHANNEL: Known =
    Known(400, 50008, "Cannot send messages in a non-text channel");
pub(crate) const MISSING_PERMISSIONS: Known = Known(403, 50013, "Missing Permissions");
pub(crate) const BAD_BULK_DELETE: Known = Known(
    400,
    50016,
    "Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete",
);
pub(crate) const SYSTEM_MESSAGE: Known =
    Known(403, 50021, "Cannot execute action on a system message");
pub(crate) const WRONG_CHANNEL_TYPE: Known =
    Known(400, 50024, "Cannot execute action on this channel type");
pub(crate) const INVALID_WEBHOOK_TOKEN: Known = Known(401, 50027, "Invalid Webhook Token");
pub(crate) const BAD_JSON: Known = Known(400, 50109, "The request body contains invalid JSON.");
pub(crate) const ARCHIVED_THREAD: Known = Known(400, 50083, "Thread is archived");
pub(crate) const THREAD_EXISTS: Known =
    Known(400, 160_004, "A thread has already been created for this message");
pub(crate) const TOO_MANY_THREADS: Known =
    Known(400, 160_006, "Maximum number of active threads has been reached");

/// A refusal as it is answered.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) errors: Option<Value>,
}

impl From<Known> for ApiError {
    fn from(Known(status, code, message): Known) -> Self {
        Self { status, code, message: message.to_owned(), errors: None }
    }
}

impl ApiError {
    /// 50035 with one error at one field.
    pub(crate) fn field(path: &str, code: &str, message: &str) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(path, code, message);
        errors.refusal()
    }

    pub(crate) fn json(&self) -> Value {
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        body
    }
}

/// What is wrong with a form, at its fields.
#[derive(Debug, Default)]
pub(crate) struct FieldErrors(Map<String, Value>);

impl FieldErrors {
    /// Notes an error at `path`, as `embeds.0.title`.
    pub(crate) fn add(&mut self, path: &str, code: &str, message: &str) {
        let mut at = &mut self.0;
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let next = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(next) = next else { return };
            at = next;
        }
        let list = at.entry("_errors").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(json!({"code": code, "message": message}));
        }
    }

    /// A field that has to be there and is not.
    pub(crate) fn required(&mut self, path: &str) {
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required");
    }

    /// A value that is none of those allowed.
    pub(crate) fn choice(&mut self, path: &str, allowed: &str) {
        self.add(path, "BASE_TYPE_CHOICES", &format!("Value must be one of {{{allowed}}}."));
    }

    /// The refusal, where anything was noted.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.refusal()) }
    }

    fn refusal(self) -> ApiError {
        ApiError {
            status: 400,
            code: 50035,
            message: "Invalid Form Body".to_owned(),
            errors: Some(Value::Object(self.0)),
        }
    }
}
