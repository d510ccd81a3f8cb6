//! The store in DynamoDB.
mod administrators;
mod cost;
mod damage;
mod lost;
mod processes;
mod upgrade;

use testkit::aws::Emulator;

use crate::support::store::fresh;

testkit::conform_store!(real_time, fresh(&Emulator::shared().await.account()).await);
