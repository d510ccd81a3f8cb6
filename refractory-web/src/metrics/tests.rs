use refractory_core::model::DutyReport;
use refractory_core::{Timestamp, WorkerId};

use super::*;

fn worker() -> WorkerMark {
    let mut sweep = DutyReport::fresh("sweep", Duration::from_mins(2));
    sweep.last = Some(Timestamp(90_500));
    (sweep.failure, sweep.runs, sweep.failures) = (Some("No answer.".to_owned()), 7, 2);
    WorkerMark {
        id: WorkerId::new("w").unwrap(),
        born: Timestamp(1),
        seen: Timestamp(2),
        unlisted: Vec::new(),
        duties: vec![sweep],
        revision: 1,
    }
}

#[test]
fn numbers_are_told_in_the_text_format() {
    let metrics = Metrics::default();
    metrics.answered(200, Duration::from_millis(3));
    metrics.answered(503, Duration::from_secs(9));
    metrics.passed_on();
    let text = metrics.text(
        &Snapshot::default(),
        &[worker()],
        2,
        &Clients { connections: 5, most: 384, ..Clients::default() },
    );
    let lines = [
        "refractory_tables{state=\"on\"} 0",
        "refractory_workers 1",
        "refractory_duty_last_run_timestamp_seconds{duty=\"sweep\"} 90",
        "refractory_duty_failing{duty=\"sweep\"} 1",
        "refractory_duty_runs_total{duty=\"sweep\"} 7",
        "refractory_duty_failures_total{duty=\"sweep\"} 2",
        "refractory_proxied_requests_total 1",
        "refractory_proxied_sockets 2",
        "refractory_connections 5",
        "refractory_connections_limit 384",
        "refractory_http_duration_seconds_bucket{class=\"2xx\",le=\"0.005\"} 1",
        "refractory_http_duration_seconds_bucket{class=\"5xx\",le=\"5\"} 0",
        "refractory_http_duration_seconds_bucket{class=\"5xx\",le=\"+Inf\"} 1",
        "refractory_http_duration_seconds_sum{class=\"5xx\"} 9",
    ];
    for line in lines {
        assert!(text.lines().any(|there| there == line), "{line} is not in\n{text}");
    }
}
