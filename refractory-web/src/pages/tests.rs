//! Every page with every sample, and every name in every template.
use std::collections::BTreeSet;

use serde_json::Value;

use super::samples::{Sample, samples};
use crate::templates::{FILES, Templates};

#[test]
fn every_page_is_rendered_with_every_sample() {
    for sample in samples() {
        let name = format!("{}-{}", sample.template.trim_end_matches(".html"), sample.name);
        insta::assert_snapshot!(name, sample.html);
    }
}

/// A name that is undefined in `{{ }}` fails; in `{% if %}` it reads as false and hides what it guards.
#[test]
fn every_name_in_a_template_is_in_every_sample() {
    let templates = Templates::new().unwrap();
    for sample in samples() {
        let keys: BTreeSet<_> = sample.context.as_object().unwrap().keys().cloned().collect();
        for name in templates.names_in(sample.template) {
            let is_made_here = sample.template == "tables.html"
                && ["table", "csrf", "back"].contains(&name.as_str());
            let is_made_here = is_made_here || (sample.template == "table.html" && name == "csrf");
            assert!(keys.contains(&name) || is_made_here, "{}: `{name}`", sample.template);
        }
    }
}

/// Paths such as `chrome.viewer.creates` are checked as deep as some sample goes.
#[test]
fn every_path_in_a_template_leads_somewhere() {
    let all = samples();
    for (template, text) in FILES {
        for path in paths(text) {
            let known = |sample: &&Sample| sample.context.get(path[0]).is_some();
            let leads = |sample: &Sample| leads_somewhere(&sample.context, &path);
            let mut knowing = all.iter().filter(known).peekable();
            if knowing.peek().is_some() {
                assert!(knowing.any(leads), "{template}: `{}`", path.join("."));
            }
        }
    }
}

fn leads_somewhere(context: &Value, path: &[&str]) -> bool {
    path.iter().try_fold(context, |value, key| value.get(key)).is_some()
}

/// Dotted names inside `{{ }}` and `{% %}`.
fn paths(text: &str) -> BTreeSet<Vec<&str>> {
    let code = text.split("{%").skip(1).filter_map(|rest| rest.split("%}").next());
    let shown = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    let word = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let dotted =
        |word: &&str| word.contains('.') && word.starts_with(|c: char| c.is_ascii_lowercase());
    code.chain(shown)
        .flat_map(|code| code.split('"').step_by(2))
        .flat_map(|code| code.split(word))
        .filter(dotted)
        .map(|path| path.split('.').collect())
        .collect()
}

#[test]
fn every_template_is_given_something() {
    let given: BTreeSet<_> = samples().into_iter().map(|sample| sample.template).collect();
    for (template, _) in FILES {
        let is_part = ["parts.html", "base.html"].contains(&template);
        assert!(is_part || given.contains(template), "{template} has no sample");
    }
}
