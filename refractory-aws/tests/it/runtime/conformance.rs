//! The contracts of runtime and logs.
use std::sync::Arc;

use refractory_core::InstanceId;
use refractory_core::ports::{InstanceRuntime, LogSource};
use testkit::conformance::Subject;
use testkit::conformance::logs::{LogsSubject, Printer};
use testkit::conformance::runtime::{RuntimeSubject, instances};

use crate::support::bed::Bed;

async fn runtime() -> RuntimeSubject {
    let bed = Bed::made().await;
    for instance in instances() {
        bed.volume(&instance).await;
    }
    let port: Arc<dyn InstanceRuntime> = Arc::new(bed.runtime());
    Subject::new(port, bed.spec.clone())
}

/// Writes into the stream that a task of the table would write.
#[derive(Debug)]
struct Stream {
    client: aws_sdk_cloudwatchlogs::Client,
    group: String,
}

impl Stream {
    async fn put(&self, of: &InstanceId, line: &str) {
        let name = format!("{of}/foundry/0123456789abcdef");
        // It may be there already.
        let made =
            self.client.create_log_stream().log_group_name(&self.group).log_stream_name(&name);
        drop(made.send().await);
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder();
        let event = event.timestamp(i64::try_from(now).unwrap()).message(line).build().unwrap();
        let call = self.client.put_log_events().log_group_name(&self.group).log_stream_name(name);
        call.log_events(event).send().await.unwrap();
    }
}

impl Printer for Stream {
    fn print(&self, of: &InstanceId, line: &str) {
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(self.put(of, line));
        });
    }
}

async fn logs() -> LogsSubject {
    let bed = Bed::made().await;
    let printer: Arc<dyn Printer> =
        Arc::new(Stream { client: bed.clients.logs.clone(), group: bed.outputs.log_group.clone() });
    let logs: Arc<dyn LogSource> = Arc::new(bed.logs());
    Subject::new(logs, printer)
}

mod runs {
    testkit::conform_runtime!(real_time, super::runtime().await);
}

mod output {
    testkit::conform_logs!(real_time, super::logs().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn launches_print_into_one_log_and_it_goes_with_the_table() {
    use refractory_core::ports::Observed;
    let bed = Bed::made().await;
    let stream = Stream { client: bed.clients.logs.clone(), group: bed.outputs.log_group.clone() };
    let (of, other) = (InstanceId::new("ab").unwrap(), InstanceId::new("abc").unwrap());
    for (line, of) in [("one", &of), ("two", &of), ("not its own", &other)] {
        stream.put(of, line).await;
    }
    let logs = bed.logs();
    assert_eq!(logs.read(&of, None, 9).await.unwrap().lines, ["one", "two"]);
    assert_eq!(logs.remove_logs(&of).await.unwrap(), Observed::Absent);
    assert!(logs.read(&of, None, 9).await.unwrap().lines.is_empty());
    assert_eq!(logs.read(&other, None, 9).await.unwrap().lines, ["not its own"]);
}

#[tokio::test]
async fn without_a_log_group_a_log_is_empty() {
    use refractory_core::ports::Observed;
    let bed = Bed::made().await;
    bed.clients
        .logs
        .delete_log_group()
        .log_group_name(&bed.outputs.log_group)
        .send()
        .await
        .unwrap();
    let of = InstanceId::new("a").unwrap();
    assert!(bed.logs().read(&of, None, 9).await.unwrap().lines.is_empty());
    assert_eq!(bed.logs().remove_logs(&of).await.unwrap(), Observed::Absent);
}
