//! What people want of an instance.
use super::InstanceSpec;

/// How much of an instance people want to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Power {
    /// Players can join.
    On,
    /// Nothing that runs; the data is kept.
    Off,
    /// Nothing at all.
    Gone,
}

/// How patient a stop is with the people at the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Urgency {
    /// Close the world, wait until it is closed, then stop.
    #[default]
    Gentle,
    /// One bounded try at closing the world, then stop. Skips no step.
    Now,
}

/// What people want. Written by the service only, on behalf of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DesiredState {
    /// How much of it should exist.
    pub power: Power,
    /// How patient a stop is.
    pub urgency: Urgency,
    /// What it should be like.
    pub spec: InstanceSpec,
    /// The number of a launch that another is to take the place of, on the same license.
    #[cfg_attr(feature = "serde", serde(default))]
    pub replaced_launch: Option<u32>,
}
