//! One aggregate, whole.
use sea_orm::entity::prelude::*;

/// One aggregate, whole.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record")]
pub struct Model {
    /// [`Kind::name`](crate::ports::Kind::name).
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The id, unique within its kind.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Counts writes of this record.
    pub revision: i64,
    /// How `body` is written.
    pub format: i32,
    /// The aggregate as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// Counts writes of all records: where the last one of this record stands among them.
    pub position: i64,
    /// What stands in `record_key` and `record_index` for it, as one text that is compared.
    #[sea_orm(column_type = "Text")]
    pub claims: String,
}

/// What belongs to a record.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
