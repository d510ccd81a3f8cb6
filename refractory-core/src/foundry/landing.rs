//! Where `GET /` leads: the state of a program in one word.

/// The state of a program, as one visitor meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// It wants a license key, or the agreement accepted.
    License,
    /// No world is open, and this visitor is not its administrator.
    Auth,
    /// No world is open, and this visitor may set it up.
    Setup,
    /// A world is open.
    World,
}

/// What the license page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicensePage {
    /// The key.
    Key,
    /// The agreement: there is a key, but no signature that holds on this machine.
    Agreement,
}

/// The state that the last part of the path of a redirect from `/` tells of; none for a page not known here.
pub fn classify(leads_to: &str) -> Option<Landing> {
    match leads_to {
        "license" => Some(Landing::License),
        "auth" => Some(Landing::Auth),
        "setup" => Some(Landing::Setup),
        "join" | "game" | "players" | "stream" => Some(Landing::World),
        _ => None,
    }
}

/// What the license page `html` asks for.
pub fn license_page(html: &str) -> LicensePage {
    if html.contains("license-key") { LicensePage::Key } else { LicensePage::Agreement }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_known_by_where_it_leads() {
        for (page, state) in [
            ("license", Some(Landing::License)),
            ("auth", Some(Landing::Auth)),
            ("setup", Some(Landing::Setup)),
            ("join", Some(Landing::World)),
            ("game", Some(Landing::World)),
            ("update", None),
        ] {
            assert_eq!(classify(page), state, "{page}");
        }
    }

    #[test]
    fn the_license_page_is_known_by_its_form() {
        assert_eq!(license_page(r#"<form id="license-key">"#), LicensePage::Key);
        assert_eq!(license_page(r#"<form id="eula">"#), LicensePage::Agreement);
    }
}
