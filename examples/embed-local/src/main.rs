//! The program in README.md, to the letter: a deployment in memory, with a runtime of one's own.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use embed_local::Processes;
use refractory_core::model::{NewInstance, Slug, Urgency};
use refractory_core::{Refractory, Result, Settled};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

const AT_MOST: Duration = Duration::from_mins(5);

#[tokio::main]
async fn main() -> Result<()> {
    // A handle for front ends, and a worker. The worker does nothing until its future is polled.
    let (app, worker) = Refractory::builder(Processes::default()).build();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    tasks.spawn(worker.run_until(async { _ = stopped.await }));

    // Every verb says who asks. The program itself is the operator.
    let who = app.operator();
    let table = app.create(&who, NewInstance::named(Slug::new("friday-night")?)).await?;
    let asked = app.start(&who, &table.id).await?;
    let settled = app.settled(&who, &asked, AT_MOST).await?;
    if let Settled::On(endpoint) = &settled {
        println!("{} is on at {endpoint}", table.slug);
    } else {
        println!("{} did not start: {settled:?}", table.slug);
    }

    let asked = app.stop(&who, &table.id, Urgency::Gentle).await?;
    let settled = app.settled(&who, &asked, AT_MOST).await?;
    println!("{} is {settled:?}", table.slug);

    drop(stop);
    tasks.join_all().await;
    Ok(())
}
