//! Someone else's runtime behind the portal: SQLite, leased licenses, passwords. `cargo run -p portal-demo -- FOLDER`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]
use std::path::PathBuf;
use std::sync::Arc;

use custom_runtime::Listeners;
use refractory_core::local::{Keyring, Passwords};
use refractory_core::model::Principal;
use refractory_core::sql::{SqlOptions, SqlStore};
use refractory_core::{Refractory, Result, StorePool, SystemClock};
use refractory_web::{Hasher, Listener, Portal, WebConfig, setup_url};

#[tokio::main]
async fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    let database = folder.join("portal-demo.sqlite");
    let store = Arc::new(SqlStore::open_file(&database, &SqlOptions::default()).await?);
    let vault = Arc::new(Keyring::open(&folder.join("portal-demo.key"), store.clone()).await?);

    let web = WebConfig::listening_at("127.0.0.1:0");
    let listener = Listener::bind(&web)?;
    let (app, worker) = Refractory::builder(Listeners::default())
        .licenses(StorePool::new(store.clone(), vault.clone(), SystemClock))
        .auth(Passwords::new(store.clone()))
        .addressing(web.addressing(listener.port()))
        .vault(vault)
        .store(store)
        .build();
    let hasher = Hasher::new(|password| async move { Passwords::hash(&password).await });
    let portal = Portal::new(app.clone(), web, hasher).listen(listener)?;

    println!("The portal: {}", app.addressing().portal_url());
    if app.needs_setup().await? {
        let link = app.setup_link(&Principal::operator()).await?;
        println!("Make the first account: {}", setup_url(app.addressing(), &link));
    }
    // Both run until Ctrl-C.
    let stop = || async { _ = tokio::signal::ctrl_c().await };
    let ((), served) = tokio::join!(worker.run_until(stop()), portal.run_until(stop()));
    app.close().await?;
    served
}
