//! Replies that are lost on the way to a stack and back: nothing is made twice, and nothing is left.
use refractory_aws::infra::{DeployOptions, DestroyScope, ProposalKind};
use testkit::aws::{Fault, FaultProxy, Inventory, Rule, inventory};

use super::{Site, infra, patient_at};

#[tokio::test]
async fn a_reply_that_is_lost_changes_nothing_about_how_it_ends() {
    let mut site = Site::new().await;
    let calls = [
        "CreateChangeSet",
        "ExecuteChangeSet",
        "DescribeStackEvents",
        "DeleteChangeSet",
        "DeleteStack",
    ];
    for call in calls {
        let proxy = FaultProxy::start(site.account.address()).await;
        site.infra = infra(&patient_at(&site.account, &proxy.endpoint()));
        proxy.arrange(Rule::on("cloudformation", call).nth(1), Fault::ReplyLost);
        let done = site
            .deploy(&DeployOptions::default())
            .await
            .unwrap_or_else(|error| panic!("{call}: {error:?}"));
        assert_eq!(done, [ProposalKind::Create], "{call}");
        let everything = DestroyScope::Everything { recovery: 0 };
        let left = site
            .infra
            .destroy(everything, &mut |_| {})
            .await
            .unwrap_or_else(|error| panic!("{call}: {error:?}"));
        assert!(left.is_empty(), "{call}: {left:?}");
        assert!(proxy.count("cloudformation", call) >= 2, "{call} was not asked again");
    }
    assert_eq!(inventory(&site.account).await, Inventory::new());
}
