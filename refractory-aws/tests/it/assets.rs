//! Places for uploads: buckets, users and keys.
mod crashes;
mod door;
mod keys;
mod removal;
mod uploads;
mod whose;

mod contract {
    use std::sync::Arc;

    use testkit::aws::Emulator;
    use testkit::conformance::Subject;

    use crate::support::assets::Tables;

    async fn subject() -> testkit::conformance::assets::AssetsSubject {
        let tables = Tables::new(&Emulator::shared().await.account());
        for id in ["a", "b", "a-b"] {
            tables.add(id).await;
        }
        Subject::new(Arc::new(tables.port()), ())
    }

    testkit::conform_assets!(real_time, subject().await);
}
