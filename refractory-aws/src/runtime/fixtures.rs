//! Launch specs and stack outputs for unit tests.
use refractory_core::model::{Layout, Program, Release, Version};
use refractory_core::ports::LaunchSpec;
use refractory_core::{ReleaseId, Secret, Timestamp};

use crate::StackOutputs;

pub(super) fn outputs(subnets: &[&str]) -> StackOutputs {
    let text = str::to_owned;
    StackOutputs {
        public_ip: true,
        boundary: None,
        cluster: text("club"),
        subnets: subnets.iter().map(|subnet| text(subnet)).collect(),
        task_group: text("sg-1"),
        file_system: text("fs-1"),
        execution_role: text("arn:aws:iam::1:role/execution"),
        task_role: text("arn:aws:iam::1:role/task"),
        log_group: text("/refractory/club"),
        table: text("club"),
        bucket: text("club-bucket"),
        vpc: text("vpc-1"),
        listener: text("arn:listener"),
        balancer_name: text("club.elb.amazonaws.com"),
        balancer_zone: text("Z1"),
        zone: None,
    }
}

pub(super) fn spec() -> LaunchSpec {
    let release = Release {
        id: ReleaseId::new(&"a".repeat(64)).unwrap(),
        version: Version::new(13, 351),
        layout: Layout::Node,
        program: Program::Node,
        node_major: Some(20),
        size: 1,
        added: Timestamp::default(),
        revision: 0,
    };
    LaunchSpec::default().with(|spec| {
        spec.release = Some(release);
        spec.license = Some(Secret::new("ABCD-EFGH-IJKL-MNOP-QRST-1239"));
        spec.admin_key = Secret::new("hush");
        spec.language = Some("de.core".to_owned());
        spec.hostname = Some("friday.games.example".to_owned());
        spec.public = Some((443, true));
    })
}
