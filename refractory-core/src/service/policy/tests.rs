use super::*;

/// The whole table: `y` where allowed, by role, and as owner or stranger.
#[test]
fn the_table_reads_as_meant() {
    let cell = |role, verb, relation| if allows(role, verb, relation) { 'y' } else { '-' };
    let row = |verb| {
        let cells = Role::ALL
            .map(|role| [cell(role, verb, Relation::Owner), cell(role, verb, Relation::Stranger)]);
        format!(
            "{:<16}{}",
            format!("{verb:?}"),
            cells.map(|pair| pair.iter().collect::<String>()).join(" ")
        )
    };
    let table = Verb::ALL.map(row).join("\n");
    let expected = "\
SeeInstance     yy yy yy
CreateInstance  -- yy yy
StartInstance   -- y- yy
StopInstance    -- y- yy
ChangeInstance  -- y- yy
DeleteInstance  -- y- yy
AssumeLost      -- -- yy
RotateKey       -- y- yy
ReadLogs        -- y- yy
SeeLicenses     -- yy yy
ManageLicenses  -- -- yy
SeeReleases     -- yy yy
ManageReleases  -- -- yy
ManagePeople    -- -- yy
ReadEvents      -- -- yy
SeeDeployment   -- -- yy";
    assert_eq!(table, expected, "\n{table}");
}

#[test]
fn nobody_owns_what_has_no_owner() {
    assert_eq!(Relation::of(&Principal::system(), None), Relation::Stranger);
}
