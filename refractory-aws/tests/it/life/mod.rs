//! Whole lives of tables on AWS, with every fault at every call, and the process killed at every call.
mod game;
mod house;
mod matrix;
mod quiet;
mod story;
