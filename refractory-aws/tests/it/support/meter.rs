//! What calls cost: DynamoDB is asked for the units of each, and they are summed up.
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::ReturnConsumedCapacity::Total;
use refractory_aws::Clients;
use testkit::aws::Account;

/// The units that calls of one client cost, and how many there were.
#[derive(Debug, Default, Clone)]
pub(crate) struct Meter(Arc<Mutex<(f64, usize)>>);

impl Meter {
    /// Clients of `account` whose calls of DynamoDB are counted here.
    pub(crate) fn clients(&self, account: &Account) -> Clients {
        let shared = super::shared(account, account.endpoint()).build();
        let counted = aws_sdk_dynamodb::config::Builder::from(&shared).interceptor(self.clone());
        let dynamodb = aws_sdk_dynamodb::Client::from_conf(counted.build());
        Clients { dynamodb, ..super::clients(account) }
    }

    /// Units and calls since the last reading.
    pub(crate) fn read(&self) -> (f64, usize) {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        if let Some(input) = input.downcast_mut::<QueryInput>() {
            input.return_consumed_capacity = Some(Total);
        } else if let Some(input) = input.downcast_mut::<GetItemInput>() {
            input.return_consumed_capacity = Some(Total);
        } else if let Some(input) = input.downcast_mut::<BatchGetItemInput>() {
            input.return_consumed_capacity = Some(Total);
        } else if let Some(input) = input.downcast_mut::<UpdateItemInput>() {
            input.return_consumed_capacity = Some(Total);
        } else if let Some(input) = input.downcast_mut::<TransactWriteItemsInput>() {
            input.return_consumed_capacity = Some(Total);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut sum = self.0.lock().unwrap();
        sum.1 += 1;
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        let one = |capacity: Option<&aws_sdk_dynamodb::types::ConsumedCapacity>| {
            capacity.and_then(|capacity| capacity.capacity_units).unwrap_or_default()
        };
        sum.0 += if let Some(output) = output.downcast_ref::<QueryOutput>() {
            one(output.consumed_capacity())
        } else if let Some(output) = output.downcast_ref::<GetItemOutput>() {
            one(output.consumed_capacity())
        } else if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
            output.consumed_capacity().iter().map(|capacity| one(Some(capacity))).sum()
        } else if let Some(output) = output.downcast_ref::<UpdateItemOutput>() {
            one(output.consumed_capacity())
        } else if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            output.consumed_capacity().iter().map(|capacity| one(Some(capacity))).sum()
        } else {
            0.0
        };
        Ok(())
    }
}
