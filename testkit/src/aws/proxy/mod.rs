//! An HTTP proxy between an SDK and AWS: it knows each call by service and operation, counts it, and lets it go wrong.
//!
//! ```no_run
//! # use testkit::aws::{Account, Fault, FaultProxy, Rule};
//! # async fn example(account: &Account) {
//! let proxy = FaultProxy::start(account.address()).await;
//! proxy.arrange(Rule::on("ecs", "RunTask").nth(1), Fault::ReplyLost);
//! proxy.arrange(Rule::on("ecs", "DescribeTasks").first(2), Fault::Missing);
//! // Give the SDK proxy.endpoint() instead of account.endpoint(); then:
//! assert_eq!(proxy.count("ecs", "RunTask"), 2);
//! # }
//! ```
mod call;
mod error_response;
mod fault;
mod names;
mod resettable_stream;
mod rule;
mod scene;
mod server;
mod state;

pub use call::Call;
pub use fault::Fault;
pub use rule::{Rule, StruckCalls};
pub use server::FaultProxy;
