//! The backend `aws`.
use std::sync::Arc;

use refractory_core::config::{Backend, Base, Schema, Settings};
use refractory_core::finding::Finding;
use refractory_core::foundry::FoundryControl;
use refractory_core::local::Passwords;
use refractory_core::null::{NoAssetGateway, NoDns};
use refractory_core::ports::{AssetGateway, AssetStore, DnsZone, Store};
use refractory_core::{
    DeploymentId, Error, ErrorKind, Pairing, Ports, Result, StorePool, SystemClock, Timestamp,
    async_trait, pair,
};
use tokio::sync::OnceCell;

use crate::{
    AssetAccess, AwsConfig, BucketAssets, Clients, CloudWatchLogs, Doctor, DynamoStore, EfsStorage,
    FargateRuntime, LaunchArtifacts, LoadBalancerNames, Naming, NamingChoice, Route53Zone, Routing,
    S3Archives, S3Snapshots, SecretsManagerVault, StackOutputs,
};

/// The backend `aws`: one account and region, with the stack of `refractory infra deploy`.
#[derive(Debug, Default)]
pub struct AwsBackend {
    clients: Option<Clients>,
    connection: OnceCell<StackConnection>,
}

/// What the store and the ports share.
#[derive(Debug, Clone)]
struct StackConnection {
    config: AwsConfig,
    clients: Clients,
    outputs: StackOutputs,
}

impl AwsBackend {
    /// The same over clients that were put together elsewhere: with credentials, proxies or time-outs of an embedding
    /// program. Of `[aws]`, region, profile and endpoint then say nothing about where calls go.
    pub fn over(clients: Clients) -> Self {
        Self { clients: Some(clients), ..Self::default() }
    }

    /// One of each port on `outputs`, over clients that were made elsewhere: for a program that has its own configuration.
    ///
    /// # Errors
    ///
    /// `Invalid` for a configuration and stack outputs that cannot work together.
    pub fn ports(
        config: AwsConfig,
        clients: Clients,
        outputs: StackOutputs,
        base: Base,
    ) -> Result<Ports> {
        StackConnection { config, clients, outputs }.ports(base)
    }

    async fn clients(&self, config: &AwsConfig) -> Result<Clients> {
        match &self.clients {
            Some(clients) => Ok(clients.clone()),
            None => Clients::connect(config).await,
        }
    }

    /// Opened once: the store and the ports use the same stack.
    async fn connection(&self, settings: &Settings) -> Result<&StackConnection> {
        self.connection
            .get_or_try_init(|| async {
                let config: AwsConfig = settings.section()?;
                let clients = self.clients(&config).await?;
                let outputs = StackOutputs::of_stack(&clients, &config.deployment).await?;
                Ok(StackConnection { config, clients, outputs })
            })
            .await
    }
}

#[async_trait]
impl Backend for AwsBackend {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn declare(&self, schema: Schema) -> Schema {
        schema.with::<AwsConfig>()
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn store(&self, settings: &Settings) -> Result<Option<Arc<dyn Store>>> {
        let StackConnection { clients, outputs, .. } = self.connection(settings).await?;
        Ok(Some(Arc::new(DynamoStore::open(clients, &outputs.table).await?)))
    }

    async fn examine(&self, settings: &Settings, tables: usize) -> Vec<Finding> {
        let config = match settings.section::<AwsConfig>() {
            Ok(config) => config,
            Err(error) => return vec![Finding::failed("aws", error.for_people())],
        };
        match self.clients(&config).await {
            Ok(clients) => {
                let tables = u32::try_from(tables).unwrap_or(u32::MAX);
                let doctor = Doctor::new(clients, config, Arc::new(SystemClock));
                Box::pin(doctor.examine(tables)).await
            }
            Err(error) => vec![Finding::failed("aws", error.for_people())],
        }
    }

