//! Records instead of rows; indexes, and the order of writes.
use sea_orm::sea_query::{
    ColumnDef, Expr, ExprTrait, ForeignKey, ForeignKeyAction, Index, Query, Table,
};
use sea_orm::{DbBackend, Statement};

use super::{column, text};

// Names are written out: an entity may change later, and this must not.
pub(super) fn statements(backend: DbBackend) -> Vec<Statement> {
    let mut all = copies(backend);
    all.extend(renamed(backend));
    all.extend(added(backend));
    all.push(counted(backend));
    all.push(reformed(backend));
    all
}

/// The former tables as they were. SQLite's file is copied before this begins.
fn copies(backend: DbBackend) -> Vec<Statement> {
    if backend != DbBackend::Postgres {
        return Vec::new();
    }
    ["row", "row_key"]
        .map(|table| format!("CREATE TABLE before_m0002_{table} AS TABLE \"{table}\""))
        .map(|copy| Statement::from_string(backend, copy))
        .into()
}

fn renamed(backend: DbBackend) -> Vec<Statement> {
    let renamed = |from: &'static str, to: &'static str| Table::rename().table(from, to).take();
    let grown = |column: ColumnDef| Table::alter().table("record").add_column(column).take();
    vec![
        backend.build(&renamed("row", "record")),
        backend.build(&renamed("row_key", "record_key")),
        backend.build(&grown(number("position").default(0).take())),
        backend.build(&grown(text(backend, "claims").default("").take())),
    ]
}

fn added(backend: DbBackend) -> Vec<Statement> {
    let text = |name| text(backend, name);
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
    let index = |name: &'static str, table: &'static str, columns: [&'static str; 2]| {
        let [first, second] = columns;
        Index::create().name(name).table(table).col(first).col(second).take()
    };
    vec![
        backend.build(&record_index),
        backend.build(&index("record_index_by_record", "record_index", ["kind", "id"])),
        backend.build(&index("record_by_position", "record", ["kind", "position"])),
        backend.build(&deletion),
        backend.build(&index("deletion_by_kind", "deletion", ["kind", "position"])),
        backend.build(&index("deletion_by_time", "deletion", ["at", "position"])),
        backend.build(&position),
    ]
}

/// The one count of writes, at its start.
fn counted(backend: DbBackend) -> Statement {
    let start = Query::insert()
        .into_table("store_position")
        .columns(["id", "value", "floor"])
        .values_panic([1.into(), 0.into(), 0.into()])
        .take();
    backend.build(&start)
}

/// An older program that is still running must not write what it takes for its own.
fn reformed(backend: DbBackend) -> Statement {
    let form = Query::update()
        .table("record")
        .value("format", 2)
        .and_where(Expr::col("format").eq(1))
        .take();
    backend.build(&form)
}

fn number(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}
