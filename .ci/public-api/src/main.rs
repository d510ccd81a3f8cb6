//! Lists the public API of a crate, a line for each item, from the JSON that rustdoc wrote of it.
use std::error::Error;
use std::io::Write;

/// Modules that a reader knows without being told: `Option` is `core::option::Option`. The crate's own comes first, because its name ends like another's.
const KNOWN: [&str; 25] = [
    "refractory_core::",
    "alloc::borrow::",
    "alloc::boxed::",
    "alloc::collections::btree::map::",
    "alloc::collections::btree::set::",
    "alloc::string::",
    "alloc::sync::",
    "alloc::vec::",
    "core::clone::",
    "core::cmp::",
    "core::convert::",
    "core::default::",
    "core::error::",
    "core::fmt::",
    "core::future::future::",
    "core::hash::",
    "core::iter::traits::iterator::",
    "core::marker::",
    "core::ops::function::",
    "core::option::",
    "core::pin::",
    "core::result::",
    "core::str::traits::",
    "core::time::",
    "std::path::",
];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("the path of rustdoc's JSON is missing")?;
    // What `derive` and the compiler implement follows from the item itself.
    let api = public_api::Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    let mut out = std::io::stdout().lock();
    for item in api.items() {
        writeln!(out, "{}", readable(&item.to_string()))?;
    }
    Ok(())
}

/// The item without paths that are known, and with `async fn` where a macro wrote a boxed future.
fn readable(item: &str) -> String {
    let short = KNOWN.iter().fold(item.to_owned(), |item, known| item.replace(known, ""));
    unboxed(&short).unwrap_or(short)
}

/// What `async_trait` made of a method, as it was before.
fn unboxed(item: &str) -> Option<String> {
    let (head, rest) = item.split_once("(&'life0 ")?;
    let (head, _) = head.split_once("<'life0")?;
    let (arguments, rest) = rest.split_once(" -> Pin<Box<(dyn Future<Output = ")?;
    let (output, bounds) = rest.rsplit_once("> + Send + 'async_trait)>>")?;
    let mut arguments = format!("(&{arguments}");
    for number in 0..10 {
        arguments = arguments.replace(&format!("'life{number} "), "");
    }
    let kept = bounds
        .trim_start_matches(" where ")
        .split(", ")
        .filter(|bound| !bound.ends_with("'async_trait"));
    let kept = kept.collect::<Vec<_>>().join(", ");
    let bounds = if kept.is_empty() { kept } else { format!(" where {kept}") };
    let head = head.replacen("fn ", "async fn ", 1);
    Some(format!("{head}{arguments} -> {output}{bounds}"))
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn a_method_of_a_port_is_listed_as_it_was_written() {
        let item = "pub fn it::Vault::remove<'life0, 'life1, 'async_trait>(&'life0 self, &'life1 it::Name) -> core::pin::Pin<alloc::boxed::Box<(dyn core::future::future::Future<Output = it::Result<core::option::Option<it::Name>>> + core::marker::Send + 'async_trait)>> where Self: 'async_trait, 'life0: 'async_trait, 'life1: 'async_trait";
        let listed =
            "pub async fn it::Vault::remove(&self, &it::Name) -> it::Result<Option<it::Name>>";
        assert_eq!(readable(item), listed);
    }

    #[test]
    fn everything_else_only_loses_known_paths() {
        let item = "pub fn it::Page::after(self, core::option::Option<it::Cursor>) -> Self";
        assert_eq!(readable(item), "pub fn it::Page::after(self, Option<it::Cursor>) -> Self");
    }
}
