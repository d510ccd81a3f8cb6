//! Requests, sent, and repeated while somebody else's transaction is in their way.
use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::Arc;

use aws_sdk_dynamodb::client::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ports::Kind;
use refractory_core::{Error, ErrorKind, Result};

use super::item::{Item, text};
use super::operation::{Operation, Patience};
use super::schema;
use super::write::{Batch, Refusal, Replacement};
use crate::error::refused;

/// One table, and who speaks to it.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: Arc<str>,
}

impl Table {
    /// The item at `key`, as it is now.
    pub(super) async fn get(&self, during: &'static str, key: Item) -> Result<Option<Item>> {
        let get = self.client.get_item().table_name(&*self.name).set_key(Some(key));
        let answer = get.consistent_read(true).send().await;
        Ok(answer.map_err(|error| self.told(during, error))?.item)
    }

    /// Every row of `kind`, in order of id.
    pub(super) async fn rows(&self, during: &'static str, kind: Kind) -> Result<Vec<Item>> {
        self.query(during, kind, None).await
    }

    /// Every entry of the index for `kind`, in order of id.
    pub(super) async fn entries(&self, during: &'static str, kind: Kind) -> Result<Vec<Item>> {
        self.query(during, kind, Some(schema::INDEX)).await
    }

    async fn query(
        &self,
        during: &'static str,
        kind: Kind,
        index: Option<&str>,
    ) -> Result<Vec<Item>> {
        let mut pages = self
            .client
            .query()
            .table_name(&*self.name)
            .set_index_name(index.map(ToOwned::to_owned))
            .key_condition_expression("#pk = :kind")
            .expression_attribute_names("#pk", schema::PARTITION_KEY)
            .expression_attribute_values(":kind", text(kind.name()))
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            items.extend(page.map_err(|error| self.told(during, error))?.items.unwrap_or_default());
        }
        Ok(items)
    }

    /// Replaces one row; what it met where it was refused for its row.
    pub(super) async fn replace(
        &self,
        during: &'static str,
        replacement: &Replacement,
    ) -> Result<Result<(), Option<Item>>> {
        let mut patience = Patience::default();
        loop {
            let request = replacement.request(&self.client, &self.name);
            let Err(error) = request.send().await else { return Ok(Ok(())) };
            if let Some(UpdateItemError::ConditionalCheckFailedException(failed)) =
                error.as_service_error()
            {
                return Ok(Err(failed.item().filter(|item| !item.is_empty()).cloned()));
            }
            let busy = error.code().is_some_and(is_busy);
            let error = self.told(during, error);
            if !(busy && wait(&mut patience).await?) {
                return Err(error);
            }
        }
    }

    /// Makes all writes of `batch`, or none; why none.
    pub(super) async fn transact(
        &self,
        during: &'static str,
        batch: &Batch,
        mut operation: Operation,
    ) -> Result<Result<(), Refusal>> {
        let mut patience = Patience::default();
        loop {
            let request =
                self.client.transact_write_items().set_transact_items(Some(batch.parts()));
            let answer = request.client_request_token(operation.token()).send().await;
            let Err(error) = answer else { return Ok(Ok(())) };
            let mut busy = error.code().is_some_and(is_busy);
            if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            {
                match batch.refusal(cancelled.cancellation_reasons()) {
                    Refusal::Busy => busy = true,
                    Refusal::Other(kind) => return Err(self.cancelled(kind, during, &error)),
                    refusal @ (Refusal::Row(_) | Refusal::Text(_)) => return Ok(Err(refusal)),
                }
                // This one is over, and its token with it. One that is still under way keeps its own.
                operation = Operation::fresh()?;
            }
            let error = if busy { self.busy(during, &error) } else { self.told(during, error) };
            if !(busy && wait(&mut patience).await?) {
                return Err(error);
            }
        }
    }

    fn busy(&self, during: &'static str, error: &dyn StdError) -> Error {
        self.cancelled(ErrorKind::Unavailable, during, error)
    }

    fn cancelled(&self, kind: ErrorKind, during: &'static str, error: &dyn StdError) -> Error {
        let said = error.source().unwrap_or(error).to_string();
        Error::new(kind, during).about("table", &self.name).caused_by(said)
    }

    fn told<E, R>(&self, during: &'static str, error: SdkError<E, R>) -> Error
    where
        E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let missing = error.code() == Some("ResourceNotFoundException");
        let told = refused(during, error).about("table", &self.name);
        if missing { self.no_table(during, told) } else { told }
    }

    /// A table that is not there says nothing about a row: it must not read as `NotFound`.
    fn no_table(&self, during: &'static str, told: Error) -> Error {
        Error::new(ErrorKind::Unavailable, during)
            .about("table", &self.name)
            .caused_by(told)
            .advise(format!(
                "There is no table `{}` in this account and region, or not yet: `refractory infra deploy` makes it.",
                self.name
            ))
    }
}

fn is_busy(code: &str) -> bool {
    matches!(
        code,
        "TransactionConflictException"
            | "TransactionInProgressException"
            | "ReplicatedWriteConflictException"
    )
}

/// Waits a little; whether there is another try.
async fn wait(patience: &mut Patience) -> Result<bool> {
    let Some(wait) = patience.next()? else { return Ok(false) };
    tokio::time::sleep(wait).await;
    Ok(true)
}
