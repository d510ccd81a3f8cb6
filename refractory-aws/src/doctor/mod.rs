//! What of an account keeps a deployment from working, and what to do about it.
//!
//! Each check is independent: one that AWS refuses names the missing permission and does not stop the others.
//! Nothing is changed. Looking is apart from judging: what was seen is judged by functions without calls.
mod account;
mod certificate;
mod estimate;
mod image;
mod names;
mod permissions;
mod portal;
mod quotas;
mod refusal;
mod stack;

use std::sync::Arc;

use refractory_core::Clock;
use refractory_core::finding::Finding;

use self::stack::DescribedStack;
use crate::{AwsConfig, Clients};

/// Looks at an account for one deployment. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Doctor {
    clients: Clients,
    config: AwsConfig,
    clock: Arc<dyn Clock>,
}

impl Doctor {
    /// A doctor for the deployment of `config`.
    pub fn new(clients: Clients, config: AwsConfig, clock: Arc<dyn Clock>) -> Self {
        Self { clients, config, clock }
    }

    /// Everything there is to say of the account, for a deployment of so many tables.
    pub async fn examine(&self, tables: u32) -> Vec<Finding> {
        let mut findings = image::judge(&self.config);
        let (met, caller) = account::identify(&self.clients).await;
        findings.push(met);
        if let Some(caller) = caller {
            let (stood, stack) = stack::describe(&self.clients, &self.config.deployment).await;
            findings.extend(stood);
            let (on_stack, permitted, quotas) = tokio::join!(
                Box::pin(self.check_stack(stack.as_ref())),
                Box::pin(permissions::check(
                    &self.clients,
                    &self.config.deployment,
                    &caller,
                    stack.as_ref()
                )),
                Box::pin(quotas::check(&self.clients, &self.config, tables)),
            );
            findings.extend(permitted);
            findings.extend(on_stack);
            findings.extend(quotas);
        }
        findings.push(estimate::of(&self.config, &self.clients.region, tables));
        findings
    }

    /// What stands on the stack.
    async fn check_stack(&self, stack: Option<&DescribedStack>) -> Vec<Finding> {
        let Some(stack) = stack else { return Vec::new() };
        let (mut findings, certificate, portal) = tokio::join!(
            names::check(&self.clients, stack),
            certificate::check(&self.clients, stack, self.clock.now()),
            portal::check(&self.clients, stack),
        );
        findings.extend(certificate);
        findings.push(portal);
        findings
    }
}
