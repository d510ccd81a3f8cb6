//! As much of HTTP and WebSocket as a browser says here.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use crate::house::all_of;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The values of a header.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let fits = |line: &&str| line.to_lowercase().starts_with(&format!("{name}:"));
        let value = |line: &str| line.split_once(':').unwrap().1.trim().to_owned();
        self.head.lines().filter(fits).map(value).collect()
    }
}

/// Asks `127.0.0.1:port` for `path` as `host`; `None` where no one answers.
pub(crate) fn get(port: u16, host: &str, path: &str) -> Option<Answer> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nAccept: text/html\r\n\r\n").ok()?;
    let text = all_of(&mut socket);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let code = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { code, head: head.to_owned(), body: body.to_owned() })
}

/// Opens the game's socket with the session that its pages give.
pub(crate) fn game_socket(port: u16, host: &str) -> WebSocket<TcpStream> {
    socket_of_session(port, host, &game_session(port, host))
}

/// The session that the game's pages give.
fn game_session(port: u16, host: &str) -> String {
    let page = get(port, host, "/join").unwrap();
    let cookies = page.values("set-cookie");
    cookies
        .iter()
        .find_map(|cookie| {
            cookie.strip_prefix("session=")?.split(';').next().map(ToOwned::to_owned)
        })
        .unwrap_or_else(|| panic!("no session: {page:?}"))
}

/// Takes the first seat of the world that is open at `127.0.0.1:port`. Its user plays as long as the socket is there.
pub(crate) fn sit(port: u16) -> WebSocket<TcpStream> {
    const HOST: &str = "127.0.0.1";
    let session = game_session(port, HOST);
    let mut socket = greeted(socket_of_session(port, HOST, &session));
    socket.send(Message::text("420[\"getJoinData\"]")).unwrap();
    let told = packet(&mut socket, "430");
    let told: serde_json::Value = serde_json::from_str(told.strip_prefix("430").unwrap()).unwrap();
    let user = told[0]["users"][0]["_id"].as_str().unwrap().to_owned();
    let form = format!("action=join&userid={user}&userId={user}&password=");
    let mut asked = TcpStream::connect((HOST, port)).unwrap();
    write!(
        asked,
        "POST /join HTTP/1.1\r\nHost: {HOST}:{port}\r\nOrigin: http://{HOST}:{port}\r\nCookie: session={session}\r\n\
         Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let joined = all_of(&mut asked);
    assert!(joined.contains("success"), "{joined}");
    greeted(socket_of_session(port, HOST, &session))
}

/// The socket once the program has said whose it is.
fn greeted(mut socket: WebSocket<TcpStream>) -> WebSocket<TcpStream> {
    socket.send(Message::text("40")).unwrap();
    packet(&mut socket, "42[\"session\"");
    socket
}

/// The next packet that begins with `start`.
fn packet(socket: &mut WebSocket<TcpStream>, start: &str) -> String {
    loop {
        if let Message::Text(text) = socket.read().unwrap()
            && text.starts_with(start)
        {
            return text.as_str().to_owned();
        }
    }
}

fn socket_of_session(port: u16, host: &str, session: &str) -> WebSocket<TcpStream> {
    let path = format!("/socket.io/?session={session}&EIO=4&transport=websocket");
    let request = tungstenite::http::Request::builder()
        .uri(format!("ws://{host}:{port}{path}"))
        .header("Host", format!("{host}:{port}"))
        .header("Cookie", format!("session={session}"))
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", tungstenite::handshake::client::generate_key())
        .body(())
        .unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let (mut socket, _) = tungstenite::client(request, tcp).unwrap();
    let hello = socket.read().unwrap();
    assert!(hello.to_text().unwrap().starts_with('0'), "{hello:?}");
    socket
}

/// Whether the other side of the socket is still there.
pub(crate) fn is_alive(socket: &mut WebSocket<impl Read + Write>) -> bool {
    if socket.send(Message::Ping(b"still there?".as_slice().into())).is_err() {
        return false;
    }
    loop {
        match socket.read() {
            Ok(Message::Pong(_)) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}
