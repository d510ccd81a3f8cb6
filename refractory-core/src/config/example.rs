//! The example file, generated from the types.
use super::schema::Known;
use super::settings::toml_of;
use super::{Doc, Schema};

const HEAD: &str = "\
# Every configuration key with its default. All are optional: an empty file, or none, is a valid configuration.
# A variable sets the same keys: REFRACTORY__WEB__LISTEN is `listen` in `[web]`. Flags come last.
";

impl Schema {
    /// A file with every key, its sentence and its default, all commented out.
    pub fn example(&self) -> String {
        let sections = self.sections.iter().map(|known| {
            let entries: String = known.keys.iter().map(|doc| entry(known, doc)).collect();
            format!("\n# {}\n[{}]\n{entries}", known.about, known.name)
        });
        std::iter::once(HEAD.to_owned()).chain(sections).collect()
    }
}

fn entry(known: &Known, doc: &Doc) -> String {
    let defaults = figment::value::Value::from((known.defaults)());
    let default = defaults.find_ref(doc.key).map(toml_of);
    let value = default.unwrap_or_else(|| doc.example.to_owned());
    let more = if doc.secret {
        format!(" Or `{}_file`, the path of a file that holds it.", doc.key)
    } else {
        String::new()
    };
    format!("# {}{more}\n# {} = {value}\n", doc.sentence, doc.key)
}
