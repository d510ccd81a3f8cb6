//! Values from one named place, for figment.
use figment::value::{Dict, Map};
use figment::{Error, Metadata, Profile, Provider};

/// Values from one named place.
pub(super) struct Values(String, Dict);

impl Values {
    pub(super) fn named(from: &str, values: Dict) -> Self {
        Self(from.to_owned(), values)
    }
}

impl Provider for Values {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.1.clone()))
    }
}
