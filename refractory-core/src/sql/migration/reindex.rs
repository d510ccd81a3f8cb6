//! Giving every record its places in the indexes.
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use crate::ports::Kind;
use crate::sql::entity::{record, record_index};
use crate::sql::write::{Claims, insert_claims};
use crate::sql::{json, read};

/// Puts every record that can be read where it belongs in the indexes, and numbers all as if each had just been written. One
/// that cannot be read keeps its keys.
pub(super) async fn reindex(work: &DatabaseTransaction) -> Result<(), DbErr> {
    record_index::Entity::delete_many().exec(work).await?;
    let mut position = 0_i64;
    for kind in Kind::ALL {
        for model in read::all(work, kind).await? {
            position += 1;
            let claims = json::read(kind, &model).ok().map(|record| Claims::of(&record));
            if let Some(claims) = &claims {
                insert_claims(work, kind, &model.id, &[], &claims.places).await?;
            }
            record::Entity::update_many()
                .col_expr(record::Column::Position, position.into())
                .col_expr(
                    record::Column::Claims,
                    claims.map(|claims| claims.text()).unwrap_or_default().into(),
                )
                .filter(record::Column::Kind.eq(kind.name()))
                .filter(record::Column::Id.eq(&*model.id))
                .exec(work)
                .await?;
        }
    }
    let last = Query::update().table("store_position").value("value", position).take();
    work.execute(&last).await.map(|_| ())
}
