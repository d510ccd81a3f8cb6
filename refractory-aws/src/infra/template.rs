//! The template, with the policies that are made from one table in code.
use serde_json::Value;

use super::policy::{self, PolicyScope};

/// What CloudFormation takes in a request.
#[cfg(test)]
const LONGEST: usize = 51_200;
const TEXT: &str = include_str!("template.yaml");

/// What a policy that is put in begins with, in the text.
const MARK: &str = "\"policy: ";

/// The whole template, as CloudFormation is given it.
pub fn full_template() -> String {
    with_policies(TEXT.to_owned())
}

fn with_policies(mut text: String) -> String {
    for (name, document) in policy::in_template(&PolicyScope::of_template()) {
        let mark = format!("{MARK}{name}\"");
        text = text.replace(&mark, &substituted(document).to_string());
    }
    text
}

/// A template with the data of `kept` alone, each named as in the whole one: what is adopted is all that an adopting stack
/// may hold, and it may have no outputs.
pub(super) fn import_template(kept: &[&str]) -> String {
    let head = TEXT.split("\nResources:\n").next().unwrap_or_default();
    let blocks = kept.iter().filter_map(|name| data_block(name));
    with_policies(format!("{head}\nResources:\n{}", blocks.collect::<String>()))
}

/// What stands between the marks of one piece of data.
fn data_block(name: &str) -> Option<&'static str> {
    let (_, rest) = TEXT.split_once(&format!("  # {{{name}\n"))?;
    Some(rest.split_once(&format!("  # {name}}}\n"))?.0)
}

/// The names of the template's parameters.
pub(super) fn parameters() -> impl Iterator<Item = &'static str> {
    let section = TEXT.split("\nConditions:\n").next().unwrap_or_default();
    let section = section.split("\nParameters:\n").nth(1).unwrap_or_default();
    section.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.strip_suffix(':')?;
        (!name.starts_with(' ')).then_some(name)
    })
}

/// The document with every string that names something of the stack left to CloudFormation.
fn substituted(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("${") => serde_json::json!({ "Fn::Sub": text }),
        Value::Array(all) => Value::Array(all.into_iter().map(substituted).collect()),
        Value::Object(all) => {
            all.into_iter().map(|(key, value)| (key, substituted(value))).collect()
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

#[cfg(test)]
mod tests;
