//! A place of a record in an index.
use sea_orm::entity::prelude::*;

/// A place of a record in an index.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record_index")]
pub struct Model {
    /// [`Index::name`](crate::ports::Index::name).
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// [`IndexEntry::partition`](crate::ports::IndexEntry::partition).
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: String,
    /// [`IndexEntry::sort`](crate::ports::IndexEntry::sort).
    #[sea_orm(primary_key, auto_increment = false)]
    pub sort: String,
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The kind of the record.
    pub kind: String,
}

/// What belongs to a place.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
