//! One aggregate.
#![expect(unreachable_pub, reason = "the derive asks for public types")]
use sea_orm::entity::prelude::*;

/// One aggregate, written whole.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refractory_row")]
pub struct Model {
    /// Which kind of row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// Its id, unique within the kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Counts writes.
    pub revision: i64,
    /// The content, as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
}

/// Nothing is related through the database.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
