//! One table on its own deployment, through the ports as [`AwsBackend`] puts them together, from nothing to nothing.
//!
//! The gate runs it over the emulator. With `--features live-aws` and an account's number in `REFRACTORY_LIVE_ACCOUNT` it
//! runs on that account; docs/aws.md says what that costs.
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use refractory_aws::infra::{DeployOptions, DestroyScope, Infra};
use refractory_aws::{AwsBackend, Clients, Naming, StackOutputs};
use refractory_core::config::{Loader, Sources};
use refractory_core::model::{Instance, NewInstance, Slug};
use refractory_core::ports::{
    Collection, LaunchSpec, Observed, SnapshotName, Stop, Volume, VolumeSpec,
};
use refractory_core::{
    Addressing, Clock as _, InstanceId, LaunchId, Ports, Result, Secret, SecretName, SystemClock,
};

/// What the table runs: anything that keeps running, has a shell, and prints a line.
const IMAGE: &str = "public.ecr.aws/docker/library/httpd:2.4";

/// An account, and how to ask it.
struct Account {
    clients: Clients,
    endpoint: Option<String>,
    /// What the deployment is called.
    name: String,
    /// The wait between two questions.
    pace: Duration,
    /// How long anything may take.
    patience: Duration,
}

impl Account {
    fn infra(&self) -> Infra {
        Infra::new(self.clients.clone(), &self.name).with_pace(self.pace)
    }

    async fn deploy(&self) {
        let (infra, mut tell) = (self.infra(), |progress: &_| println!("{progress:?}"));
        infra.prepare(&mut tell).await.unwrap();
        let proposal = infra.propose(&DeployOptions::default()).await.unwrap().unwrap();
        infra.apply(&proposal, &mut tell).await.unwrap();
    }

    /// Takes everything away, and sees that nothing is left.
    async fn destroy(&self) {
        let mut tell = |progress: &_| println!("{progress:?}");
        let left = self.infra().destroy(DestroyScope::Everything { recovery: 0 }, &mut tell).await;
        assert!(left.as_ref().is_ok_and(refractory_aws::infra::Inventory::is_empty), "{left:?}");
    }

    async fn ports(&self) -> Ports {
        let backend = AwsBackend::over(self.clients.clone());
        let loader = Loader::new(vec![Box::new(backend)]);
        let endpoint = self.endpoint.iter().map(|at| format!("endpoint = \"{at}\"\n"));
        let text = format!(
            "[core]\nbackend = \"aws\"\n[aws]\ndeployment = \"{}\"\nimage = \"{IMAGE}\"\nrecovery = \"0s\"\narchitecture = \"x86-64\"\n\
             cpu_millis = 250\nmemory = \"512MiB\"\n{}",
            self.name,
            endpoint.collect::<String>()
        );
        let settings = loader.load(Sources::new().text("smoke", &text)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (data, database) = (folder.path(), folder.path().join("unused"));
        loader.connect(&settings, data, &database, &Addressing::default()).await.unwrap()
    }

    /// Asks until the answer is `Ready`; what may pass by itself is asked again.
    async fn ready<T: std::fmt::Debug>(
        &self,
        what: &str,
        ask: impl AsyncFn() -> Result<Observed<T>>,
    ) -> T {
        match self.settled(what, ask).await {
            Observed::Ready(made) => made,
            other => panic!("{what}: {other:?}"),
        }
    }

    async fn absent<T: std::fmt::Debug>(
        &self,
        what: &str,
        ask: impl AsyncFn() -> Result<Observed<T>>,
    ) {
        let end = self.settled(what, ask).await;
        assert!(matches!(end, Observed::Absent), "{what}: {end:?}");
    }

    async fn settled<T: std::fmt::Debug>(
        &self,
        what: &str,
        ask: impl AsyncFn() -> Result<Observed<T>>,
    ) -> Observed<T> {
        let begun = Instant::now();
        loop {
            let answer = ask().await;
            match answer {
                Ok(Observed::Pending(_)) => {}
                Ok(other) => {
                    println!("{what}: {} ms", begun.elapsed().as_millis());
                    return other;
                }
                Err(ref error) => assert!(error.is_transient(), "{what}: {error:?}"),
            }
            assert!(begun.elapsed() < self.patience, "{what} takes too long: {answer:?}");
            tokio::time::sleep(self.pace).await;
        }
    }

    /// A whole life; the account is as it was afterwards.
    async fn life(&self) {
        self.deploy().await;
        let ports = self.ports().await;
        let outputs = StackOutputs::of_stack(&self.clients, &self.name).await.unwrap();
        let slug = Slug::new(&self.name).unwrap();
        let row = Instance::new(InstanceId::fresh(), NewInstance::named(slug), SystemClock.now());
        let of = row.id.clone();
        let rows = Collection::<Instance>::of(ports.store.as_ref());
        rows.insert(&row).await.unwrap();

        let volume = self
            .ready("volume", async || ports.storage.ensure(&of, &VolumeSpec::default()).await)
            .await;
        let bucket = self.ready("uploads", async || ports.assets.ensure(&of).await).await.handle;
        let key = LaunchId { instance: of.clone(), attempt: 1 };
        let spec = LaunchSpec::default().with(|spec| {
            spec.admin_key = Secret::new("a word for one smoke test");
        });
        self.ready("launch", async || ports.runtime.ensure(&key, &spec).await).await;
        self.uploads_are_read(&of, &bucket).await;
        self.something_is_printed(&ports, &of).await;
        self.absent("stop", async || match ports.runtime.remove(&key, Stop::Gentle).await? {
            // A launch that has ended and is still shown.
            Observed::Broken(_) => Ok(Observed::Pending(None)),
            other => Ok(other),
        })
        .await;
        self.snapshot(&ports, &volume).await;
        self.secret(&ports).await;

        self.absent("uploads, away", async || ports.assets.remove(&of).await).await;
        self.absent("volume, away", async || ports.storage.remove(&of).await).await;
        self.absent("the rest, away", async || ports.orphaned_resources.remove(&of).await).await;
        assert_eq!(ports.orphaned_resources.list().await.unwrap(), []);
        let row = rows.load(of.as_str()).await.unwrap().unwrap();
        rows.delete(&row).await.unwrap();
        drop((ports, outputs));
        self.destroy().await;
    }

    /// With the table's own key an upload goes to its bucket and nowhere else; everyone may read it who knows its name.
    async fn uploads_are_read(&self, of: &InstanceId, bucket: &str) {
        let secret = Naming::new(&self.name).assets_secret(of);
        let kept = self.clients.secrets.get_secret_value().secret_id(secret).send().await.unwrap();
        let told: serde_json::Value = serde_json::from_str(kept.secret_string().unwrap()).unwrap();
        let text = |key: &str| told["credentials"][key].as_str().unwrap();
        let keys =
            Credentials::new(text("accessKeyId"), text("secretAccessKey"), None, None, "table");
        let config = self.clients.s3.config().to_builder();
        let own = config.credentials_provider(SharedCredentialsProvider::new(keys)).build();
        let own = aws_sdk_s3::Client::from_conf(own);
        let put =
            own.put_object().bucket(bucket).key("maps/cave.webp").body(b"a cave".to_vec().into());
        put.send().await.unwrap();
        own.list_buckets().send().await.unwrap_err();
        let anybody = self.anybody();
        let read = anybody.get_object().bucket(bucket).key("maps/cave.webp").send().await.unwrap();
        assert_eq!(read.body.collect().await.unwrap().into_bytes(), b"a cave"[..]);
        anybody.list_objects_v2().bucket(bucket).send().await.unwrap_err();
    }

    /// Someone without credentials.
    fn anybody(&self) -> aws_sdk_s3::Client {
        let https = Provider::Rustls(CryptoMode::Ring);
        let https = aws_smithy_http_client::Builder::new().tls_provider(https).build_https();
        let mut config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.clients.region.clone()))
            .allow_no_auth()
            .http_client(https)
            .force_path_style(self.endpoint.is_some());
        config.set_endpoint_url(self.endpoint.clone());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    async fn something_is_printed(&self, ports: &Ports, of: &InstanceId) {
        let printed = async || {
            let chunk = ports.logs.read(of, None, 10).await?;
            Ok(if chunk.lines.is_empty() {
                Observed::Pending(None)
            } else {
                Observed::Ready(chunk)
            })
        };
        self.ready("log", printed).await;
    }

