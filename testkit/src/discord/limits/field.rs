//! What is common to fields of all forms.
use serde_json::Value;

use crate::discord::error::FieldErrors;

/// What is wrong with the fields below one path.
pub(super) struct Fields<'a> {
    pub(super) value: &'a Value,
    pub(super) path: String,
}

impl<'a> Fields<'a> {
    pub(super) fn at(value: &'a Value, path: impl Into<String>) -> Self {
        Self { value, path: path.into() }
    }

    /// The path of `name`.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The value of `name`, where it is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.value.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn list(&self, name: &str) -> &'a [Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A text of `least` to `most` characters that may be missing.
    pub(super) fn length(&self, errors: &mut FieldErrors, name: &str, least: usize, most: usize) {
        let Some(value) = self.get(name) else { return };
        let path = self.path(name);
        let Some(text) = value.as_str() else {
            // Numbers become texts, as they do on Discord.
            if !value.is_number() {
                errors.add(
                    &path,
                    "STRING_TYPE_CONVERT",
                    &format!("Could not interpret \"{value}\" as string."),
                );
            }
            return;
        };
        let length = text.chars().count();
        if length >= least && length <= most {
            return;
        }
        if length == 0 {
            errors.required(&path);
        } else if least > 1 {
            let words = format!("Must be between {least} and {most} in length.");
            errors.add(&path, "BASE_TYPE_BAD_LENGTH", &words);
        } else {
            errors.add(
                &path,
                "BASE_TYPE_MAX_LENGTH",
                &format!("Must be {most} or fewer in length."),
            );
        }
    }

    /// A text of 1 to `most` characters that has to be there.
    pub(super) fn required(&self, errors: &mut FieldErrors, name: &str, most: usize) {
        if self.get(name).is_some() {
            self.length(errors, name, 1, most);
        } else {
            errors.required(&self.path(name));
        }
    }

    /// A list with so many entries.
    pub(super) fn count(&self, errors: &mut FieldErrors, name: &str, least: usize, most: usize) {
        let Some(value) = self.get(name) else {
            if least > 0 {
                errors.required(&self.path(name));
            }
            return;
        };
        let path = self.path(name);
        let Some(list) = value.as_array() else {
            errors.add(&path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
            return;
        };
        if list.len() < least || list.len() > most {
            let words = format!("Must be between {least} and {most} in length.");
            errors.add(&path, "BASE_TYPE_BAD_LENGTH", &words);
        }
    }

    /// A whole number within bounds that may be missing.
    pub(super) fn number(&self, errors: &mut FieldErrors, name: &str, least: i64, most: i64) {
        let Some(value) = self.get(name) else { return };
        let path = self.path(name);
        match value.as_i64() {
            None => {
                let words = format!("Value \"{value}\" is not int.");
                errors.add(&path, "NUMBER_TYPE_COERCE", &words);
            }
            Some(number) if number < least => {
                let words = format!("int value should be greater than or equal to {least}.");
                errors.add(&path, "NUMBER_TYPE_MIN", &words);
            }
            Some(number) if number > most => {
                let words = format!("int value should be less than or equal to {most}.");
                errors.add(&path, "NUMBER_TYPE_MAX", &words);
            }
            Some(_) => {}
        }
    }

    /// An address with one of Discord's schemes that may be missing.
    pub(super) fn url(&self, errors: &mut FieldErrors, name: &str, schemes: &[&str]) {
        let Some(value) = self.get(name) else { return };
        let path = self.path(name);
        self.length(errors, name, 1, 2048);
        let Some(url) = value.as_str().and_then(|text| url::Url::parse(text).ok()) else {
            errors.add(&path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
            return;
        };
        if !schemes.contains(&url.scheme()) {
            let allowed = schemes.iter().map(|scheme| format!("'{scheme}'")).collect::<Vec<_>>();
            let words = format!(
                "Scheme \"{}\" is not supported. Scheme must be one of ({}).",
                url.scheme(),
                allowed.join(", ")
            );
            errors.add(&path, "URL_TYPE_INVALID_SCHEME", &words);
        }
    }
}
