//! Giving every record its places in the indexes.
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use crate::ports::Kind;
use crate::sql::entity::{record, record_index};
use crate::sql::write::{Claims, insert_claims};
use crate::sql::{json, read};

/// Puts every record that can be read where it belongs in the indexes, and numbers all as if each had just been written. One
/// that cannot be read keeps its keys and its places.
pub(super) async fn reindex(work: &DatabaseTransaction) -> Result<(), DbErr> {
    let mut position = 0_i64;
    for kind in Kind::ALL {
        let claims = |model: &record::Model| json::read(kind, model).map(|row| Claims::of(&row));
        let models = read::all(work, kind).await?.into_iter();
        let all: Vec<_> = models.map(|model| (claims(&model).ok(), model.id)).collect();
        let damaged = all.iter().filter(|(claims, _)| claims.is_none());
        let damaged: Vec<_> = damaged.map(|(_, id)| id.as_str()).collect();
        record_index::Entity::delete_many()
            .filter(record_index::Column::Kind.eq(kind.name()))
            .filter(record_index::Column::Id.is_not_in(damaged))
            .exec(work)
            .await?;
        for (claims, id) in all {
            position += 1;
            let mut update = record::Entity::update_many()
                .col_expr(record::Column::Position, position.into())
                .filter(record::Column::Kind.eq(kind.name()))
                .filter(record::Column::Id.eq(id.as_str()));
            if let Some(claims) = claims {
                insert_claims(work, kind, &id, &[], &claims.places).await?;
                update = update.col_expr(record::Column::Claims, claims.text().into());
            }
            update.exec(work).await?;
        }
    }
    let last = Query::update().table("store_position").value("value", position).take();
    work.execute(&last).await.map(|_| ())
}
