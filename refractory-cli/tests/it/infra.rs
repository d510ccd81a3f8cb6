//! `infra`, on an emulator.
use serde_json::Value;
use testkit::aws::{Account, Emulator, Engine, Inventory, inventory};

use crate::house::{House, Said};

/// A folder, and an account of AWS that its configuration points to.
pub(crate) struct Site {
    pub(crate) house: House,
    pub(crate) account: Account,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::of(Emulator::shared().await.account()).await
    }

    /// The same with tasks that are containers.
    pub(crate) async fn in_docker() -> Self {
        Self::of(Engine::shared().await.account().await).await
    }

    async fn of(account: Account) -> Self {
        let house = House::new();
        let file = format!(
            "[aws]\ndeployment = \"club\"\nregion = \"{}\"\nendpoint = \"{}\"\nrecovery = \"0s\"\n",
            account.region(),
            account.endpoint()
        );
        std::fs::write(house.path().join("refractory.toml"), file).unwrap();
        // The emulator learns a service when it is first asked; the program is less patient than that takes.
        inventory(&account).await;
        Self { house, account }
    }

    pub(crate) fn run(&self, line: &str) -> Said {
        let mut command = self.house.command(line.split_whitespace());
        command.env("AWS_ACCESS_KEY_ID", self.account.access_key());
        command.env("AWS_SECRET_ACCESS_KEY", self.account.secret_key());
        Said::of(command.output().unwrap())
    }

    pub(crate) async fn left(&self) -> Inventory {
        inventory(&self.account).await
    }
}

#[test]
fn the_helps_of_infra_are_as_they_were_agreed_on() {
    let house = House::new();
    let helps = ["", "deploy", "diff", "status", "destroy", "policy"].map(|command| {
        let help = house.run(&format!("infra {command} -h")).ok().out;
        let own = help.split("\nEverywhere:\n").enumerate().map(|(index, part)| {
            if index > 0 { part.split_once("\n\n").map_or("", |(_, rest)| rest) } else { part }
        });
        format!("$ refractory infra {command} -h\n{}\n", own.collect::<String>())
    });
    insta::assert_snapshot!(helps.concat());
}

#[test]
fn policies_are_printed_before_anything_is_there() {
    let house = House::new();
    std::fs::write(house.path().join("refractory.toml"), "[aws]\nregion = \"eu-central-1\"\n")
        .unwrap();
    let front_end = house.run("infra policy front-end --account 123456789012").ok().json();
    assert!(
        front_end["refractory-front-end"].to_string().contains("refractory/vault/*"),
        "{front_end}"
    );
    for (whose, name) in
        [("controller", "refractory-controller-state"), ("operator", "refractory-operator-stack")]
    {
        let line = format!("infra policy {whose} --account 123456789012 --zone Z0123");
        let all = house.run(&line).ok().json();
        assert_eq!(all[name]["Version"], "2012-10-17", "{all}");
        assert!(all.to_string().contains("hostedzone/Z0123"), "{all}");
        let why = house.run(&format!("{line} --why")).ok().out;
        assert!(why.starts_with("ACTION") && why.lines().count() > 20, "{why}");
    }
}

#[tokio::test]
async fn a_deployment_is_shown_made_looked_at_and_taken_away() {
    let site = Site::new().await;
    let shown = site.run("infra diff --json").ok().json();
    assert_eq!(shown["kind"], "create");
    assert!(shown["changes"].as_array().unwrap().len() > 30, "{shown}");
    site.run("infra deploy").failed(2, "--yes");
    assert_eq!(site.left().await, Inventory::new(), "what nobody agreed to leaves nothing");

    let said = site.run("infra deploy --yes").ok();
    assert!(said.out.contains("`club` is deployed"), "{said:?}");
    assert!(said.err.contains("FileSystem: create complete"), "{said:?}");
    let said = site.run("infra deploy --yes").ok();
    assert!(said.out.contains("No changes"), "{said:?}");
    assert_eq!(site.run("infra diff --json").ok().json()["kind"], "none");
    let table = site.run("infra diff --nat yes").ok().out;
    assert!(
        table.contains("add") && table.contains("NatGateway") && table.contains("EC2 NatGateway"),
        "{table}"
    );

    let status = site.run("infra status --json").ok().json();
    assert_eq!(
        (&status["stands"], &status["drift"]),
        (&Value::Bool(true), &Value::Array(Vec::new())),
        "{status}"
    );
    let status = site.run("infra status --quick").ok().out;
    assert!(
        status.contains("club (CREATE_COMPLETE)") && status.contains("about $0.00 a month"),
        "{status}"
    );

    site.run("infra destroy").failed(2, "--confirm club");
    site.run("infra destroy --confirm clup").failed(2, "Nothing was changed");
    let said = site.run("infra destroy --confirm club").ok();
    assert!(said.out.contains("releases and snapshots: club-"), "{said:?}");
    let said = site.run("infra status --quick --json");
    assert_eq!(said.code, 9, "{said:?}");
    assert_eq!(said.json()["status"], Value::Null);

    let said = site.run("infra deploy --yes --json").ok().json();
    assert!(said["changes"].to_string().contains("\"adopt\""), "{said}");
    let said = site.run("infra destroy --with-data --confirm club").ok();
    assert!(
        said.out.contains("was deleted completely") && said.err.contains("FOR GOOD"),
        "{said:?}"
    );
    assert_eq!(site.left().await, Inventory::new());
    let said = site.run("infra destroy --with-data").ok().out;
    assert!(said.contains("Nothing of `club` exists"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_is_told_with_the_next_step() {
    let site = Site::new().await;
    site.run("infra deploy --yes --domain tables.example.org").failed(2, "--zone");
    site.run("infra deploy --yes --vpc vpc-0123").failed(2, "--public-subnets");
    let said = site.run("infra deploy --yes --domain tables.example.org --zone ZNOSUCHZONE");
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("then run `refractory infra deploy` again."), "{said:?}");
    let said = site.run("infra diff").failed(4, "clears away what it left");
    assert!(said.out.is_empty(), "{said:?}");
    site.run("infra deploy --yes").ok();
}
