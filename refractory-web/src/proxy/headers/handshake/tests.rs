use actix_http::h1::{Codec, Message, MessageType};
use bytes::BytesMut;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio_util::codec::Decoder as _;

use super::*;

/// The server's parser only works where a server could run.
fn on_a_worker(test: impl FnOnce()) {
    actix_web::rt::System::new().block_on(async move { test() });
}

/// What we decide of a request, and whether the server's own parser takes what follows it for raw bytes; nothing where
/// the parser refuses it.
fn decided(request: &str) -> Option<(Handshake, bool)> {
    let mut codec = Codec::default();
    let message = codec.decode(&mut BytesMut::from(request)).ok()??;
    let Message::Item(request) = message else { return None };
    Some((handshake(request.head()), matches!(codec.message_type(), MessageType::Stream)))
}

fn with(lines: &[&str]) -> String {
    let lines: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
    format!("GET /socket.io/ HTTP/1.1\r\nHost: friday.play.test\r\n{lines}\r\n")
}

#[test]
fn a_handshake_is_what_the_parser_takes_for_one() {
    on_a_worker(check_rows);
}

fn check_rows() {
    let opens: [&[&str]; 7] = [
        &["Upgrade: websocket", "Connection: Upgrade"],
        &["UPGRADE: WebSocket", "connection: keep-alive, uPGRADE"],
        &["Upgrade:\t websocket \t", "Connection: x ,Upgrade"],
        &["Upgrade: websocket", "Upgrade: websocket", "Connection: upgrade"],
        &[
            "Upgrade: h2c",
            "Upgrade: websocket",
            "Connection: HTTP2-Settings",
            "Connection: Upgrade",
        ],
        &["Upgrade: websocket", "Connection: Upgrade", "Content-Length: 0"],
        &["Upgrade: websocket", "Connection: close, Upgrade"],
    ];
    for lines in opens {
        assert_eq!(decided(&with(lines)), Some((Handshake::Websocket, true)), "{lines:?}");
    }
    let refused: [&[&str]; 11] = [
        &["Upgrade: websocket, h2c", "Connection: Upgrade"],
        &["Upgrade: h2c, websocket", "Connection: Upgrade, HTTP2-Settings"],
        &["Upgrade: websocket, websocket", "Connection: Upgrade"],
        &["Upgrade: websocket,", "Connection: Upgrade"],
        &["Upgrade: websocket/13", "Connection: Upgrade"],
        &["Upgrade: websocket"],
        &["Upgrade: websocket", "Connection: keep-alive"],
        &["Upgrade: websocket", "Connection: upgraded"],
        &["Upgrade: websocket", "Connection: Upgrade", "Content-Length: 5"],
        &["Upgrade: websocket", "Connection: Upgrade", "Transfer-Encoding: chunked"],
        &["Upgrade: websocket, h2c", "Connection: Upgrade", "Content-Length: 5"],
    ];
    for lines in refused {
        let (decided, _) = decided(&with(lines)).unwrap();
        assert!(matches!(decided, Handshake::Refused(_)), "{lines:?}: {decided:?}");
    }
    let absent: [&[&str]; 5] = [
        &[],
        &["Connection: Upgrade"],
        &["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings"],
        &["Upgrade: websockets", "Connection: Upgrade"],
        &["Upgrade: \"websocket\"", "Connection: Upgrade"],
    ];
    for lines in absent {
        assert_eq!(decided(&with(lines)), Some((Handshake::Absent, false)), "{lines:?}");
    }
}

fn lines_of(name: &str, values: &[String]) -> String {
    values.iter().flat_map(|value| [name, value, "\r\n"]).collect()
}

/// Spellings of a list of words, with odd case and spacing.
fn spelled(words: Vec<&'static str>) -> impl Strategy<Value = String> {
    let word = (prop::sample::select(words), any::<u64>()).prop_map(|(word, cases)| {
        let cased = word
            .chars()
            .enumerate()
            .map(|(at, c)| if cases >> (at % 64) & 1 == 1 { c.to_ascii_uppercase() } else { c });
        cased.collect::<String>()
    });
    let space = prop::sample::select(vec!["", " ", "\t", "  ", " \t "]);
    let piece = (space.clone(), word, space)
        .prop_map(|(before, word, after)| before.to_owned() + &word + after);
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.join(","))
}

#[test]
fn nothing_is_upgraded_that_the_parser_goes_on_reading() {
    let upgrade = ["websocket", "websocket", "websocket", "h2c", "", "websocket/13", "websockets"];
    let connection = ["upgrade", "upgrade", "keep-alive", "close", "host", "upgrade;x", ""];
    let body = [
        "",
        "",
        "Content-Length: 0\r\n",
        "Content-Length: 7\r\n",
        "Transfer-Encoding: chunked\r\n",
    ];
    let requests = (
        prop::sample::select(vec!["GET", "GET", "HEAD", "POST", "OPTIONS"]),
        prop::sample::select(vec!["1.1", "1.1", "1.1", "1.0"]),
        prop::collection::vec(spelled(upgrade.to_vec()), 0..3),
        prop::collection::vec(spelled(connection.to_vec()), 0..3),
        prop::sample::select(body.to_vec()),
    );
    let check = |(method, version, upgrades, connections, body): (
        &str,
        &str,
        Vec<String>,
        Vec<String>,
        &str,
    )| {
        let upgrades = lines_of("Upgrade:", &upgrades);
        let connections = lines_of("Connection:", &connections);
        let request = format!(
            "{method} / HTTP/{version}\r\nHost: friday.play.test\r\n{upgrades}{connections}{body}\r\n"
        );
        if let Some((decided, is_raw)) = decided(&request) {
            // Raw bytes are a tunnel or refused, and never behind an ordinary request; nothing else is a tunnel.
            prop_assert!(is_raw || decided != Handshake::Websocket, "{}", request);
            prop_assert!(!is_raw || decided != Handshake::Absent, "{}", request);
        }
        Ok(())
    };
    on_a_worker(|| {
        TestRunner::new(ProptestConfig::with_cases(3_000)).run(&requests, check).unwrap();
    });
}
