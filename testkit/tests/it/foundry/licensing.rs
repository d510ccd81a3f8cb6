//! The license and the human's yes.
use testkit::foundry::{DataFolder, LICENSE_KEY, Launch, machine_name};

use super::visitor::Visitor;
use super::{EXE, V13, V14, WORLD, licensed, playing};

#[tokio::test]
async fn each_standing_has_its_line() {
    let unsigned = Launch::of(EXE, V13).prepared(DataFolder::with_unsigned_license);
    unsigned.ready().await.line("[warn] Software license requires signature.").await;
    let foreign =
        Launch::of(EXE, V13).prepared(|data| data.with_license_signed_for("another-machine"));
    foreign.ready().await.line("[error] Software license verification failed").await;
    licensed(V13).ready().await.line("[info] Software license verification succeeded").await;
}

#[tokio::test]
async fn scenario_19_another_host_name_asks_again_and_holds_the_world_back_until_a_yes() {
    let program = playing(V14).switch("hostname", "a-new-container").ready().await;
    program.line("Software license verification failed").await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.landing().await, "/license");
    assert_eq!(person.status().await["active"], false);
    person.submit("/license", "accept=on").await;
    assert_eq!(person.until_active(true).await["world"], WORLD);

    let license = std::fs::read_to_string(program.data().license()).unwrap();
    assert!(license.contains("a-new-container"));
}

#[tokio::test]
async fn a_signed_license_works_on_another_data_folder_of_the_same_host() {
    let program = Launch::of(EXE, V14)
        .prepared(|data| data.with_license_signed_for(&machine_name()))
        .ready()
        .await;
    assert_eq!(Visitor::of(&program).landing().await, "/setup");
}

#[tokio::test]
async fn the_agreement_can_be_asked_for_again_once() {
    let program = licensed(V14).switch("eula_again", "true").ready().await;
    let mut person = Visitor::of(&program);
    assert_eq!(person.landing().await, "/license");
    person.submit("/license", "agree=on&accept=").await;
    assert_eq!(person.landing().await, "/auth");
}

#[tokio::test]
async fn a_signature_that_is_not_to_be_had_leaves_everything_as_it_was() {
    let launch = Launch::of(EXE, V14).prepared(DataFolder::with_unsigned_license);
    let program = launch.switch("sign_fails", "true").ready().await;
    let before = std::fs::read(program.data().license()).unwrap();
    let mut person = Visitor::of(&program);
    assert_eq!(person.submit("/license", "agree=on&accept=").await.location(), "/license");
    assert_eq!(person.landing().await, "/license");
    assert_eq!(std::fs::read(program.data().license()).unwrap(), before);
}

#[tokio::test]
async fn a_key_of_the_wrong_form_is_not_stored() {
    let program = Launch::of(EXE, V14).ready().await;
    let mut person = Visitor::of(&program);
    person.submit("/license", "licenseKey=AAAA-0000&action=enterKey").await;
    assert!(!program.data().license().exists());
    person.submit("/license", "agree=on&accept=").await;
    assert_eq!(person.landing().await, "/license");
    person.submit("/license", &format!("licenseKey={LICENSE_KEY}&action=enterKey")).await;
    let stored = std::fs::read_to_string(program.data().license()).unwrap();
    assert!(stored.contains(&LICENSE_KEY.replace('-', "")));
}
