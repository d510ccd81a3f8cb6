//! The contracts of the ports, kept by this machine.
mod keyring {
    use std::sync::Arc;

    use refractory_core::MemoryStore;
    use refractory_core::local::Keyring;

    async fn keyring() -> Keyring {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(MemoryStore::default());
        Keyring::open(&folder.path().join("secret.key"), store).await.unwrap()
    }

    testkit::conform_vault!(real_time, keyring().await);
}
