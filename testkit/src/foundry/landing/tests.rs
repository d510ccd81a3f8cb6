use super::*;

const OPEN: LandingState = LandingState {
    standing: LicenseState::Signed,
    admin_set: false,
    is_admin: false,
    active: false,
    seated: false,
};

#[test]
fn every_row_of_the_state_table() {
    for standing in [LicenseState::NoKey, LicenseState::Unsigned, LicenseState::Rejected] {
        let blocked =
            LandingState { standing, active: true, seated: true, is_admin: true, admin_set: true };
        assert_eq!(landing(blocked), "/license");
    }
    assert_eq!(landing(OPEN), "/setup");
    assert_eq!(landing(LandingState { admin_set: true, ..OPEN }), "/auth");
    assert_eq!(landing(LandingState { admin_set: true, is_admin: true, ..OPEN }), "/setup");
    assert_eq!(landing(LandingState { active: true, admin_set: true, ..OPEN }), "/join");
    assert_eq!(landing(LandingState { active: true, seated: true, ..OPEN }), "/game");
}
