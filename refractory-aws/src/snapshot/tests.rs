use refractory_core::ports::SnapshotName;
use refractory_core::{InstanceId, Timestamp};

use super::keys;
use super::manifest::Manifest;

fn name(of: &str, at: u64) -> SnapshotName {
    SnapshotName { of: InstanceId::new(of).unwrap(), at: Timestamp(at) }
}

#[test]
fn keys_sort_as_moments_do_and_are_read_again() {
    let (early, late) = (name("a", 999), name("a", 1_700_000_000_000));
    assert!(keys::manifest(&early) < keys::manifest(&late));
    for name in [early, late] {
        assert_eq!(keys::named(&name.of, &keys::manifest(&name)), Some(name));
    }
}

#[test]
fn nothing_else_under_the_prefix_is_a_snapshot() {
    let of = InstanceId::new("a").unwrap();
    let name = name("a", 1);
    let others = [
        keys::restoring(&of),
        keys::attempt(&name, "x") + "report",
        keys::attempts(&name),
        "snapshots/a/x.json".into(),
    ];
    for key in others {
        assert_eq!(keys::named(&of, &key), None, "{key}");
    }
    assert!(!keys::manifest(&self::name("a-b", 1)).starts_with(&keys::all(&of)));
}

#[test]
fn a_report_is_understood_whole_or_not_at_all() {
    let sum = "0".repeat(64);
    let good = format!("usage 9\npiece 00000 4 {sum}\npiece 00001 2 {sum}\n");
    let manifest = Manifest::of_report("x", &good).unwrap();
    assert_eq!((manifest.size(), manifest.usage, manifest.pieces.len()), (6, Some(9), 2));
    let out_of_turn = format!("piece 00001 2 {sum}\n");
    for bad in ["", "usage 9\n", "usage x\n", "piece 00000 4 abc\n", "a word\n", &out_of_turn] {
        assert_eq!(Manifest::of_report("x", bad), None, "{bad}");
    }
}
