//! Thousands of clients that say little, and what is left for the others.
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

use refractory_web::Descriptors;
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use crate::house::{House, Up, all_of, soon};
use crate::http::{game_socket, get, is_alive};

/// Requests that never come to an end, or whose answers do not; `{port}` stands for the port.
const SILENT: [(&str, &str); 7] = [
    (
        "a form",
        "POST /sign-in HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n",
    ),
    (
        "JSON",
        "POST /api/v1/session HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
    ),
    (
        "an upload to a table",
        "POST /upload HTTP/1.1\r\nHost: demo.localhost:{port}\r\nContent-Length: 1000\r\n\r\n",
    ),
    (
        "a stream for no table",
        "GET /_refractory/waiting/nobody HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n",
    ),
    ("a stream", "GET /_refractory/waiting/demo HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"),
    ("half a head", "GET / HTTP/1.1\r\nHost: localhost:{port}\r\nX-More: "),
    (
        "half a second head",
        "GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\n\r\nGET / HTTP/1.1\r\n",
    ),
];

/// A connection from this address of the machine.
fn from(address: Ipv4Addr, port: u16) -> TcpStream {
    let stream = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&stream, &SocketAddrV4::new(address, 0)).unwrap();
    connect(&stream, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).unwrap();
    let stream = TcpStream::from(stream);
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Where clients come from.
#[derive(Debug, Clone, Copy)]
enum Whence {
    /// All from where everyone else comes from.
    Here,
    /// All from one other address.
    There,
    /// Each from its own address.
    Everywhere,
}

impl Whence {
    fn address(self, number: u32) -> Ipv4Addr {
        let first = Ipv4Addr::new(127, 1, 0, 1);
        match self {
            Self::Here => Ipv4Addr::LOCALHOST,
            Self::There => first,
            Self::Everywhere => Ipv4Addr::from_bits(first.to_bits() + number),
        }
    }
}

/// `count` clients that say `request`.
fn crowd(up: &Up, request: &str, count: u32, whence: Whence) -> Vec<TcpStream> {
    let request = request.replace("{port}", &up.port().to_string());
    let open = |number: u32| {
        let mut client = from(whence.address(number), up.port());
        // The client that is to be evicted may be gone by now.
        drop(client.write_all(request.as_bytes()));
        client
    };
    (0..count).map(open).collect()
}

fn everything_answers(up: &Up, during: &str) {
    for (host, path) in
        [("localhost", "/healthz"), ("localhost", "/sign-in"), ("demo.localhost", "/join")]
    {
        // A newcomer of the burst itself may be told to come again.
        let code = soon(Duration::from_secs(20), || {
            get(up.port(), host, path).map(|answer| answer.code).filter(|code| *code != 503)
        });
        assert_eq!(code, 200, "{host}{path} during {during}");
    }
}

/// What `/metrics` says of `name`.
fn metric(up: &Up, name: &str) -> u64 {
    let mut socket = TcpStream::connect(("127.0.0.1", up.port())).unwrap();
    let asked = format!(
        "GET /metrics HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n",
        up.port()
    );
    socket.write_all(asked.as_bytes()).unwrap();
    let text = all_of(&mut socket);
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in {text}"))
        .rsplit(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn silent_clients_keep_nobody_out_at_the_usual_limit() {
    Descriptors::raise().unwrap();
    let house = House::new();
    let up = house.up_within(1_024, "--demo");
    house.run("instance start demo --wait").ok();
    let mut player = game_socket(up.port(), "demo.localhost");
    for (what, request) in SILENT {
        for whence in [Whence::Here, Whence::Everywhere] {
            let held = crowd(&up, request, 1_200, whence);
            everything_answers(&up, what);
            assert!(is_alive(&mut player), "a player was cut off during {what}");
            let open = metric(&up, "refractory_connections");
            assert!(open <= metric(&up, "refractory_connections_limit"), "{open} during {what}");
            assert!(metric(&up, "refractory_open_descriptors") < 1_024);
            drop(held);
        }
    }
    assert!(metric(&up, "refractory_connections_evicted_total") > 1_000);
    let _held = crowd(&up, SILENT[0].1, 1_200, Whence::Everywhere);
    house.run("instance stop demo --now --wait").ok();
    house.run("instance start demo --wait").ok();
    everything_answers(&up, "a table's whole life");
}

#[test]
fn websockets_of_one_client_leave_room_for_others() {
    Descriptors::raise().unwrap();
    let house = House::new();
    let up = house.up_within(1_024, "--demo");
    house.run("instance start demo --wait").ok();
    let handshake = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: demo.localhost:{port}\r\nUpgrade: websocket\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let mut held = crowd(&up, handshake, 60, Whence::There);
    let mut codes: Vec<String> = Vec::new();
    for client in &mut held {
        let mut first = [0; 12];
        client.read_exact(&mut first).unwrap();
        codes.push(String::from_utf8_lossy(&first[9..]).into_owned());
    }
    let opened = codes.iter().filter(|code| *code == "101").count();
    assert!(opened == 48 && codes.iter().all(|code| code == "101" || code == "503"), "{codes:?}");
    assert!(is_alive(&mut game_socket(up.port(), "demo.localhost")), "another client plays");
}

/// Kibibytes that are resident.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn memory_falls_back_when_thousands_have_gone() {
    const MANY: u32 = 4_000;
    Descriptors::raise().unwrap();
    let house = House::new();
    let up = house.up("--demo");
    house.run("instance start demo --wait").ok();
    let before = {
        drop(crowd(&up, SILENT[0].1, 100, Whence::Everywhere));
        everything_answers(&up, "nothing");
        resident(up.pid())
    };
    for (what, request) in [SILENT[0], SILENT[2], SILENT[6]] {
        let held = crowd(&up, request, MANY, Whence::Everywhere);
        everything_answers(&up, what);
        drop(held);
        soon(Duration::from_mins(1), || (metric(&up, "refractory_connections") < 10).then_some(()));
        let begun = Instant::now();
        let mut now = resident(up.pid());
        while now > before + 20 * 1_024 {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "{now} KiB after {what}, {before} KiB before"
            );
            std::thread::sleep(Duration::from_millis(200));
            now = resident(up.pid());
        }
    }
}
