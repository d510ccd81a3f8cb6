//! Sends requests, and repeats them while another transaction is in their way.
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::Arc;

use aws_sdk_dynamodb::client::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use refractory_core::ports::Kind;
use refractory_core::{Error, ErrorKind, Result};

use super::item::{Item, row_key, text, text_of};
use super::operation::{Backoff, Operation};
use super::schema;
use super::write::{Batch, Refusal, Replacement};
use crate::error::aws_error;

/// What items to read, of one partition of the table or of an index.
#[derive(Debug)]
pub(super) struct ItemQuery {
    pub(super) index: Option<&'static str>,
    pub(super) sort_key: &'static str,
    pub(super) partition: String,
    /// The first and the last sort key that count.
    pub(super) from: String,
    pub(super) to: String,
    pub(super) descending: bool,
    pub(super) start: Option<Item>,
}

/// A DynamoDB table and its client.
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
        Ok(answer.map_err(|error| self.table_error(during, error))?.item)
    }

    /// Writes one item, whatever is there.
    pub(super) async fn put(&self, during: &'static str, item: Item) -> Result<()> {
        let put = self.client.put_item().table_name(&*self.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|error| self.table_error(during, error))
    }

    /// Up to `limit` items that `reading` is for, in its order.
    pub(super) async fn read(
        &self,
        during: &'static str,
        reading: &ItemQuery,
        limit: usize,
    ) -> Result<Vec<Item>> {
        let mut items: Vec<Item> = Vec::new();
        let mut start = reading.start.clone();
        while items.len() < limit {
            let room = i32::try_from(limit - items.len()).unwrap_or(i32::MAX);
            let page = self
                .client
                .query()
                .table_name(&*self.name)
                .set_index_name(reading.index.map(ToOwned::to_owned))
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
                .expression_attribute_names("#pk", schema::PARTITION_KEY)
                .expression_attribute_names("#sk", reading.sort_key)
                .expression_attribute_values(":pk", text(&reading.partition))
                .expression_attribute_values(":from", text(&reading.from))
                .expression_attribute_values(":to", text(&reading.to))
                .scan_index_forward(!reading.descending)
                .set_exclusive_start_key(start)
                .limit(room)
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| self.table_error(during, error))?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key.filter(|key| !key.is_empty());
            if start.is_none() {
                break;
            }
        }
        Ok(items)
    }

    /// The records of `kind` with these ids, as they are now, by id.
    pub(super) async fn get_all(
        &self,
        during: &'static str,
        kind: Kind,
        ids: &[&str],
    ) -> Result<HashMap<String, Item>> {
        /// The most that one request may ask for.
        const AT_ONCE: usize = 100;
        let mut found = HashMap::new();
        for ids in ids.chunks(AT_ONCE) {
            let mut left: Vec<Item> = ids.iter().map(|id| row_key(kind, id)).collect();
            let mut backoff = Backoff::default();
            while !left.is_empty() {
                let keys =
                    KeysAndAttributes::builder().set_keys(Some(left.clone())).consistent_read(true);
                let keys = keys
                    .build()
                    .map_err(|error| Error::new(ErrorKind::Unexpected, during).caused_by(error))?;
                let asked = self.client.batch_get_item().request_items(&*self.name, keys);
                let answer = asked.send().await.map_err(|error| self.table_error(during, error))?;
                let items = answer.responses.and_then(|mut all| all.remove(&*self.name));
                for item in items.unwrap_or_default() {
                    if let Some(id) = text_of(&item, schema::SORT_KEY).map(ToOwned::to_owned) {
                        found.insert(id, item);
                    }
                }
                let unread = answer.unprocessed_keys.and_then(|mut all| all.remove(&*self.name));
                let asked_for = left.len();
                left = unread.map(|unread| unread.keys).unwrap_or_default();
                if left.len() < asked_for {
                    // An answer has sixteen megabytes at most.
                    backoff = Backoff::default();
                    continue;
                }
                // What DynamoDB had no capacity for is asked for again.
                if !left.is_empty() && !wait(&mut backoff).await? {
                    let error = Error::new(ErrorKind::Unavailable, during);
                    return Err(error.about("table", &self.name));
                }
            }
        }
        Ok(found)
    }

    /// Replaces one row; what it met where it was refused for its row.
    pub(super) async fn replace(
        &self,
        during: &'static str,
        replacement: &Replacement,
    ) -> Result<Result<(), Option<Item>>> {
        let mut backoff = Backoff::default();
        loop {
            let request = replacement.request(&self.client, &self.name);
            let Err(error) = request.send().await else { return Ok(Ok(())) };
            if let Some(UpdateItemError::ConditionalCheckFailedException(failed)) =
                error.as_service_error()
            {
                return Ok(Err(failed.item().filter(|item| !item.is_empty()).cloned()));
            }
            let busy = error.code().is_some_and(is_busy);
            let error = self.table_error(during, error);
            if !(busy && wait(&mut backoff).await?) {
                return Err(error);
            }
        }
    }

    /// Makes all writes of `batch`, or none; why none.
    pub(super) async fn transact(
        &self,
        during: &'static str,
        batch: &Batch,
    ) -> Result<Result<(), Refusal>> {
        let mut backoff = Backoff::default();
        // DynamoDB takes one token for one transaction, and no other writes under it.
        let mut operation = Operation::fresh()?;
        loop {
            let request =
                self.client.transact_write_items().set_transact_items(Some(batch.parts()));
            let answer = request.client_request_token(operation.token()).send().await;
            let Err(error) = answer else { return Ok(Ok(())) };
            let mut busy = error.code().is_some_and(is_busy);
            if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) =
                error.as_service_error()
            {
                match batch.refusal(canceled.cancellation_reasons()) {
                    Refusal::Busy => busy = true,
                    Refusal::Other(kind) => return Err(self.canceled(kind, during, &error)),
                    refusal @ (Refusal::Rows(_) | Refusal::Text(..)) => return Ok(Err(refusal)),
                }
                // This one is over, and its token with it. One that is still under way keeps its own.
                operation = Operation::fresh()?;
            }
            let error =
                if busy { self.busy(during, &error) } else { self.table_error(during, error) };
            if !(busy && wait(&mut backoff).await?) {
                return Err(error);
            }
        }
    }

    fn busy(&self, during: &'static str, error: &dyn StdError) -> Error {
        self.canceled(ErrorKind::Unavailable, during, error)
    }

    fn canceled(&self, kind: ErrorKind, during: &'static str, error: &dyn StdError) -> Error {
        let said = error.source().unwrap_or(error).to_string();
        Error::new(kind, during).about("table", &self.name).caused_by(said)
    }

    fn table_error<E, R>(&self, during: &'static str, error: SdkError<E, R>) -> Error
    where
        E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
        R: Debug + Send + Sync + 'static,
    {
        let missing = error.code() == Some("ResourceNotFoundException");
        let told = aws_error(during, error).about("table", &self.name);
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
async fn wait(backoff: &mut Backoff) -> Result<bool> {
    let Some(wait) = backoff.next()? else { return Ok(false) };
    tokio::time::sleep(wait).await;
    Ok(true)
}
