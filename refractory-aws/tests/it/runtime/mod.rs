//! Tables on ECS Fargate.
mod capacity;
mod conformance;
mod costs;
mod docker;
mod files;
mod lost;
mod secrets;
mod table;
