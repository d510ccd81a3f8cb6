//! The JSON API behind AWS Lambda: events of API Gateway or of a load balancer, asked on loopback.
mod event;
mod gateway;
mod refusal;

pub use gateway::Gateway;
