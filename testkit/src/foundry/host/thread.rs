//! The stand-in on a thread of the test's process.
#![expect(clippy::expect_used, reason = "a test that cannot start its thread has failed")]
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::sync::{oneshot, watch};

use super::launch::Launch;
use crate::foundry::args::CommandLine;
use crate::foundry::behaviour::ExitKind;
use crate::foundry::captured_output::CapturedOutput;
use crate::foundry::console::Output;
use crate::foundry::run::live;
use crate::foundry::stop_request::{StopRequest, StopRequests};
use crate::foundry::switches::StandInEnv;

/// A thread; dropping it drops everything on it, as a kill would.
#[derive(Debug)]
pub(super) struct Thread {
    orders: Option<oneshot::Sender<StopRequest>>,
    ended: watch::Receiver<Option<ExitKind>>,
    handle: Option<JoinHandle<()>>,
}

impl Thread {
    pub(super) fn start(launch: &Launch, said: &Arc<CapturedOutput>) -> Self {
        let words =
            [launch.script.clone().into_os_string()].into_iter().chain(launch.flags.clone());
        let Ok(CommandLine::Program(args)) = CommandLine::read(words) else {
            unreachable!("a script is named");
        };
        let vars = launch.switches.iter().map(|(name, value)| (name.into(), value.into()));
        let env = StandInEnv::from_vars(vars);
        let (orders, inbox) = oneshot::channel();
        let (over, ended) = watch::channel(None);
        let said = Arc::clone(said);
        let handle = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime can be built");
            let life =
                live(&args, &env, Output::To(Arc::clone(&said)), StopRequests::Channel(inbox));
            let death = runtime.block_on(life).unwrap_or_else(|why| {
                said.add(&why);
                ExitKind::Exit(1)
            });
            runtime.shutdown_background();
            over.send_replace(Some(death));
        });
        Self { orders: Some(orders), ended, handle: Some(handle) }
    }

    pub(super) fn order(&mut self, order: StopRequest) {
        // One that has ended already needs no order.
        self.orders.take().map(|orders| orders.send(order));
    }

    /// How it ended, in the words of a process.
    pub(super) async fn ended(&mut self) -> ExitStatus {
        let death = self.ended.wait_for(Option::is_some).await.ok().and_then(|death| *death);
        ExitStatus::from_raw(match death {
            Some(ExitKind::Exit(code)) => i32::from(code) << 8,
            Some(ExitKind::Kill) => 9,
            Some(ExitKind::Abort) | None => 6,
        })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.order(StopRequest::Drop);
        if self.ended.borrow().is_none()
            && let Some(handle) = self.handle.take()
        {
            // A panic on the thread has been shown already.
            let _ = handle.join();
        }
    }
}
