//! The first tables: rows, and the texts that they claim.
use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Index, Table};
use sea_orm::{DbBackend, Statement};

use super::{column, text};

// Names are written out: an entity may change later, and this must not.
pub(super) fn statements(backend: DbBackend) -> Vec<Statement> {
    let text = |name| text(backend, name);
    let row = Table::create()
        .table("row")
        .col(text("kind"))
        .col(text("id"))
        .col(ColumnDef::new("revision").big_integer().not_null())
        .col(ColumnDef::new("format").integer().not_null())
        .col(ColumnDef::new("body").text().not_null())
        .primary_key(Index::create().col("kind").col("id"))
        .take();
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
    let by_row =
        Index::create().name("row_key_by_row").table("row_key").col("kind").col("id").take();
    vec![backend.build(&row), backend.build(&row_key), backend.build(&by_row)]
}
