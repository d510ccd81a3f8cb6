//! Records instead of rows; indexes, and the order of writes.
use sea_orm::sea_query::{
    ColumnDef, Expr, ExprTrait, ForeignKey, ForeignKeyAction, Index, Query, Table,
};
use sea_orm::{DbBackend, Statement};

use super::{column, text};

// Names are written out: an entity may change later, and this must not.
pub(super) fn statements(backend: DbBackend) -> Vec<Statement> {
    let text = |name| text(backend, name);
    let number = |name: &'static str| ColumnDef::new(name).big_integer().not_null().take();
    let renamed = |from: &'static str, to: &'static str| Table::rename().table(from, to).take();
    let added =
        |definition: ColumnDef| Table::alter().table("record").add_column(definition).take();
    let belongs = ForeignKey::create()
        .from("record_index", (column("kind"), column("id")))
        .to("record", (column("kind"), column("id")))
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    let record_index = Table::create()
        .table("record_index")
        .col(text("name"))
        .col(text("part"))
        .col(text("sort"))
        .col(text("id"))
        .col(text("kind"))
        .primary_key(Index::create().col("name").col("part").col("sort").col("id"))
        .foreign_key(&mut belongs.clone())
        .take();
    let index = |name: &'static str, table: &'static str, columns: [&'static str; 2]| {
        let [first, second] = columns;
        Index::create().name(name).table(table).col(first).col(second).take()
    };
    let deletion = Table::create()
        .table("deletion")
        .col(number("position").primary_key())
        .col(text("kind"))
        .col(text("id"))
        .col(number("at"))
        .take();
    let position = Table::create()
        .table("store_position")
        .col(number("id").primary_key())
        .col(number("value"))
        .col(number("floor"))
        .take();
    let start = Query::insert()
        .into_table("store_position")
        .columns(["id", "value", "floor"])
        .values_panic([1.into(), 0.into(), 0.into()])
        .take();
    // An older program that is still running must not write what it takes for its own.
    let form = Query::update()
        .table("record")
        .value("format", 2)
        .and_where(Expr::col("format").eq(1))
        .take();
    let copies = match backend {
        // SQLite's file is copied before this begins.
        DbBackend::Postgres => vec![
            Statement::from_string(backend, r#"CREATE TABLE before_m0002_row AS TABLE "row""#),
            Statement::from_string(backend, "CREATE TABLE before_m0002_row_key AS TABLE row_key"),
        ],
        _ => Vec::new(),
    };
    let changes = vec![
        backend.build(&renamed("row", "record")),
        backend.build(&renamed("row_key", "record_key")),
        backend.build(&added(number("position").default(0).take())),
        backend.build(&added(text("claims").default("").take())),
        backend.build(&record_index),
        backend.build(&index("record_index_by_record", "record_index", ["kind", "id"])),
        backend.build(&index("record_by_position", "record", ["kind", "position"])),
        backend.build(&deletion),
        backend.build(&index("deletion_by_kind", "deletion", ["kind", "position"])),
        backend.build(&index("deletion_by_time", "deletion", ["at", "position"])),
        backend.build(&position),
        backend.build(&start),
        backend.build(&form),
    ];
    copies.into_iter().chain(changes).collect()
}
