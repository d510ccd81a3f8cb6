//! The implementations in memory, held to the suites.
mod memory_store {
    testkit::conform_store!(refractory_core::MemoryStore::default());
}

mod memory_store_with_threads {
    testkit::conform_store!(one_test, refractory_core::MemoryStore::default());
}

mod memory_vault {
    testkit::conform_vault!(refractory_core::MemoryVault::default());
}

mod world_runtime {
    use crate::subjects::{runtime, world};
    testkit::conform_runtime!(runtime(world()));
}

mod world_storage {
    use crate::subjects::{storage, world};
    testkit::conform_storage!({
        let world = world();
        storage(&world, world.clone())
    });
}

mod world_snapshots {
    use crate::subjects::{snapshots, world};
    testkit::conform_snapshots!({
        let world = world();
        snapshots(&world, world.clone())
    });
}

mod world_assets {
    use crate::subjects::{assets, world};
    testkit::conform_assets!(assets(world()));
}

mod world_door {
    use crate::subjects::{door, world};
    testkit::conform_door!({
        let world = world();
        door(&world, world.clone())
    });
}

mod world_leftovers {
    use crate::subjects::{orphaned_resources, world};
    testkit::conform_leftovers!({
        let world = world();
        orphaned_resources(&world, world.clone())
    });
}

mod world_dns {
    use crate::subjects::{dns, world};
    testkit::conform_dns!(dns(world()));
}

mod store_pool {
    use crate::subjects::{licenses, world};
    testkit::conform_licenses!({
        let world = world();
        licenses(&world, world.pool()).await
    });
}

mod world_logs {
    use crate::subjects::{logs, world};
    testkit::conform_logs!({
        let world = world();
        logs(&world, world.clone())
    });
}

mod world_archives {
    use crate::subjects::{archives, world};
    testkit::conform_archives!(archives(world()));
}
