//! The template, as CloudFormation's own checker sees it.
use std::process::Command;

use refractory_aws::infra::template;
use testkit::aws::tool;

#[test]
fn the_template_is_clean_in_regions_near_and_far() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, template()).unwrap();
    let checked = Command::new(tool("python").unwrap())
        .arg("-IB")
        .arg(tool("cfn-lint").unwrap())
        .args(["--regions", "eu-central-1", "us-east-1", "ap-southeast-2", "--template"])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
}
