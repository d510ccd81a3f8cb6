//! Names: records of a zone, and rules of a load balancer.
mod balancer;
mod zone;

mod zone_contract {
    use std::sync::Arc;

    use testkit::aws::Emulator;
    use testkit::conformance::Subject;
    use testkit::conformance::dns::DnsSubject;

    use crate::support::names::{DOMAIN, Land};

    async fn subject() -> DnsSubject {
        let land = Land::new(Emulator::shared().await.account()).await;
        Subject::new(Arc::new(land.zone()), DOMAIN.to_owned())
    }

    testkit::conform_dns!(real_time, subject().await);
}

mod balancer_contract {
    use std::sync::Arc;

    use testkit::aws::Emulator;
    use testkit::conformance::Subject;
    use testkit::conformance::dns::DnsSubject;

    use crate::support::names::{DOMAIN, Land};

    async fn subject() -> DnsSubject {
        let land = Land::new(Emulator::shared().await.account()).await;
        Subject::new(Arc::new(land.balancer()), DOMAIN.to_owned())
    }

    testkit::conform_dns!(real_time, subject().await);
}
