use refractory_core::ports::DnsZone;

use super::*;
use crate::names::marker::{marker_name, marker_text};
use crate::stub_server::{StubResponse, StubServer};

fn outputs() -> StackOutputs {
    StackOutputs {
        public_ip: true,
        boundary: None,
        cluster: String::new(),
        subnets: Vec::new(),
        task_group: String::new(),
        file_system: String::new(),
        execution_role: String::new(),
        task_role: String::new(),
        log_group: String::new(),
        table: String::new(),
        bucket: String::new(),
        vpc: String::new(),
        listener: String::new(),
        balancer_name: "lb.example".to_owned(),
        balancer_zone: "Z2".to_owned(),
        zone: Some("Z1".to_owned()),
    }
}

fn hostname(slug: &str) -> Hostname {
    super::super::marker::hostname(&format!("{slug}.games.example")).unwrap()
}

/// A page with the mark of one name; the next begins at `next`.
fn page(slug: &str, next: Option<&str>) -> StubResponse {
    let name = hostname(slug);
    let text = marker_text(&Naming::new("club"), &InstanceId::new(slug).unwrap());
    let record = format!(
        "<ResourceRecordSet><Name>{}.</Name><Type>TXT</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{}</Value>\
         </ResourceRecord></ResourceRecords></ResourceRecordSet>",
        marker_name(&name),
        text.replace('"', "&quot;")
    );
    let more = next.map(|next| {
        format!("<NextRecordName>{next}.</NextRecordName><NextRecordType>TXT</NextRecordType>")
    });
    let body = format!(
        "<ListResourceRecordSetsResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ResourceRecordSets>{record}\
         </ResourceRecordSets><IsTruncated>{}</IsTruncated>{}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>",
        next.is_some(),
        more.unwrap_or_default()
    );
    StubResponse { status: 200, headers: "content-type: text/xml\r\n".to_owned(), body }
}

fn slower() -> StubResponse {
    let body = "<ErrorResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Error><Type>Sender</Type>\
                <Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
    StubResponse {
        status: 400,
        headers: "content-type: text/xml\r\n".to_owned(),
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn a_long_list_waits_where_it_is_when_route_53_is_busy_and_reads_no_page_twice() {
    let canned = StubServer::serve(|at, _| match at {
        0 => page("friday", Some("monday.games.example")),
        1 | 2 => slower(),
        _ => page("monday", None),
    })
    .await;
    let zone = Route53Zone::new(canned.clients(), &outputs(), Naming::new("club")).unwrap();
    let named = |slug: &str| (hostname(slug), InstanceId::new(slug).unwrap());
    assert_eq!(zone.list().await.unwrap(), [named("friday"), named("monday")]);
    let begins: Vec<_> =
        canned.asked().iter().map(|asked| asked.head.contains("name=monday")).collect();
    assert_eq!(begins, [false, true, true, true]);
}
