//! Route 53.
use std::fmt::Write as _;

use super::account;
use super::api::{Api, between};

const ZONE: &str = "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
    <Name>example.org</Name><CallerReference>1</CallerReference></CreateHostedZoneRequest>";

async fn change(api: &Api, zone: &str, changes: &[(&str, &str, &str, &str)]) -> String {
    let mut listed = String::new();
    for (action, name, kind, value) in changes {
        let _ = write!(
            listed,
            "<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type><TTL>60</TTL>\
             <ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>\
             </ResourceRecordSet></Change>"
        );
    }
    let body = format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>\
         <Changes>{listed}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    );
    let (status, said) =
        api.rest("route53", "POST", &format!("/2013-04-01{zone}/rrset"), &body).await;
    between(&said, if status == 200 { "Status" } else { "Code" }).to_owned()
}

#[tokio::test]
async fn batches_are_checked_and_nothing_of_a_bad_one_is_done() {
    let api = Api::of(&account().await);
    let (_, said) = api.rest("route53", "POST", "/2013-04-01/hostedzone", ZONE).await;
    let zone = between(&said, "Id").to_owned();
    let (status, said) = api.rest("route53", "POST", "/2013-04-01/hostedzone", ZONE).await;
    assert_eq!((status, between(&said, "Code")), (409, "HostedZoneAlreadyExists"));
    let zone = zone.as_str();
    let zone = if zone.starts_with('/') { zone.to_owned() } else { format!("/hostedzone/{zone}") };
    let a = ("CREATE", "a.example.org", "A", "192.0.2.1");
    let ask = |changes: &'static [(&str, &str, &str, &str)]| change(&api, &zone, changes);
    assert_eq!(ask(&[("CREATE", "a.example.net", "A", "192.0.2.1")]).await, "InvalidChangeBatch");
    assert_eq!(change(&api, &zone, &[a]).await, "PENDING");
    assert_eq!(change(&api, &zone, &[a]).await, "InvalidChangeBatch", "it exists");
    let alias = ("CREATE", "a.example.org", "CNAME", "b.example.org");
    let fresh = ("CREATE", "c.example.org", "A", "192.0.2.1");
    assert_eq!(change(&api, &zone, &[fresh, alias]).await, "InvalidChangeBatch", "beside an A");
    assert_eq!(change(&api, &zone, &[fresh]).await, "PENDING", "it was not made before");
    let away = ("DELETE", a.1, a.2, a.3);
    assert_eq!(change(&api, &zone, &[away, alias]).await, "PENDING");
}
