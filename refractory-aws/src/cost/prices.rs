//! List prices of AWS, written down by hand.

/// When the prices were written down.
pub const AS_OF: &str = "January 2025";

/// What every price must be read with.
pub const CAUTION: &str = "list price, check before you rely on it";

/// One line of the price list, in US dollars without tax.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// What is paid for.
    pub what: &'static str,
    /// Of what the price is for one.
    pub unit: &'static str,
    /// In Frankfurt.
    pub eu_central_1: f64,
    /// In Northern Virginia.
    pub us_east_1: f64,
}

macro_rules! prices {
    ($($name:ident: $what:literal, $unit:literal, $eu:literal, $us:literal;)*) => {
        /// The list prices of one region, in US dollars without tax.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct Prices {
            $(#[doc = concat!($what, ", for each ", $unit, ".")] pub $name: f64,)*
        }

        impl Prices {
            /// Frankfurt.
            pub const EU_CENTRAL_1: Self = Self { $($name: $eu,)* };
            /// Northern Virginia.
            pub const US_EAST_1: Self = Self { $($name: $us,)* };
        }

        /// The price list.
        pub const PRICES: &[Price] = &[
            $(Price { what: $what, unit: $unit, eu_central_1: $eu, us_east_1: $us },)*
        ];
    };
}

prices! {
    arm_cpu: "Fargate on ARM64, processor", "vCPU hour", 0.03725, 0.03238;
    arm_memory: "Fargate on ARM64, memory", "GB hour", 0.00409, 0.00356;
    x86_cpu: "Fargate on x86-64, processor", "vCPU hour", 0.04656, 0.04048;
    x86_memory: "Fargate on x86-64, memory", "GB hour", 0.00511, 0.004_445;
    spot_share: "Fargate Spot, about", "dollar of the price above, changing with demand", 0.30, 0.30;
    address: "Public IPv4 address", "hour", 0.005, 0.005;
    balancer: "Application Load Balancer", "hour", 0.027, 0.0225;
    balancer_capacity: "Application Load Balancer, capacity", "LCU hour", 0.008, 0.008;
    nat: "NAT gateway", "hour", 0.052, 0.045;
    nat_traffic: "NAT gateway, traffic", "GB", 0.052, 0.045;
    traffic_out: "Traffic to the internet beyond 100 GB a month", "GB", 0.09, 0.09;
    efs: "EFS Standard", "GB month", 0.36, 0.30;
    efs_rare: "EFS Infrequent Access", "GB month", 0.0192, 0.016;
    efs_read: "EFS elastic throughput, reading", "GB", 0.036, 0.03;
    efs_write: "EFS elastic throughput, writing", "GB", 0.072, 0.06;
    s3: "S3 Standard", "GB month", 0.0245, 0.023;
    s3_put: "S3 requests that write", "thousand", 0.0054, 0.005;
    s3_get: "S3 requests that read", "thousand", 0.000_43, 0.000_4;
    secret: "Secrets Manager, secret", "month", 0.40, 0.40;
    secret_calls: "Secrets Manager, calls", "ten thousand", 0.05, 0.05;
    zone: "Route 53, hosted zone", "month", 0.50, 0.50;
    queries: "Route 53, queries", "million", 0.40, 0.40;
    row_reads: "DynamoDB on demand, reading", "million units", 0.1525, 0.125;
    row_writes: "DynamoDB on demand, writing", "million units", 0.7625, 0.625;
    rows: "DynamoDB, storage with point-in-time recovery", "GB month", 0.551, 0.45;
    logs: "CloudWatch Logs, taking in", "GB", 0.63, 0.50;
    logs_kept: "CloudWatch Logs, keeping", "GB month", 0.0324, 0.03;
}

impl Prices {
    /// The prices of `region`; none where they are not written down here.
    pub fn of(region: &str) -> Option<Self> {
        match region {
            "eu-central-1" => Some(Self::EU_CENTRAL_1),
            "us-east-1" => Some(Self::US_EAST_1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_has_a_unit_and_is_one() {
        for line in PRICES {
            assert!(!line.unit.is_empty() && line.what.len() > 2, "{line:?}");
            for price in [line.eu_central_1, line.us_east_1] {
                assert!(price > 0.0 && price < 1.0, "{line:?}");
            }
            // No service is cheaper in Frankfurt, and none by more than a third dearer.
            let ratio = line.eu_central_1 / line.us_east_1;
            assert!((1.0..1.34).contains(&ratio), "{line:?}");
        }
    }

    #[test]
    fn other_regions_are_not_guessed() {
        assert_eq!(Prices::of("us-east-1"), Some(Prices::US_EAST_1));
        assert_eq!(Prices::of("mars-north-1"), None);
    }
}
