//! The release, over HTTP.
use std::io::Write;
use std::path::Path;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

type Trouble = Box<dyn std::error::Error + Send + Sync>;

const MOST_REDIRECTS: usize = 5;

/// Fetches `url` into `file`, unless the `file` that is there is new enough for the server.
///
/// Plain HTTP only: the tests' servers are on this machine.
pub(super) async fn fetch(url: &str, file: &Path) -> Result<(), String> {
    let mut url = url.to_owned();
    for _ in 0..MOST_REDIRECTS {
        let answer = ask(&url, file).await.map_err(|why| format!("curl: (7) {why}"))?;
        match answer.status() {
            StatusCode::NOT_MODIFIED if file.exists() => return Ok(()),
            status if status.is_redirection() => {
                let next = answer.headers().get(header::LOCATION);
                let next = next.and_then(|next| next.to_str().ok());
                next.ok_or("curl: a redirection to nowhere")?.clone_into(&mut url);
            }
            StatusCode::OK => {
                let kept = keep(answer.into_body(), file).await;
                return kept.map_err(|why| format!("curl: (23) {why}"));
            }
            status => {
                let code = status.as_u16();
                return Err(format!("curl: (22) The requested URL returned error: {code}"));
            }
        }
    }
    Err("curl: (47) Maximum redirects followed".into())
}

async fn ask(url: &str, file: &Path) -> Result<http::Response<Body>, Trouble> {
    let uri: Uri = url.parse()?;
    if uri.scheme_str() != Some("http") {
        return Err("the stand-in fetches over plain HTTP only".into());
    }
    let host = uri.authority().ok_or("no host")?.clone();
    let stream = TcpStream::connect((host.host(), host.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::get(path).header(header::HOST, host.as_str());
    if let Ok(there) = std::fs::metadata(file).and_then(|there| there.modified()) {
        request = request.header(header::IF_MODIFIED_SINCE, http_date(there));
    }
    let answer = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    Ok(answer.map(|body| Body { body, _driver: driver }))
}

/// A body with the connection that it comes over.
struct Body {
    body: Incoming,
    _driver: JoinSet<hyper::Result<()>>,
}

async fn keep(mut body: Body, file: &Path) -> Result<(), Trouble> {
    let part = file.with_extension("part");
    let mut out = std::fs::File::create(&part)?;
    while let Some(frame) = body.body.frame().await {
        if let Ok(data) = frame?.into_data() {
            out.write_all(&data)?;
        }
    }
    std::fs::rename(part, file)?;
    Ok(())
}

/// As HTTP writes it: `Wed, 25 Nov 2026 20:00:00 GMT`.
fn http_date(time: std::time::SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut days, rest) = (since / 86_400, since % 86_400);
    let day = DAYS[usize::try_from(days % 7).unwrap_or(0)];
    let leap = |year: u64| {
        u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
    };
    let mut year = 1970;
    while days >= 365 + leap(year) {
        days -= 365 + leap(year);
        year += 1;
    }
    let lengths = [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{day}, {:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT", days + 1, MONTHS[month])
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::http_date;

    #[test]
    fn dates_are_written_as_http_wants_them() {
        let at = |seconds| http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(at(951_782_400), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(at(1_764_100_799), "Tue, 25 Nov 2025 19:59:59 GMT");
    }
}
