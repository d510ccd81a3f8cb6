//! A key that no two records may have.
use sea_orm::entity::prelude::*;

/// A key that one record of a kind has.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record_key")]
pub struct Model {
    /// The kind of the record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// [`UniqueKey::text`](crate::ports::UniqueKey::text).
    #[sea_orm(primary_key, auto_increment = false)]
    pub unique_text: String,
    /// The record that has it.
    pub id: String,
}

/// What belongs to a key.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
