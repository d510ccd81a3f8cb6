use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::finding::Finding;
use crate::{Error, ErrorKind, MemoryStore, async_trait};

/// Keeps a store of its own, and comes no further.
#[derive(Debug, Clone, Default)]
struct Cloud {
    asked: Arc<AtomicBool>,
}

#[async_trait]
impl Backend for Cloud {
    fn name(&self) -> &'static str {
        "cloud"
    }

    fn declare(&self, schema: Schema) -> Schema {
        schema
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn store(&self, _: &Settings) -> Result<Option<Arc<dyn Store>>> {
        self.asked.store(true, Ordering::SeqCst);
        Ok(Some(Arc::new(MemoryStore::default())))
    }

    async fn examine(&self, _: &Settings, _: usize) -> Vec<Finding> {
        Vec::new()
    }

    async fn connect(&self, _: &Settings, _: Base) -> Result<Ports> {
        Err(Error::new(ErrorKind::Unsupported, "coming any further"))
    }
}

/// Whether a backend was asked for its store, and how that ended.
async fn connect(toml: &str) -> (bool, ErrorKind) {
    let cloud = Cloud::default();
    let loader = Loader::new(vec![Box::new(cloud.clone())]);
    let settings = loader.load(Sources::new().text("a file", toml)).unwrap();
    let data = std::env::temp_dir();
    let ended = loader
        .connect(&settings, &data, &data.join("none.db"), &Addressing::default())
        .await
        .unwrap_err();
    (cloud.asked.load(Ordering::SeqCst), ended.kind())
}

#[tokio::test]
async fn a_backend_is_asked_for_its_store_where_the_file_names_none() {
    let (asked, ended) = connect("[core]\nbackend = \"cloud\"").await;
    assert!(asked);
    assert_eq!(ended, ErrorKind::Unsupported, "from the backend itself");
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_store_that_the_file_names_goes_before_the_backends_own() {
    let (asked, _) =
        connect("[core]\nbackend = \"cloud\"\n[store]\nurl = \"sqlite::memory:\"").await;
    assert!(!asked);
}

#[tokio::test]
async fn a_backend_that_nobody_listed_is_told_with_those_that_are() {
    let loader = Loader::new(vec![Box::new(Cloud::default())]);
    let settings = loader.load(Sources::new()).unwrap();
    let said = loader.backend(&settings).unwrap_err().for_people().into_owned();
    assert!(said.contains("unknown backend `local`") && said.contains("`cloud`"), "{said}");
}
