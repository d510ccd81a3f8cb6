//! One aggregate, whole.
use sea_orm::entity::prelude::*;

/// One aggregate, whole.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "row")]
pub struct Model {
    /// [`Kind::name`](crate::ports::Kind::name).
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The id, unique within its kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Counts writes.
    pub revision: i64,
    /// How `body` is written.
    pub format: i32,
    /// The aggregate as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
}

/// What belongs to a row.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The texts that it claims.
    #[sea_orm(has_many = "super::row_key::Entity")]
    RowKey,
}

impl Related<super::row_key::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RowKey.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
