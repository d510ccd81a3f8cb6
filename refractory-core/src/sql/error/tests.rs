use super::*;

#[test]
fn codes_mean_what_the_table_says() {
    for (code, kind) in [
        ("5", ErrorKind::Unavailable),
        ("517", ErrorKind::Unavailable),
        ("6", ErrorKind::Unavailable),
        ("8", ErrorKind::Forbidden),
        ("1032", ErrorKind::Forbidden),
        ("14", ErrorKind::Forbidden),
        ("13", ErrorKind::Exhausted),
        ("11", ErrorKind::Unexpected),
        ("26", ErrorKind::Unexpected),
        ("10", ErrorKind::Unavailable),
        ("40001", ErrorKind::Unavailable),
        ("3D000", ErrorKind::Invalid),
        ("28P01", ErrorKind::Forbidden),
        ("25006", ErrorKind::Forbidden),
        ("53100", ErrorKind::Exhausted),
        ("57P01", ErrorKind::Unavailable),
        ("XX001", ErrorKind::Unexpected),
        ("", ErrorKind::Unexpected),
    ] {
        assert_eq!(of_code(code).0, kind, "{code}");
    }
}
