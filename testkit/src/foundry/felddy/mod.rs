//! A stand-in for the container image `felddy/foundryvtt`: its environment variables, its way to the program, its end.
//!
//! `felddy-stand-in` plays the entry point of an image from 9.x to 14.x. It fetches the release over HTTP (or takes it
//! from `CONTAINER_CACHE`), writes `license.json`, `options.json` and `admin.txt` as the image does, and starts the
//! stand-in for the program. Where a container would have its mounts and its address it reads what
//! [`Program`](crate::aws::Program) says: `REFRACTORY_TASK_MOUNTS` and `REFRACTORY_TASK_ADDRESS`. Without them it
//! believes that it is in a container.
//!
//! Faithful in what costs people their worlds: images up to 11.313 do not hear SIGTERM, images up to 14.363 hear it
//! and do not wait for the program, so that a world which is open is not closed. And the host name, to which the
//! license is bound, is another at each start.
mod configure;
mod entrypoint;
mod fetch;
mod grace;
mod install;
mod settings;

pub use entrypoint::{NODE, entrypoint};
