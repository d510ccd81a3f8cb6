use refractory_core::model::Slug;

use super::*;

fn wanted(owner: &str) -> DesiredRecord {
    DesiredRecord {
        name: Hostname::under(&Slug::new("friday").unwrap(), "games.example"),
        owner: InstanceId::new(owner).unwrap(),
        target: RecordTarget::Alias { zone: "Z1".into(), name: "lb.example.".into() },
        naming: Naming::new("club"),
    }
}

fn kinds(changes: &[Change]) -> Vec<String> {
    let of = |change: &Change| change.resource_record_set().cloned().unwrap();
    changes
        .iter()
        .map(|it| format!("{} {}", it.action().as_str(), of(it).r#type().as_str()))
        .collect()
}

#[test]
fn a_claim_creates_and_a_release_deletes_the_same() {
    let wanted = wanted("a");
    assert_eq!(kinds(&wanted.claim().unwrap()), ["CREATE TXT", "CREATE A", "CREATE AAAA"]);
    assert_eq!(wanted.claim().unwrap().len(), usize::try_from(RECORDS_EACH).unwrap());
    assert_eq!(kinds(&wanted.release().unwrap()), ["DELETE TXT", "DELETE A", "DELETE AAAA"]);
}

#[test]
fn a_renewal_holds_only_while_the_name_is_ours() {
    let wanted = wanted("a");
    let old = plain("friday.games.example", RrType::Cname, "old.example.").unwrap();
    let changes = wanted.renew(&[old]).unwrap();
    assert_eq!(
        kinds(&changes),
        ["DELETE TXT", "CREATE TXT", "DELETE CNAME", "UPSERT A", "UPSERT AAAA"]
    );
}

#[test]
fn what_the_zone_says_about_a_name() {
    let (ours, theirs) = (wanted("a"), wanted("b"));
    let says = |records: &[ResourceRecordSet]| name_state(&ours.naming, &ours.name, records);
    assert_eq!(says(&[]), NameState::Free);
    let mail = plain("friday.games.example", RrType::Mx, "10 mail.example.").unwrap();
    assert_eq!(says(std::slice::from_ref(&mail)), NameState::Free);
    let foreign = plain("friday.games.example", RrType::A, "192.0.2.1").unwrap();
    assert_eq!(says(&[foreign]), NameState::Foreign);
    let child = plain("x.friday.games.example", RrType::A, "192.0.2.1").unwrap();
    assert_eq!(says(&[child]), NameState::Free);
    let mut all = theirs.all().unwrap();
    assert_eq!(says(&all), NameState::Owned(theirs.owner.clone(), all.clone()));
    let kept = all.clone();
    all.push(mail);
    assert_eq!(says(&all), NameState::Owned(theirs.owner.clone(), kept));
    let stranger = DesiredRecord { naming: Naming::new("other"), ..ours.clone() };
    assert_eq!(says(&stranger.all().unwrap()), NameState::Foreign);
}

#[test]
fn a_balancer_without_a_zone_is_led_to_by_its_name() {
    let lead = RecordTarget::Cname("lb.example".into());
    let record = &lead.records(&wanted("a").name).unwrap()[0];
    assert_eq!(record.r#type(), &RrType::Cname);
    assert_eq!(record.resource_records()[0].value(), "lb.example.");
}
