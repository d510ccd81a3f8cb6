//! A zone and a load balancer, as the stack makes them.
use std::sync::Arc;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, ProtocolEnum,
};
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
};
use refractory_aws::{Clients, LoadBalancerNames, Naming, Route53Zone, StackOutputs};
use refractory_core::SystemClock;
use refractory_core::model::{Hostname, Slug};
use refractory_core::ports::{Endpoint, NameRecord};
use testkit::aws::Account;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::outputs::nowhere;
use super::{clients, clients_at};

/// The domain of every test.
pub(crate) const DOMAIN: &str = "games.example";
/// The load balancer.
pub(crate) const BALANCER: &str = "refractory";

/// What names of one account stand on.
#[derive(Debug, Clone)]
pub(crate) struct Land {
    /// The account.
    pub(crate) account: Account,
    /// The stack's outputs; only what names need is true.
    pub(crate) outputs: StackOutputs,
}

impl Land {
    /// Makes a hosted zone and a load balancer that answers 404 to what it does not know.
    pub(crate) async fn new(account: Account) -> Self {
        let clients = clients(&account);
        let zone = clients.route53.create_hosted_zone().name(DOMAIN).caller_reference("test");
        let zone = zone.send().await.unwrap().hosted_zone.unwrap().id;
        let zone = zone.trim_start_matches("/hostedzone/").to_owned();
        let (listener, name, balancer_zone) = balancer(&clients).await;
        let outputs = StackOutputs {
            listener,
            balancer_name: name,
            balancer_zone,
            zone: Some(zone),
            ..nowhere()
        };
        Self { account, outputs }
    }

    /// The zone.
    pub(crate) fn zone(&self) -> Route53Zone {
        self.zone_over(clients(&self.account))
    }

    /// The zone, spoken to at `endpoint`.
    pub(crate) fn zone_at(&self, endpoint: &str) -> Route53Zone {
        self.zone_over(clients_at(&self.account, endpoint))
    }

    fn zone_over(&self, clients: Clients) -> Route53Zone {
        Route53Zone::new(clients, &self.outputs, Naming::new("refractory")).unwrap()
    }

    /// The load balancer.
    pub(crate) fn balancer(&self) -> LoadBalancerNames {
        self.balancer_at(self.account.endpoint())
    }

    /// The load balancer, spoken to at `endpoint`.
    pub(crate) fn balancer_at(&self, endpoint: &str) -> LoadBalancerNames {
        let clients = clients_at(&self.account, endpoint);
        LoadBalancerNames::new(
            clients,
            &self.outputs,
            Naming::new("refractory"),
            Arc::new(SystemClock),
        )
    }

    /// Writes a record that is none of ours.
    pub(crate) async fn write(&self, name: &str, kind: RrType, value: &str) {
        let value = ResourceRecord::builder().value(value).build().unwrap();
        let record = ResourceRecordSet::builder().name(name).r#type(kind).ttl(300);
        let record = record.resource_records(value).build().unwrap();
        let change = Change::builder().action(ChangeAction::Create).resource_record_set(record);
        let batch = ChangeBatch::builder().changes(change.build().unwrap()).build().unwrap();
        let route53 = clients(&self.account).route53;
        let sent = route53.change_resource_record_sets().change_batch(batch);
        sent.hosted_zone_id(self.outputs.zone.clone().unwrap()).send().await.unwrap();
    }

    /// Every record but the zone's own, as `friday.games.example A`.
    pub(crate) async fn records(&self) -> Vec<String> {
        let route53 = clients(&self.account).route53;
        let asked = route53.list_resource_record_sets();
        let page = asked.hosted_zone_id(self.outputs.zone.clone().unwrap()).send().await.unwrap();
        let own = [RrType::Soa, RrType::Ns];
        let all = page.resource_record_sets.iter().filter(|record| !own.contains(&record.r#type));
        all.map(|record| format!("{} {}", record.name.trim_end_matches('.'), record.r#type))
            .collect()
    }

    /// Asks the load balancer for `/` of `host`; the status and the body.
    pub(crate) async fn visit(&self, host: &str) -> (u16, String) {
        self.visit_at(host, "/").await
    }

    /// Asks the load balancer for `path` of `host`; the status and the body.
    pub(crate) async fn visit_at(&self, host: &str, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.account.address()).await.unwrap();
        // The emulator finds the account by the signature, though nothing here has to be signed.
        let (account, region) = (self.account.id(), self.account.region());
        let whose =
            format!("AWS4-HMAC-SHA256 Credential={account}/20261125/{region}/any/aws4_request");
        let asked = format!(
            "GET /_alb/{BALANCER}{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: {whose}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(asked.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

/// Makes a load balancer: its listener, its name and its zone.
pub(crate) async fn balancer(clients: &Clients) -> (String, String, String) {
    let made = clients.elb.create_load_balancer().name(BALANCER).subnets("subnet-1").send().await;
    let made = made.unwrap().load_balancers.unwrap().remove(0);
    let nothing = FixedResponseActionConfig::builder().status_code("404").message_body("nobody");
    let action = Action::builder()
        .r#type(ActionTypeEnum::FixedResponse)
        .fixed_response_config(nothing.build())
        .build();
    let listener = clients
        .elb
        .create_listener()
        .set_load_balancer_arn(made.load_balancer_arn)
        .port(80)
        .protocol(ProtocolEnum::Http)
        .default_actions(action);
    let listener = listener.send().await.unwrap().listeners.unwrap().remove(0);
    (
        listener.listener_arn.unwrap(),
        made.dns_name.unwrap(),
        made.canonical_hosted_zone_id.unwrap_or_else(|| "Z215JYRZR1TBD5".to_owned()),
    )
}

/// `slug` under the domain.
pub(crate) fn name(slug: &str) -> Hostname {
    Hostname::under(&Slug::new(slug).unwrap(), DOMAIN)
}

/// `slug`, leading to `host`.
pub(crate) fn record(slug: &str, host: &str) -> NameRecord {
    record_at(slug, host, 30_000)
}

/// `slug`, leading to `host` and `port`.
pub(crate) fn record_at(slug: &str, host: &str, port: u16) -> NameRecord {
    NameRecord::new(name(slug), Endpoint::new(host, port))
}

/// A table that answers everything with its name, at a loopback address.
#[derive(Debug)]
pub(crate) struct Table {
    /// Where it listens.
    pub(crate) port: u16,
    serving: JoinSet<()>,
}

impl Table {
    /// Starts it; at any port where `port` is zero.
    pub(crate) async fn start(title: &'static str, host: &str, port: u16) -> Self {
        let listener = TcpListener::bind((host, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 4096];
                if !matches!(stream.read(&mut asked).await, Ok(count) if count > 0) {
                    continue;
                }
                let length = title.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{title}"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, serving }
    }

    /// Ends it; its address is free afterwards.
    pub(crate) async fn stop(mut self) {
        self.serving.shutdown().await;
    }
}
