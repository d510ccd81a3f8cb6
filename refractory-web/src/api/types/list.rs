//! Pages of lists.
use serde::Serialize;
use utoipa::ToSchema;

use super::{DamagedRecord, Instance};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Where the next page begins: the value for `after`. Null on the last page.
    pub next: Option<String>,
}

/// One page of instances, in order of name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InstancePage {
    /// The instances of this page.
    pub items: Vec<Instance>,
    /// Instances of this page whose records cannot be read.
    pub damaged: Vec<DamagedRecord>,
    /// Where the next page begins: the value for `after`. Null on the last page.
    pub next: Option<String>,
}
