//! The JSON API behind AWS Lambda: events of API Gateway or of a load balancer, asked on loopback.
mod gateway;
mod refusal;
mod source;

pub use gateway::Gateway;
