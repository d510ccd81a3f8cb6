//! Reads a small form before it is forwarded.
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::Notice;
use crate::connections::is_too_slow;

/// No honest form at `/join` comes near it.
const MAX_FORM: usize = 64 * 1024;
const LATE: &str = "The form took too long to arrive. Try again.";

/// The whole of `body`, where it is small and comes in time.
pub(super) async fn read_form(
    body: web::Payload,
    limit: Duration,
) -> Result<Bytes, Notice<'static>> {
    read_up_to(MAX_FORM, body, limit).await
}

/// The same for a body of up to `most` bytes.
pub(super) async fn read_up_to(
    most: usize,
    mut body: web::Payload,
    limit: Duration,
) -> Result<Bytes, Notice<'static>> {
    let refused = |status, why| Notice::Refused { status, why };
    let reading = async {
        let mut form = BytesMut::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| {
                if is_too_slow(&error) {
                    return refused(StatusCode::REQUEST_TIMEOUT, LATE);
                }
                refused(StatusCode::BAD_REQUEST, "The form was incomplete. Try again.")
            })?;
            if form.len() + chunk.len() > most {
                return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "The form is too large."));
            }
            form.extend_from_slice(&chunk);
        }
        Ok(form.freeze())
    };
    timeout(limit, reading)
        .await
        .unwrap_or_else(|_late| Err(refused(StatusCode::REQUEST_TIMEOUT, LATE)))
}
