//! One macro, and every clause of the contract is a test of its own.
use std::sync::Arc;

use embed_local::Processes;
use refractory_core::ports::LaunchSpec;
use testkit::conformance::Subject;
use testkit::conformance::runtime::RuntimeSubject;

fn subject() -> RuntimeSubject {
    Subject::new(Arc::new(Processes::default()), LaunchSpec::default())
}

testkit::conform_runtime!(real_time, subject());
