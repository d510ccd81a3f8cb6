//! Everything that the portal answers to, and what follows from it for the names of tables.
use refractory_core::Addressing;

use crate::config::WebConfig;
use crate::route_table::{RouteTable, first_segments, get, post};
use crate::statics::{self, OWN};
use crate::{api, live, pages, probes};

/// What is the portal's on every host.
pub(crate) fn on_every_host() -> RouteTable {
    let mut table = RouteTable::below(OWN);
    table
        .route("/static/{digest}/{name}", get().to(statics::serve))
        .route("/waiting/{slug}", get().to(live::door))
        .route("/setup/{slug}", get().to(pages::foundry_setup))
        .route("/setup/{slug}", post().to(pages::enter_foundry_setup));
    table
}

/// Every address of the portal with the methods it takes, for whoever writes the rules of a proxy in front.
pub fn routes() -> Vec<(String, Vec<String>)> {
    let tables = [
        probes::everywhere(),
        probes::numbers(),
        on_every_host(),
        api::route_table(),
        api::description(),
        pages::route_table(),
    ];
    tables.iter().flat_map(RouteTable::paths).collect()
}

impl WebConfig {
    /// How people reach the deployment when the listener sits on `port`.
    #[must_use]
    pub fn addressing(&self, port: u16) -> Addressing {
        let seen = self.public_port.unwrap_or(if self.https { 443 } else { port });
        let at = Addressing::new(self.domain.clone(), seen, self.https).by_path(self.by_path);
        if self.by_path { at.reserving(first_segments(routes())) } else { at }
    }
}

#[cfg(test)]
mod tests {
    use refractory_core::model::Slug;

    use super::*;

    #[test]
    fn where_tables_share_the_host_every_path_of_the_portal_is_a_reserved_name() {
        let config = WebConfig { by_path: true, ..WebConfig::default() };
        let reserved = config.addressing(8080).reserved;
        for (path, _) in routes() {
            let first = path.split('/').nth(1).unwrap();
            assert!(first.is_empty() || reserved.contains(first), "{path}");
        }
        assert!(reserved.contains("theme") && reserved.contains("api"), "{reserved:?}");
        assert!(WebConfig::default().addressing(8080).reserved.is_empty());
    }

    /// A table may get its name before tables share a host. It is still reached at `/name/` then, unless the portal has pages there.
    #[test]
    fn no_table_has_a_name_below_which_the_portal_has_pages() {
        for (path, _) in routes() {
            let mut segments = path.split('/').skip(1);
            let (first, below) = (segments.next().unwrap(), segments.next());
            if below.is_some() {
                assert!(Slug::new(first).is_err(), "add `{first}` to the reserved names of core");
            }
        }
    }
}
