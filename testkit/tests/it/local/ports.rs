//! Where programs listen.
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use refractory_core::ports::{InstanceRuntime, Observed};
use tokio::time::sleep;

use super::bed::Bed;

async fn port_of_first_note(bed: &Bed) -> u16 {
    loop {
        if let Ok(text) = fs::read_to_string(bed.note(1)) {
            let note: serde_json::Value = serde_json::from_str(&text).unwrap();
            return u16::try_from(note["port"].as_u64().unwrap()).unwrap();
        }
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_port_that_a_stranger_takes_first_costs_another_try_of_the_same_launch() {
    let bed = Bed::made().await;
    bed.control(r#"{"start": "400ms"}"#);
    let runtime = bed.runtime();
    while !bed.note(1).exists() {
        runtime.ensure(&bed.key(1), &bed.spec).await.unwrap();
        sleep(Duration::from_millis(5)).await;
    }
    let taken = port_of_first_note(&bed).await;
    let _stranger = TcpListener::bind(("127.0.0.1", taken)).unwrap();
    let endpoint = bed.up(&runtime, 1).await;
    assert_ne!(endpoint.port, taken);
    assert!(bed.log().contains("EADDRINUSE"));
}

#[tokio::test]
async fn a_stranger_who_answers_on_the_port_is_not_taken_for_the_program() {
    let bed = Bed::made().await;
    bed.control(r#"{"start": "1s"}"#);
    let runtime = bed.runtime();
    while !bed.note(1).exists() {
        runtime.ensure(&bed.key(1), &bed.spec).await.unwrap();
        sleep(Duration::from_millis(5)).await;
    }
    let taken = port_of_first_note(&bed).await;
    let stranger = tokio::net::TcpListener::bind(("127.0.0.1", taken)).await.unwrap();
    let serve = async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        loop {
            let (mut stream, _) = stranger.accept().await.unwrap();
            let mut asked = [0; 1000];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
        }
    };
    let watch = async {
        let mut warned = false;
        loop {
            match runtime.ensure(&bed.key(1), &bed.spec).await.unwrap() {
                Observed::Ready(endpoint) => return (endpoint, warned),
                Observed::Pending(Some(progress)) => {
                    warned |= progress.message.contains("another program answers");
                }
                Observed::Pending(None) => {}
                other @ (Observed::Absent | Observed::Broken(_)) => panic!("{other:?}"),
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let (endpoint, warned) = tokio::select! {
        seen = watch => seen,
        () = serve => unreachable!(),
    };
    assert!(warned);
    assert_ne!(endpoint.port, taken);
}

#[tokio::test]
async fn tables_get_ports_of_their_own_and_keep_them() {
    let mut bed = Bed::made().await;
    let runtime = bed.runtime();
    let first = bed.up(&runtime, 1).await;
    let other = refractory_core::InstanceId::fresh();
    let mine = std::mem::replace(&mut bed.instance, other);
    fs::create_dir_all(bed.volume().root()).unwrap();
    let second = bed.up(&runtime, 1).await;
    assert_ne!(first.port, second.port);
    bed.instance = mine;
    bed.down(&runtime, 1, refractory_core::model::Urgency::Gentle).await;
    assert_eq!(bed.up(&runtime, 2).await.port, first.port);
}