    async fn snapshot(&self, ports: &Ports, volume: &Volume) {
        let name = SnapshotName { of: volume.of.clone(), at: SystemClock.now() };
        self.ready("copy", async || ports.snapshots.ensure(&name, volume).await).await;
        self.ready("copy, put back", async || ports.snapshots.restore(&name, volume).await).await;
        self.absent("copy, away", async || ports.snapshots.remove(&name).await).await;
    }

    async fn secret(&self, ports: &Ports) {
        let (name, word) = (SecretName::new("smoke").unwrap(), Secret::new("word"));
        self.ready("secret", async || ports.vault.ensure(&name, &word).await).await;
        self.absent("secret, away", async || ports.vault.remove(&name).await).await;
    }
}

#[tokio::test]
async fn a_table_lives_on_a_deployment_of_its_own() {
    let emulated = testkit::aws::Emulator::shared().await.account();
    let prints =
        testkit::aws::Program::new("/bin/sh", &["-c", "echo httpd is here; exec sleep 600"]);
    emulated.run_as(IMAGE, &prints).await.unwrap();
    let helper = refractory_aws::AwsConfig::default().helper_image;
    let own = testkit::aws::Program::new("/usr/bin/env", &[]);
    emulated.run_as(&helper, &own).await.unwrap();
    let account = Account {
        clients: crate::infra::patient(&emulated, emulated.access_key(), emulated.secret_key()),
        endpoint: Some(emulated.endpoint().to_owned()),
        name: "smoke".to_owned(),
        pace: Duration::from_millis(20),
        patience: Duration::from_mins(1),
    };
    let before = testkit::aws::inventory(&emulated).await;
    account.life().await;
    assert_eq!(testkit::aws::inventory(&emulated).await, before, "the account is as it was");
}

/// Costs money, so that it runs for no one who did not ask for it: the account that the credentials are of is named beforehand.
#[cfg(feature = "live-aws")]
mod live {
    use super::*;

    #[tokio::test]
    async fn a_table_lives_on_a_real_account() {
        let asked = std::env::var("REFRACTORY_LIVE_ACCOUNT").unwrap_or_default();
        assert!(
            !asked.is_empty(),
            "name the account in REFRACTORY_LIVE_ACCOUNT: this makes things there that cost money"
        );
        let clients = Clients::connect(&refractory_aws::AwsConfig::default()).await.unwrap();
        let caller = clients.sts.get_caller_identity().send().await.unwrap();
        assert_eq!(
            caller.account(),
            Some(asked.as_str()),
            "the credentials are of another account"
        );
        let name = format!("smoke-{}", &InstanceId::fresh().as_str()[..8]);
        println!(
            "`refractory infra destroy --with-data` with `[aws] deployment = \"{name}\"` removes all of this"
        );
        let (pace, patience) = (Duration::from_secs(2), Duration::from_mins(15));
        Account { clients, endpoint: None, name, pace, patience }.life().await;
    }
}
