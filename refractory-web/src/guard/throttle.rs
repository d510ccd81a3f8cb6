//! How often somebody may try to get in.
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::StatusCode;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::problem::Problem;

/// More keys than this share one budget, so that nobody can fill the memory with them.
const KEYS: usize = 10_000;

type Keyed = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;

/// Counts tries by client and by account.
pub(crate) struct Throttle {
    by_client: Keyed,
    by_name: Keyed,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            by_client: budget(20, Duration::from_secs(6)),
            by_name: budget(8, Duration::from_secs(15)),
        }
    }
}

impl Throttle {
    /// Counts one try from `client`, at the account `name` where one was named.
    pub(crate) fn count(&self, client: IpAddr, name: Option<&str>) -> Result<(), Problem> {
        take(&self.by_client, network(client))?;
        name.map_or(Ok(()), |name| take(&self.by_name, name.to_ascii_lowercase()))
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Throttle")
    }
}

/// `burst` tries at once, then one each `every`.
fn budget(burst: u32, every: Duration) -> Keyed {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(every).unwrap_or_else(|| Quota::per_minute(burst));
    RateLimiter::hashmap(quota.allow_burst(burst))
}

/// One household: an IPv6 client has a whole /64 to itself.
fn network(client: IpAddr) -> String {
    match client.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => hex::encode(&v6.octets()[..8]),
    }
}

fn take(budgets: &Keyed, key: String) -> Result<(), Problem> {
    if budgets.len() >= KEYS {
        budgets.retain_recent();
    }
    let key = if budgets.len() >= KEYS { String::new() } else { key };
    budgets.check_key(&key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now()).max(Duration::from_secs(1));
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!(
                "That were too many tries. Wait {} seconds, then try again.",
                wait.as_secs() + 1
            ),
        )
        .retry_after(wait)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    #[test]
    fn one_account_is_guarded_against_many_clients() {
        let throttle = Throttle::default();
        let refused = (0..20).filter(|n| throttle.count(ip(*n), Some("Anna")).is_err()).count();
        assert!(refused >= 10);
        assert!(throttle.count(ip(99), Some("bert")).is_ok());
    }

    #[test]
    fn one_client_is_held_back_whatever_it_tries() {
        let throttle = Throttle::default();
        let names: Vec<String> = (0..40).map(|n| format!("user{n}")).collect();
        let refused =
            names.iter().filter(|name| throttle.count(ip(1), Some(name)).is_err()).count();
        assert!(refused >= 19);
    }

    #[test]
    fn a_flood_of_names_does_not_grow_without_end() {
        let throttle = Throttle::default();
        for n in 0..KEYS * 2 {
            let _counted = take(&throttle.by_name, format!("n{n}"));
        }
        assert!(throttle.by_name.len() <= KEYS + 1);
    }
}
