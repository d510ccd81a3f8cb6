//! The program in README.md, to the letter: a deployment in memory, with a runtime of one's own.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use embed_local::Processes;
use refractory_core::model::{NewInstance, Phase, Principal, Slug, Urgency};
use refractory_core::{Refractory, Result};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<()> {
    // A handle for front ends, and a worker. The worker does nothing until its future is polled.
    let (app, worker) = Refractory::builder(Processes::default()).build();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    tasks.spawn(worker.run_until(async { _ = stopped.await }));

    let who = Principal::operator();
    let table = app.create(&who, NewInstance::named(Slug::new("friday-night")?)).await?;
    app.start(&who, &table.id).await?;
    app.wait(&who, &table.id, |table| matches!(table.phase(), Phase::On(_))).await?;
    println!("{} is on", table.slug);

    app.stop(&who, &table.id, Urgency::Gentle).await?;
    app.wait(&who, &table.id, |table| table.phase() == Phase::Off).await?;
    println!("{} is off", table.slug);

    drop(stop);
    tasks.join_all().await;
    Ok(())
}
