//! The log port over CloudWatch Logs.
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::delete_log_stream::DeleteLogStreamError;
use aws_sdk_cloudwatchlogs::operation::describe_log_streams::DescribeLogStreamsError;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use refractory_core::ports::{LogChunk, LogPosition, LogSource, Observed, Progress};
use refractory_core::{Clock, InstanceId, Result, Timestamp, async_trait};

use super::place::Place;
use crate::bound::bounded;
use crate::error::refused;
use crate::{AwsConfig, Clients, Ground, Naming};

const DURING: &str = "reading a log";
/// How many events one call answers at most.
const MOST: usize = 10_000;
/// How many calls one read makes at most: a log of weeks is read in several.
const PAGES: usize = 10;
/// How many streams are removed in one go.
const STREAMS: usize = 20;

/// Reads what tables print from one log group of CloudWatch.
///
/// Every launch writes streams of its own, whose names begin with the table's label; they are read as one log, by time. A
/// position is a moment and how many lines of that very moment have been read.
#[derive(Debug, Clone)]
pub struct CloudWatchLogs {
    client: aws_sdk_cloudwatchlogs::Client,
    group: String,
    naming: Naming,
    clock: Arc<dyn Clock>,
    kept: Duration,
}

impl CloudWatchLogs {
    /// Reads the log group of `ground`.
    pub fn new(
        clients: Clients,
        ground: &Ground,
        config: &AwsConfig,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client: clients.logs,
            group: ground.log_group.clone(),
            naming: Naming::new(&config.deployment),
            clock,
            kept: Duration::from_hours(24 * u64::from(config.log_days)),
        }
    }

    /// Removes what the table `of` has printed, and what errands on its volume have. For a table that is gone; absent is fine.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: some may be left; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    pub async fn forget(&self, of: &InstanceId) -> Result<Observed<()>> {
        for prefix in [self.prefix(of), format!("{}/", self.naming.errand_log_prefix(of))] {
            if !self.forget_streams(&prefix).await? {
                return Ok(Observed::Pending(Some(Progress::new("its log is removed"))));
            }
        }
        Ok(Observed::Absent)
    }

    /// Removes streams whose names begin with `prefix`; whether that were all.
    async fn forget_streams(&self, prefix: &str) -> Result<bool> {
        let call = self.client.describe_log_streams().log_group_name(&self.group);
        let answer = call.log_stream_name_prefix(prefix).limit(50).send().await;
        let streams = match answer {
            Ok(page) => page.log_streams.unwrap_or_default(),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeLogStreamsError::is_resource_not_found_exception) =>
            {
                return Ok(true);
            }
            Err(error) => return Err(refused("looking for a log", error)),
        };
        let whole = streams.len() <= STREAMS;
        for name in streams.into_iter().take(STREAMS).filter_map(|stream| stream.log_stream_name) {
            self.forget_stream(&name).await?;
        }
        Ok(whole)
    }

    async fn forget_stream(&self, name: &str) -> Result<()> {
        let call =
            self.client.delete_log_stream().log_group_name(&self.group).log_stream_name(name);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteLogStreamError::is_resource_not_found_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(refused("removing a log", error)),
        }
    }

    fn prefix(&self, of: &InstanceId) -> String {
        format!("{}/", self.naming.log_prefix(of))
    }

    /// At most `limit` lines after `place`.
    async fn forward(&self, of: &InstanceId, place: Place, limit: usize) -> Result<LogChunk> {
        let wanted = limit.saturating_add(place.read);
        let events = self.events(of, place.at, wanted).await?;
        let (lines, next) = place.read_on(events, limit);
        Ok(LogChunk { lines, next: next.into() })
    }

    /// The last `limit` lines: looked for in ever longer spans before now, because most logs are read while they are written.
    async fn last(&self, of: &InstanceId, limit: usize) -> Result<LogChunk> {
        let now = self.clock.now();
        let hour = Duration::from_hours(1);
        let mut found = (Vec::new(), Place::default());
        for span in [hour / 4, 4 * hour, 48 * hour, self.kept] {
            let since =
                Timestamp(0).after(now.since(Timestamp(0)).saturating_sub(span.min(self.kept)));
            let place = Place { at: since.0, read: 0 };
            let events = self.events(of, place.at, usize::MAX).await?;
            found = place.read_on(events, usize::MAX);
            if found.0.len() >= limit || span >= self.kept {
                break;
            }
        }
        let (mut lines, next) = found;
        lines.drain(..lines.len().saturating_sub(limit));
        // Where there is nothing yet, whatever comes is new.
        let next = if next.is_begun() { next } else { Place::default() };
        Ok(LogChunk { lines, next: next.into() })
    }

    /// At most `wanted` events from the moment `at` on, in their order.
    async fn events(
        &self,
        of: &InstanceId,
        at: u64,
        wanted: usize,
    ) -> Result<Vec<FilteredLogEvent>> {
        let mut events = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let call = self.client.filter_log_events().log_group_name(&self.group);
            let call = call
                .log_stream_name_prefix(self.prefix(of))
                .start_time(i64::try_from(at).unwrap_or(i64::MAX));
            let most = i32::try_from((wanted - events.len()).min(MOST)).unwrap_or(i32::MAX);
            let page = match call.limit(most).set_next_token(next).send().await {
                Ok(page) => page,
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(FilterLogEventsError::is_resource_not_found_exception) =>
                {
                    break;
                }
                Err(error) => return Err(refused(DURING, error)),
            };
            events.extend(page.events.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() || events.len() >= wanted {
                break;
            }
        }
        Ok(events)
    }
}

#[async_trait]
impl LogSource for CloudWatchLogs {
    async fn read(
        &self,
        of: &InstanceId,
        from: Option<&LogPosition>,
        limit: usize,
    ) -> Result<LogChunk> {
        match from {
            // A position that nobody here wrote is one that has been rotated away.
            Some(position) => {
                bounded(DURING, self.forward(of, Place::read_from(position), limit)).await
            }
            None => bounded(DURING, self.last(of, limit)).await,
        }
    }
}
