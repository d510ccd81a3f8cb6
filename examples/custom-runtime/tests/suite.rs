//! One macro, and every clause of the contract is a test of its own.
use std::sync::Arc;

use custom_runtime::Listeners;
use refractory_core::ports::LaunchSpec;
use testkit::conformance::Subject;
use testkit::conformance::runtime::RuntimeSubject;

fn subject() -> RuntimeSubject {
    Subject::new(Arc::new(Listeners::default()), LaunchSpec::default())
}

testkit::conform_runtime!(real_time, subject());
