//! PostgreSQL.
use sea_orm::SqlxPostgresConnector;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sea_orm::sqlx::{ConnectOptions, Connection, Error as SqlxError, Executor};

use super::Connections;
use crate::Result;
use crate::sql::error::told_by_driver;
use crate::sql::options::SqlOptions;

pub(super) async fn server(server: &PgConnectOptions, options: &SqlOptions) -> Result<Connections> {
    const DURING: &str = "connecting to the database";
    let server = server.clone().application_name("refractory").disable_statement_logging();
    // A pool would go on trying, and then only say that time is up.
    let first = tokio::time::timeout(options.patience, PgConnection::connect_with(&server));
    let first = first.await.unwrap_or(Err(SqlxError::PoolTimedOut));
    let first = first.map_err(|error| told_by_driver(&error, DURING))?;
    first.close().await.map_err(|error| told_by_driver(&error, DURING))?;
    // The server ends what a caller has given up: a call that was dropped has no late effect.
    let millis = options.patience.as_millis();
    let limits = format!(
        "SET statement_timeout = {millis}; SET lock_timeout = {millis}; \
         SET idle_in_transaction_session_timeout = {millis}"
    );
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.patience)
        .after_connect(move |connection, _| {
            let limits = limits.clone();
            Box::pin(async move {
                connection.execute(sea_orm::sqlx::AssertSqlSafe(limits)).await.map(|_| ())
            })
        })
        .connect_lazy_with(server);
    let writes = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Connections { reads: writes.clone(), writes })
}
