//! Whether a program answers.
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What became of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It spoke HTTP, and named this session if it began one.
    Spoke(Option<String>),
    /// Nobody listens.
    Refused,
    /// Somebody listens, and says nothing in time.
    Silent,
}

/// Asks `GET /api/status` of the program at `port`, in the session it gave earlier: each question
/// without one would leave a session and a line in its log.
pub(super) async fn ask(
    port: u16,
    prefix: &str,
    session: Option<&str>,
    within: Duration,
) -> Answer {
    match tokio::time::timeout(within, asked(port, prefix, session)).await {
        Ok(Ok(Some(head))) => Answer::Spoke(session_in(&head)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Answer::Refused,
        Ok(Ok(None) | Err(_)) | Err(_) => Answer::Silent,
    }
}

async fn asked(port: u16, prefix: &str, session: Option<&str>) -> io::Result<Option<String>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let slash = if prefix.is_empty() { "" } else { "/" };
    let cookie =
        session.map(|session| format!("Cookie: session={session}\r\n")).unwrap_or_default();
    let question = format!(
        "GET {slash}{prefix}/api/status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{cookie}Accept: application/json\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(question.as_bytes()).await?;
    let mut head = Vec::new();
    // A head is a few hundred bytes; whoever sends more without an end is not a web server.
    while head.len() < 32 << 10 && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    Ok(head.starts_with(b"HTTP/1.").then(|| String::from_utf8_lossy(&head).into_owned()))
}

fn session_in(head: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let cookie = name.eq_ignore_ascii_case("set-cookie").then(|| value.trim())?;
        let session = cookie.strip_prefix("session=")?.split(';').next()?;
        let plain = session.chars().all(|c| c.is_ascii_alphanumeric());
        (plain && !session.is_empty()).then(|| session.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_read_from_the_head() {
        let head = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nset-cookie: session=0af1; Path=/\r\n\r\n";
        assert_eq!(session_in(head).as_deref(), Some("0af1"));
        assert_eq!(session_in("HTTP/1.1 200 OK\r\nset-cookie: session=a\u{1}b\r\n"), None);
    }

    #[tokio::test]
    async fn silence_refusal_and_an_answer_are_three_things() {
        let quick = Duration::from_millis(200);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(ask(port, "", None, quick).await, Answer::Silent);
        let serve = async {
            // The first connection is the one nobody accepted.
            listener.accept().await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 2000];
            let read = stream.read(&mut asked).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nset-cookie: session=1\r\n\r\n").await.unwrap();
            String::from_utf8_lossy(&asked[..read]).into_owned()
        };
        let (answer, asked) = tokio::join!(ask(port, "a", Some("0"), quick), serve);
        assert_eq!(answer, Answer::Spoke(Some("1".to_owned())));
        assert!(asked.starts_with("GET /a/api/status ") && asked.contains("Cookie: session=0\r\n"));
        drop(listener);
        assert_eq!(ask(port, "", None, quick).await, Answer::Refused);
    }
}
