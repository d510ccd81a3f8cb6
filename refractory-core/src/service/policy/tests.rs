use super::*;

/// The whole table: `y` where allowed, by role, and as owner or stranger.
#[test]
fn the_table_reads_as_meant() {
    let cell = |role, verb, relation| if allows(role, verb, relation) { 'y' } else { '-' };
    let row = |verb| {
        let cells = Role::ALL
            .map(|role| [cell(role, verb, Relation::Owner), cell(role, verb, Relation::Stranger)]);
        format!(
            "{:<18}{}",
            format!("{verb:?}"),
            cells.map(|pair| pair.iter().collect::<String>()).join(" ")
        )
    };
    let table = Verb::ALL.map(row).join("\n");
    let expected = "\
SeeInstance       yy yy yy
InspectInstance   -- y- yy
CreateInstance    -- yy yy
StartInstance     -- y- yy
StopInstance      -- y- yy
ChangeInstance    -- y- yy
TransferInstance  -- -- yy
SetUpInstance     -- y- yy
DeleteInstance    -- y- yy
AssumeLost        -- -- yy
RotateKey         -- y- yy
ReadLogs          -- y- yy
SeeLicenses       -- yy yy
ManageLicenses    -- -- yy
SeeReleases       -- yy yy
ManageReleases    -- -- yy
ManagePeople      -- -- yy
ReadEvents        -- -- yy
SeeDeployment     -- -- yy";
    assert_eq!(table, expected, "\n{table}");
}

#[test]
fn a_refusal_names_the_role_and_what_it_cannot_do() {
    for (role, verb, sentence) in [
        (
            Role::GameMaster,
            Verb::ManagePeople,
            "Game masters can't manage people. Ask an administrator.",
        ),
        (
            Role::GameMaster,
            Verb::AssumeLost,
            "Game masters can't declare a machine lost. Ask an administrator.",
        ),
        (
            Role::GameMaster,
            Verb::StopInstance,
            "Only the table's owner and administrators can stop it.",
        ),
        (Role::Player, Verb::StartInstance, "Players can't start tables. Ask an administrator."),
    ] {
        let who = Principal { role, ..Principal::system() };
        let error = check(&who, verb, Relation::Stranger).expect_err("refused");
        assert_eq!(error.for_people(), sentence);
    }
}

#[test]
fn nobody_owns_what_has_no_owner() {
    assert_eq!(Relation::of(&Principal::system(), None), Relation::Stranger);
}
