//! A record that was deleted.
use sea_orm::entity::prelude::*;

/// A record that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deletion")]
pub struct Model {
    /// Where the deletion stands among all writes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// The kind of the record.
    pub kind: String,
    /// The id of the record.
    pub id: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// What belongs to a deletion.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
