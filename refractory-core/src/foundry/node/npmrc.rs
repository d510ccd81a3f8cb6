//! The one line of an `.npmrc` that matters here.

/// The registry that the text of an `.npmrc` names, if it names one.
pub fn registry_in(npmrc: &str) -> Option<String> {
    let value = npmrc.lines().rev().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "registry").then(|| value.trim().trim_matches(['"', '\'']))
    })?;
    value.starts_with("http").then(|| value.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_registry_counts_and_scopes_do_not() {
        let text = "; mine\n#registry=http://no\nregistry=http://a/\n@x:registry=http://b/\nregistry = \"https://c/npm/\"\n";
        assert_eq!(registry_in(text).as_deref(), Some("https://c/npm"));
        assert_eq!(registry_in("registry=${NPM}\n"), None);
        assert_eq!(registry_in(""), None);
    }
}
