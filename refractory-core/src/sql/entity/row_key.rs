//! A text that one row of a kind has, and no other.
use sea_orm::entity::prelude::*;

/// A text that one row of a kind has, and no other.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "row_key")]
pub struct Model {
    /// The kind of the row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The text, as [`Aggregate::unique`](crate::ports::Aggregate::unique) gives it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unique_text: String,
    /// The row that has it.
    pub id: String,
}

/// What a text belongs to.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The row that claims it.
    #[sea_orm(
        belongs_to = "super::row::Entity",
        from = "(Column::Kind, Column::Id)",
        to = "(super::row::Column::Kind, super::row::Column::Id)",
        on_delete = "Cascade"
    )]
    Row,
}

impl Related<super::row::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Row.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
