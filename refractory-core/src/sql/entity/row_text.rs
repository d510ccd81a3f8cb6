//! One unique text, and who has it.
#![expect(unreachable_pub, reason = "the derive asks for public types")]
use sea_orm::entity::prelude::*;

/// One unique text, and who has it.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refractory_row_text")]
pub struct Model {
    /// Which kind of row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The text, unique within the kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub text: String,
    /// The row that has it.
    pub id: String,
}

/// Nothing is related through the database.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
