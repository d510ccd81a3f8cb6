//! Rows, and the texts they have to themselves.
use sea_orm::DbErr;
use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::{
    ColumnDef, DeriveIden, Index, MigrationName, MigrationTrait, SchemaManager, Table,
};

pub(super) struct Rows;

impl MigrationName for Rows {
    fn name(&self) -> &'static str {
        "m0001_rows"
    }
}

#[derive(DeriveIden)]
enum RefractoryRow {
    Table,
    Kind,
    Id,
    Revision,
    Body,
}

#[derive(DeriveIden)]
enum RefractoryRowText {
    Table,
    Kind,
    Text,
    Id,
}

#[async_trait]
impl MigrationTrait for Rows {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rows = Table::create()
            .table(RefractoryRow::Table)
            .if_not_exists()
            .col(ColumnDef::new(RefractoryRow::Kind).string_len(32).not_null())
            .col(ColumnDef::new(RefractoryRow::Id).string_len(64).not_null())
            .col(ColumnDef::new(RefractoryRow::Revision).big_integer().not_null())
            .col(ColumnDef::new(RefractoryRow::Body).text().not_null())
            .primary_key(Index::create().col(RefractoryRow::Kind).col(RefractoryRow::Id))
            .take();
        manager.create_table(rows).await?;
        let texts = Table::create()
            .table(RefractoryRowText::Table)
            .if_not_exists()
            .col(ColumnDef::new(RefractoryRowText::Kind).string_len(32).not_null())
            .col(ColumnDef::new(RefractoryRowText::Text).string_len(512).not_null())
            .col(ColumnDef::new(RefractoryRowText::Id).string_len(64).not_null())
            .primary_key(Index::create().col(RefractoryRowText::Kind).col(RefractoryRowText::Text))
            .take();
        manager.create_table(texts).await?;
        let by_row = Index::create()
            .name("refractory_row_text_by_row")
            .if_not_exists()
            .table(RefractoryRowText::Table)
            .col(RefractoryRowText::Kind)
            .col(RefractoryRowText::Id)
            .take();
        manager.create_index(by_row).await
    }
}
