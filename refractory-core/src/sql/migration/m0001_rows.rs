//! The first tables: rows, and the texts that they claim.
use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Index, IntoIden, Table};
use sea_orm::{DbBackend, DbErr, DynIden};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_rows"
    }
}

// Names are written out: an entity may change later, and this must not.
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let text = |name| text(manager.get_database_backend(), name);
        let row = Table::create()
            .table("row")
            .col(text("kind"))
            .col(text("id"))
            .col(ColumnDef::new("revision").big_integer().not_null())
            .col(ColumnDef::new("format").integer().not_null())
            .col(ColumnDef::new("body").text().not_null())
            .primary_key(Index::create().col("kind").col("id"))
            .take();
        manager.create_table(row).await?;
        let claims = ForeignKey::create()
            .from("row_key", (column("kind"), column("id")))
            .to("row", (column("kind"), column("id")))
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let row_key = Table::create()
            .table("row_key")
            .col(text("kind"))
            .col(text("unique_text"))
            .col(text("id"))
            .primary_key(Index::create().col("kind").col("unique_text"))
            .foreign_key(&mut claims.clone())
            .take();
        manager.create_table(row_key).await?;
        let by_row =
            Index::create().name("row_key_by_row").table("row_key").col("kind").col("id").take();
        manager.create_index(by_row).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("the way back is a backup".to_owned()))
    }
}

fn column(name: &'static str) -> DynIden {
    name.into_iden()
}

/// A text that is compared by its bytes, as ids are ordered everywhere.
fn text(backend: DbBackend, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text().not_null();
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column.take()
}