    async fn connect(&self, settings: &Settings, base: Base) -> Result<Ports> {
        let (connection, clock) = (self.connection(settings).await?, Arc::clone(&base.clock));
        let ports = connection.ports(base)?;
        check_pairing(&connection.config, &ports, clock.now()).await?;
        Ok(ports)
    }
}

/// Refuses a store that is not the one of this stack. A container's folder lives as long as the container, so what the store
/// belongs to is the stack, by its name; existing volumes show whether the stack was in use.
async fn check_pairing(config: &AwsConfig, ports: &Ports, now: Timestamp) -> Result<()> {
    let id = DeploymentId::new(&format!("aws.{}", config.deployment))?;
    let was_used = async || Ok(!ports.storage.list().await?.is_empty());
    let advice = match pair(ports.store.as_ref(), &id, was_used, now).await? {
        Pairing::Same => return Ok(()),
        Pairing::Emptied => format!(
            "The store of deployment `{}` is empty, and there are volumes of its tables: it was emptied or replaced. Restore the \
             table of DynamoDB to an earlier moment, or correct `url` in `[store]`. Nothing was changed.",
            config.deployment
        ),
        Pairing::Foreign(other) => format!(
            "The store is that of deployment `{other}`, and `deployment` in `[aws]` names `{}`. Correct one of the two, or give \
             this deployment a store of its own. Nothing was changed.",
            config.deployment
        ),
    };
    let error = Error::new(ErrorKind::Conflict, "comparing the stack with the store");
    Err(error.permanent().about("deployment", &config.deployment).advise(advice))
}

/// Under one host with the portal and all other tables, an upload would share their origin.
fn no_table_names() -> Error {
    Error::new(ErrorKind::Invalid, "putting AWS together").permanent().advise(
        "`assets = \"private\"` under `[aws]` needs a name for each table: set `domain` under `[web]` and leave `by_path` \
         out, or choose \"public\" buckets or the \"volume\".",
    )
}

impl StackConnection {
    fn ports(&self, base: Base) -> Result<Ports> {
        let Self { config, clients, outputs } = self;
        let Base { data, store, clock, addressing } = base;
        let storage = EfsStorage::new(clients.clone(), outputs, config, Arc::clone(&clock))?;
        let runtime = FargateRuntime::new(
            clients.clone(),
            outputs.clone(),
            config.clone(),
            storage.clone(),
            Arc::clone(&clock),
        );
        let vault: Arc<SecretsManagerVault> = Arc::new(SecretsManagerVault::new(clients, config));
        let pool = StorePool::new(Arc::clone(&store), Arc::clone(&vault), Arc::clone(&clock));
        let uploads =
            BucketAssets::new(clients.clone(), config, Arc::clone(&store), Arc::clone(&clock));
        if config.assets == AssetAccess::Private && addressing.by_path {
            return Err(no_table_names());
        }
        let uploads = uploads.with_origins(&addressing).with_boundary(outputs.boundary.clone());
        let (assets, asset_gateway): (Arc<dyn AssetStore>, Arc<dyn AssetGateway>) =
            match config.assets {
                AssetAccess::Volume => (Arc::new(uploads.on_volume()), Arc::new(NoAssetGateway)),
                AssetAccess::Public | AssetAccess::Private => {
                    let door = uploads.gateway();
                    (Arc::new(uploads), Arc::new(door))
                }
            };
        let logs = CloudWatchLogs::new(clients.clone(), outputs, config, Arc::clone(&clock));
        let remains = LaunchArtifacts::new(
            clients.clone(),
            config,
            storage.clone(),
            runtime.clone(),
            logs.clone(),
        );
        Ok(Ports {
            dns: self.names(clock)?,
            logs: Arc::new(logs),
            snapshots: Arc::new(S3Snapshots::new(storage.clone(), clients, outputs)),
            archives: Arc::new(S3Archives::new(clients, outputs, data)),
            runtime: Arc::new(runtime),
            storage: Arc::new(storage),
            assets,
            asset_gateway,
            game: Arc::new(FoundryControl::new()?),
            licenses: Arc::new(pool),
            vault,
            orphaned_resources: Arc::new(remains),
            auth: Arc::new(Passwords::new(Arc::clone(&store))),
            store,
        })
    }

    /// The provider of public names.
    fn names(&self, clock: Arc<dyn refractory_core::Clock>) -> Result<Arc<dyn DnsZone>> {
        let Self { config, clients, outputs } = self;
        let naming = Naming::new(&config.deployment);
        let records = match config.names {
            NamingChoice::Wildcard => None,
            NamingChoice::Records => {
                Some(Route53Zone::new(clients.clone(), outputs, naming.clone())?)
            }
        };
        let rules = || LoadBalancerNames::new(clients.clone(), outputs, naming, clock);
        Ok(match (config.routing, records) {
            (Routing::Edge, None) => Arc::new(NoDns),
            (Routing::Edge, Some(records)) => Arc::new(records),
            (Routing::LoadBalancer, None) => Arc::new(rules()),
            (Routing::LoadBalancer, Some(records)) => Arc::new(rules().with_records(records)),
        })
    }
}
