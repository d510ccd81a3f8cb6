//! Elastic Load Balancing.
use testkit::aws::{Account, Program, Switches};

use super::account;
use super::api::{Api, Cluster, between};

struct Balancer {
    api: Api,
    listener: String,
}

impl Balancer {
    async fn new(account: &Account) -> Self {
        let this = Self { api: Api::of(account), listener: String::new() };
        let subnets =
            [("Name", "b"), ("Subnets.member.1", "subnet-a"), ("Subnets.member.2", "subnet-b")];
        let said = this.good("CreateLoadBalancer", &subnets).await;
        let listener = [
            ("LoadBalancerArn", between(&said, "LoadBalancerArn")),
            ("Port", "80"),
            ("Protocol", "HTTP"),
            ("DefaultActions.member.1.Type", "fixed-response"),
            ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "404"),
        ];
        let said = this.good("CreateListener", &listener).await;
        assert_eq!(this.refused("CreateListener", &listener).await, "DuplicateListener");
        Self { listener: between(&said, "ListenerArn").to_owned(), ..this }
    }

    async fn ask(&self, action: &str, with: &[(&str, &str)]) -> (u16, String) {
        self.api.query("elasticloadbalancing", action, with).await
    }

    async fn good(&self, action: &str, with: &[(&str, &str)]) -> String {
        let (status, said) = self.ask(action, with).await;
        assert_eq!(status, 200, "{action}: {said}");
        said
    }

    async fn refused(&self, action: &str, with: &[(&str, &str)]) -> String {
        let (status, said) = self.ask(action, with).await;
        assert_ne!(status, 200, "{action}");
        between(&said, "Code").to_owned()
    }

    async fn group(&self, name: &str) -> String {
        let with = [
            ("Name", name),
            ("Protocol", "HTTP"),
            ("Port", "30000"),
            ("TargetType", "ip"),
            ("VpcId", "vpc-1"),
        ];
        between(&self.good("CreateTargetGroup", &with).await, "TargetGroupArn").to_owned()
    }

    async fn rule(&self, priority: u32, group: &str) -> Result<String, String> {
        let priority = priority.to_string();
        let with = [
            ("ListenerArn", self.listener.as_str()),
            ("Priority", &priority),
            ("Conditions.member.1.Field", "host-header"),
            ("Conditions.member.1.Values.member.1", "a.example.org"),
            ("Actions.member.1.Type", "forward"),
            ("Actions.member.1.TargetGroupArn", group),
        ];
        let (status, said) = self.ask("CreateRule", &with).await;
        let part = if status == 200 { "RuleArn" } else { "Code" };
        let part = between(&said, part).to_owned();
        if status == 200 { Ok(part) } else { Err(part) }
    }
}

#[tokio::test]
async fn what_is_in_use_stays_and_what_is_not_there_is_said() {
    let balancer = Balancer::new(&account().await).await;
    let group = balancer.group("one").await;
    let rule = balancer.rule(5, &group).await.unwrap();
    assert_eq!(balancer.rule(5, &group).await.unwrap_err(), "PriorityInUse");
    assert_eq!(balancer.rule(60_000, &group).await.unwrap_err(), "ValidationError");
    let lost = format!("{group}0");
    assert_eq!(balancer.rule(6, &lost).await.unwrap_err(), "TargetGroupNotFound");
    let other = balancer.rule(7, &group).await.unwrap();
    let moved = [
        ("RulePriorities.member.1.RuleArn", other.as_str()),
        ("RulePriorities.member.1.Priority", "5"),
    ];
    assert_eq!(balancer.refused("SetRulePriorities", &moved).await, "PriorityInUse");
    assert_eq!(
        balancer.refused("DeleteTargetGroup", &[("TargetGroupArn", &group)]).await,
        "ResourceInUse"
    );
    for rule in [&rule, &other] {
        balancer.good("DeleteRule", &[("RuleArn", rule)]).await;
        assert_eq!(balancer.refused("DeleteRule", &[("RuleArn", rule)]).await, "RuleNotFound");
    }
    balancer.good("DeleteTargetGroup", &[("TargetGroupArn", &group)]).await;
    assert_eq!(
        balancer.refused("CreateTargetGroup", &[("Name", "under_score")]).await,
        "ValidationError"
    );
}

#[tokio::test]
async fn a_balancer_has_a_hundred_rules_and_a_hundred_groups() {
    let balancer = Balancer::new(&account().await).await;
    let first = balancer.group("g0").await;
    for number in 1..100 {
        let group = balancer.group(&format!("g{number}")).await;
        balancer.rule(number, &group).await.unwrap();
    }
    balancer.rule(100, &first).await.unwrap();
    assert_eq!(balancer.rule(101, &first).await.unwrap_err(), "TooManyRules");
}

#[tokio::test]
async fn a_target_is_healthy_while_somebody_listens() {
    let account = account().await;
    let balancer = Balancer::new(&account).await;
    account.set(&Switches { unhealthy: 1, ..Switches::default() }).await.unwrap();
    let script = "import os, http.server as s; s.test(s.SimpleHTTPRequestHandler, port=30000, bind=os.environ['REFRACTORY_TASK_ADDRESS'])";
    let cluster = Cluster::new(&account).await;
    let (_, address) = cluster.running(&Program::new("python3", &["-c", script])).await;
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while tokio::net::TcpStream::connect((address.as_str(), 30000)).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    let group = balancer.group("g").await;
    let target = [
        ("TargetGroupArn", group.as_str()),
        ("Targets.member.1.Id", &address),
        ("Targets.member.1.Port", "30000"),
    ];
    balancer.good("RegisterTargets", &target).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let said = balancer.good("DescribeTargetHealth", &[("TargetGroupArn", &group)]).await;
        seen.push(between(&said, "State").to_owned());
    }
    let tasks = account.tasks().await.unwrap();
    cluster.api.ecs("StopTask", serde_json::json!({"cluster": "k", "task": tasks[0].task})).await;
    cluster.until(&tasks[0].task, "STOPPED").await;
    let said = balancer.good("DescribeTargetHealth", &[("TargetGroupArn", &group)]).await;
    seen.push(between(&said, "State").to_owned());
    assert_eq!(seen, ["initial", "healthy", "unhealthy"]);
}
