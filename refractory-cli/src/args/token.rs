//! `token`.
use std::time::Duration;

use clap::{Args, Subcommand};
use refractory_core::Timestamp;
use refractory_core::model::Scope;

const CREATE: &str = "\
Examples:
  refractory token create \"backup script\" --user jane
  refractory token create bot --user jane --scope play --expires 30d
  refractory token create ci --user jane --scope admin --scope credentials --expires 2027-12-31

A token never does more than its user. `play` includes `read`, `manage` includes `play`, `admin`
includes `manage`; tokens, passwords and sign-in links need `credentials`.";

/// What can be done to tokens for programs.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token for a program; its secret is printed once
    #[command(after_help = CREATE)]
    Create(Create),
    /// List tokens, without their secrets
    #[command(visible_alias = "ls")]
    List {
        /// Only the tokens of this user
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
    /// Revoke a token: it is good for nothing from then on
    Revoke {
        /// Its ID, or its name with `--user`
        #[arg(value_name = "ID|NAME")]
        name: String,
        /// The user whose token it is
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
}

/// Create a token.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What to call it, such as the program that uses it
    pub(crate) name: String,
    /// The user whose rights it has
    #[arg(long, value_name = "USER")]
    pub(crate) user: String,
    /// What it is limited to: read, play, manage, admin or credentials; may be repeated [default: read]
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
    pub(crate) scopes: Vec<Scope>,
    /// When it ends: a time from now such as 12h, 90d or 2w, a date such as 2027-12-31, or never
    #[arg(long, value_name = "WHEN", default_value = "90d", value_parser = expiry)]
    pub(crate) expires: Expiry,
}

/// When a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    After(Duration),
    On(Timestamp),
    Never,
}

fn scope(text: &str) -> Result<Scope, String> {
    text.parse().map_err(|error: refractory_core::Error| error.for_people().into_owned())
}

fn expiry(text: &str) -> Result<Expiry, String> {
    let wrong =
        || "write a time such as 12h, 90d or 2w, a date such as 2027-12-31, or never".to_owned();
    if text == "never" {
        return Ok(Expiry::Never);
    }
    if let Some(date) = date(text) {
        return Ok(Expiry::On(date));
    }
    let unit = text.chars().last().ok_or_else(wrong)?;
    let hours = match unit {
        'h' => 1_u64,
        'd' => 24,
        'w' => 24 * 7,
        _ => return Err(wrong()),
    };
    let count: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let seconds = count.checked_mul(hours * 3600).ok_or_else(wrong)?;
    Ok(Expiry::After(Duration::from_secs(seconds)))
}

/// The beginning of a day in UTC.
fn date(text: &str) -> Option<Timestamp> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day): (u64, u64, u64) =
        (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    if year < 1970 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    // Days from 1970-01-01, counted in years that begin in March.
    let (shifted, of_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * of_march + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year;
    let at = Timestamp(days.checked_sub(719_468)?.checked_mul(86_400_000)?);
    // A day that the month does not have is another day.
    at.to_string().starts_with(text).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_span_a_date_or_never() {
        let days = |days: u64| Ok(Expiry::After(Duration::from_hours(24 * days)));
        assert_eq!(expiry("never"), Ok(Expiry::Never));
        assert_eq!(expiry("90d"), days(90));
        assert_eq!(expiry("2w"), days(14));
        assert_eq!(expiry("48h"), days(2));
        for (text, shown) in [
            ("2027-12-31", "2027-12-31T00:00:00Z"),
            ("2028-02-29", "2028-02-29T00:00:00Z"),
            ("1970-01-01", "1970-01-01T00:00:00Z"),
            ("2100-03-01", "2100-03-01T00:00:00Z"),
        ] {
            let on = |expiry| match expiry {
                Ok(Expiry::On(at)) => at.to_string(),
                other => format!("{other:?}"),
            };
            assert_eq!(on(expiry(text)), shown);
        }
        for text in [
            "",
            "90",
            "d",
            "90x",
            "-1d",
            "2027-02-29",
            "2027-13-01",
            "2027-1-1",
            "soon",
            "99999999999999999999d",
        ] {
            assert!(expiry(text).is_err(), "{text}");
        }
    }
}
