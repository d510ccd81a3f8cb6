//! The log port over CloudWatch Logs.
mod cursor;
mod window;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::delete_log_stream::DeleteLogStreamError;
use aws_sdk_cloudwatchlogs::operation::describe_log_streams::DescribeLogStreamsError;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use refractory_core::ports::{LogChunk, LogPosition, LogSource, Observed, Progress};
use refractory_core::{Clock, InstanceId, Result, async_trait};

use self::cursor::LogCursor;
use self::window::TimeWindow;
use crate::deadline::with_deadline;
use crate::error::aws_error;
use crate::{AwsConfig, Clients, Naming, StackOutputs};

const DURING: &str = "reading a log";
/// How many events one call answers at most.
const MAX_EVENTS: usize = 10_000;
/// How many calls one read makes at most: a log of weeks is read in several.
const PAGES: usize = 10;
/// How many streams are removed in one go.
const STREAMS: usize = 20;

/// Reads what tables print from one log group of CloudWatch.
///
/// Every launch writes its own streams, whose names begin with the table's label; they are read as one log, by time. A
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
    /// Reads the log group of `outputs`.
    pub fn new(
        clients: Clients,
        outputs: &StackOutputs,
        config: &AwsConfig,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client: clients.logs,
            group: outputs.log_group.clone(),
            naming: Naming::new(&config.deployment),
            clock,
            kept: Duration::from_hours(24 * u64::from(config.log_days)),
        }
    }

    /// Removes what the table `of` has printed, and what jobs on its volume have. For a table that is gone; absent is fine.
    ///
    /// *Answers*: `Absent`, `Pending`. *Dropped*: some may be left; call again.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Forbidden`.
    pub async fn remove_logs(&self, of: &InstanceId) -> Result<Observed<()>> {
        for prefix in [self.prefix(of), format!("{}/", self.naming.job_log_prefix(of))] {
            if !self.remove_streams(&prefix).await? {
                return Ok(Observed::Pending(Some(Progress::new("its log is removed"))));
            }
        }
        Ok(Observed::Absent)
    }

    /// Removes streams whose names begin with `prefix`; whether that were all.
    async fn remove_streams(&self, prefix: &str) -> Result<bool> {
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
            Err(error) => return Err(aws_error("looking for a log", error)),
        };
        let is_complete = streams.len() <= STREAMS;
        for name in streams.into_iter().take(STREAMS).filter_map(|stream| stream.log_stream_name) {
            self.remove_stream(&name).await?;
        }
        Ok(is_complete)
    }

    async fn remove_stream(&self, name: &str) -> Result<()> {
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
            Err(error) => Err(aws_error("removing a log", error)),
        }
    }

    fn prefix(&self, of: &InstanceId) -> String {
        format!("{}/", self.naming.log_prefix(of))
    }

    /// At most `limit` lines after `place`.
    async fn forward(&self, of: &InstanceId, place: LogCursor, limit: usize) -> Result<LogChunk> {
        let wanted = limit.saturating_add(place.read);
        let stretch = TimeWindow { from: place.at, to: None };
        let (lines, next) = place.take_lines(self.events(of, stretch, wanted).await?.events, limit);
        Ok(LogChunk { lines, next: next.into() })
    }

    /// The last `limit` lines: looked for in stretches of time, back from now, because most logs are read while they are written.
    /// A stretch that holds more than is read at once is cut in two, and its later half is read first.
    async fn tail(&self, of: &InstanceId, limit: usize) -> Result<LogChunk> {
        let now = self.clock.now();
        let mut ahead = TimeWindow::back_from(now, self.kept);
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(stretch) = ahead.pop()
        {
            let EventPage { events, whole } = self.events(of, stretch, usize::MAX).await?;
            match stretch.split(now).filter(|_| !whole) {
                Some(halves) => ahead.extend(halves),
                None => _ = found.splice(0..0, events),
            }
        }
        let (mut lines, next) = LogCursor::default().take_lines(found, usize::MAX);
        lines.drain(..lines.len().saturating_sub(limit));
        // Where there is nothing yet, whatever comes is new.
        let next = if next.has_read() { next } else { LogCursor::default() };
        Ok(LogChunk { lines, next: next.into() })
    }

    /// At most `wanted` events of a stretch of time, in their order.
    async fn events(
        &self,
        of: &InstanceId,
        stretch: TimeWindow,
        wanted: usize,
    ) -> Result<EventPage> {
        let moment = |at: u64| i64::try_from(at).unwrap_or(i64::MAX);
        let mut events = Vec::new();
        let mut next = None;
        for _ in 0..PAGES {
            let call = self.client.filter_log_events().log_group_name(&self.group);
            let call = call
                .log_stream_name_prefix(self.prefix(of))
                .start_time(moment(stretch.from))
                .set_end_time(stretch.to.map(moment));
            let most = i32::try_from((wanted - events.len()).min(MAX_EVENTS)).unwrap_or(i32::MAX);
            let page = match call.limit(most).set_next_token(next.take()).send().await {
                Ok(page) => page,
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(FilterLogEventsError::is_resource_not_found_exception) =>
                {
                    break;
                }
                Err(error) => return Err(aws_error(DURING, error)),
            };
            events.extend(page.events.unwrap_or_default());
            next = page.next_token.filter(|token| !token.is_empty());
            if next.is_none() || events.len() >= wanted {
                break;
            }
        }
        Ok(EventPage { events, whole: next.is_none() })
    }
}

/// What was read of a stretch of time.
struct EventPage {
    /// In their order.
    events: Vec<FilteredLogEvent>,
    /// Whether that is all there is.
    whole: bool,
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
            // An unknown position is treated as rotated away.
            Some(position) => {
                with_deadline(DURING, self.forward(of, LogCursor::from_position(position), limit))
                    .await
            }
            None => with_deadline(DURING, self.tail(of, limit)).await,
        }
    }
}

#[cfg(test)]
mod tests;
