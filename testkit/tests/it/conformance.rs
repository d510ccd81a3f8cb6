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
