//! How the tables came to be what they are.
mod m0001_rows;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Every migration, oldest first. One that has landed is never changed.
#[derive(Debug)]
pub(super) struct Migrations;

impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_rows::Rows)]
    }
}
