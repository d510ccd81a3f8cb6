//! Tables on ECS Fargate.
mod capacity;
mod conformance;
mod costs;
mod files;
mod lost;
mod secrets;
mod table;
