//! Every clause, for every generation.
mod v9 {
    testkit::conform_game!(crate::game_control::house(9).await);
}
mod v10 {
    testkit::conform_game!(crate::game_control::house(10).await);
}
mod v11 {
    testkit::conform_game!(crate::game_control::house(11).await);
}
mod v12 {
    testkit::conform_game!(crate::game_control::house(12).await);
}
mod v13 {
    testkit::conform_game!(crate::game_control::house(13).await);
}
mod v14 {
    testkit::conform_game!(crate::game_control::house(14).await);
}
