//! Names of entries: checked, and as they were before somebody unpacked a release and packed it anew.
use super::Refusal;
use super::refusal::shown;

/// What systems put beside files when a folder is packed.
const EXTRAS: [&str; 4] = [".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"];

/// The name of an entry without its last slash, where it is one that can only mean one place inside.
/// None for the folder that everything is in.
///
/// Some programs begin every name with `./`, and some of Windows' separate folders with `\`.
pub(super) fn checked_name(raw: &str) -> Result<Option<String>, Refusal> {
    let name = raw.replace('\\', "/");
    let mut name = name.as_str();
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    let name = name.strip_suffix('/').unwrap_or(name);
    if matches!(raw, "." | "./" | ".\\") {
        return Ok(None);
    }
    let plain = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= 255;
    let drive = name.as_bytes().get(1) == Some(&b':');
    if drive || name.starts_with('/') || name.split('/').any(|part| part == "..") {
        return Err(Refusal::Escapes(shown(raw)));
    }
    if name.chars().any(char::is_control) || name.len() > 1024 || !name.split('/').all(plain) {
        return Err(Refusal::Odd(shown(raw)));
    }
    Ok(Some(name.to_owned()))
}

/// Whether `name` is something that a system added, and that no release needs.
pub(super) fn is_extra(name: &str) -> bool {
    name.split('/').any(|part| EXTRAS.contains(&part) || part.starts_with("._"))
}

/// The folders that `name` lies in, outermost first.
pub(super) fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BACKSLASH: char = '\\';

    #[test]
    fn names_of_other_packers_are_put_back() {
        for (raw, name) in [
            ("main.js", "main.js"),
            ("public/", "public"),
            ("./main.js", "main.js"),
            ("././public/x.js", "public/x.js"),
            ("resources\\app\\main.js", "resources/app/main.js"),
            ("public\\", "public"),
        ] {
            assert_eq!(checked_name(raw).unwrap().as_deref(), Some(name), "{raw}");
        }
        for raw in ["./", ".", ".\\"] {
            assert_eq!(checked_name(raw), Ok(None));
        }
    }

    #[test]
    fn an_odd_name_is_not_called_one_that_leads_outside() {
        let long = format!("public/{}", "n".repeat(256));
        for raw in ["a/./b", "public//index.html", "a\nb", "a\u{1b}b", &long] {
            let refusal = checked_name(raw).unwrap_err();
            assert!(matches!(refusal, Refusal::Odd(_)), "{raw}: {refusal}");
        }
        for raw in ["../x", "a/../x", "..\\x", "/x", "\\x", "C:x", "public//../x"] {
            assert!(matches!(checked_name(raw), Err(Refusal::Escapes(_))), "{raw}");
        }
    }

    #[test]
    fn what_systems_add_is_known() {
        for name in
            ["__MACOSX/._main.js", ".DS_Store", "public/.DS_Store", "._main.js", "a/Thumbs.db"]
        {
            assert!(is_extra(name), "{name}");
        }
        for name in
            ["main.js", "public/scripts/foundry.js", "node_modules/.bin/tool", "_x", ".npmrc"]
        {
            assert!(!is_extra(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_leads_outside(raw in "[./\\\\a-cC:\u{0}\u{1b} ]{0,12}") {
            if let Ok(Some(name)) = checked_name(&raw) {
                prop_assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")));
                prop_assert!(name.chars().all(|c| c != BACKSLASH && !c.is_control()));
                prop_assert_eq!(checked_name(&name), Ok(Some(name.clone())));
            }
        }
    }
}
