use super::*;

const OPEN: Situation = Situation {
    standing: Standing::Signed,
    admin_set: false,
    is_admin: false,
    active: false,
    seated: false,
};

#[test]
fn every_row_of_the_state_table() {
    for standing in [Standing::NoKey, Standing::Unsigned, Standing::Rejected] {
        let blocked =
            Situation { standing, active: true, seated: true, is_admin: true, admin_set: true };
        assert_eq!(landing(blocked), "/license");
    }
    assert_eq!(landing(OPEN), "/setup");
    assert_eq!(landing(Situation { admin_set: true, ..OPEN }), "/auth");
    assert_eq!(landing(Situation { admin_set: true, is_admin: true, ..OPEN }), "/setup");
    assert_eq!(landing(Situation { active: true, admin_set: true, ..OPEN }), "/join");
    assert_eq!(landing(Situation { active: true, seated: true, ..OPEN }), "/game");
}
