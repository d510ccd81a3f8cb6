use proptest::prelude::*;

use super::*;

const KEY: &str = "ABCD-EFGH-IJKL-MNOP-QRST-1239";
const BARE: &str = "ABCDEFGHIJKLMNOPQRST1239";

fn read(raw: &str) -> Result<String, LicenseKeyError> {
    LicenseKey::new(raw).map(|key| key.expose().to_owned())
}

#[test]
fn keys_are_read_in_any_dress_and_shown_masked() {
    let key = LicenseKey::new(KEY).unwrap();
    assert_eq!(LicenseKey::new(" abcdefghijklmnopqrst1239 "), Ok(key.clone()));
    assert_eq!(key.expose(), BARE);
    assert_eq!(format!("{key:?}"), "ABCD-••••-••••-••••-••••-1239");
}

#[test]
fn a_mistyped_key_is_refused_without_being_repeated() {
    assert_eq!(LicenseKey::new("ABCD"), Err(LicenseKeyError::Length(4)));
    assert_eq!(LicenseKey::new(&KEY.replace('9', "0")), Err(LicenseKeyError::Character(29)));
    assert!(!LicenseKey::new("HUNTER2").unwrap_err().to_string().contains("HUNTER"));
    assert_eq!(LicenseKey::new(""), Err(LicenseKeyError::Length(0)));
    // A Cyrillic letter looks like a Latin one and is none.
    assert_eq!(LicenseKey::new(&KEY.replace('A', "\u{410}")), Err(LicenseKeyError::Character(1)));
    assert_eq!(LicenseKey::new(&"A".repeat(LONGEST + 1)), Err(LicenseKeyError::TooLong));
}

#[test]
fn what_editors_mail_programs_and_shells_add_is_passed_over() {
    for text in [
        format!("\u{feff}{KEY}\r\n"),
        format!("{KEY}\u{200b}\n"),
        KEY.replace('-', "\u{2013}"),
        KEY.replace('-', "\u{2011}"),
        KEY.replace('-', "\u{2212}"),
        KEY.replace('-', "\u{ad}"),
        KEY.replace('-', "\u{a0}"),
        KEY.replace('-', "\u{2028}"),
        format!("\u{202a}{KEY}\u{202c}"),
        format!("\"{KEY}\""),
        format!("\u{201c}{KEY}\u{201d}"),
        format!("<{KEY}>"),
        KEY.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect(),
    ] {
        assert_eq!(read(&text).as_deref(), Ok(BARE), "{text:?}");
    }
}

#[test]
fn labels_comments_and_files_around_a_key_are_passed_over() {
    for text in [
        format!("{KEY}\n# club key\n"),
        format!("# club key\n\n{KEY}  # until May\n"),
        format!("{KEY} // the old one"),
        format!("; from the shop\r\n{KEY}\r\n"),
        format!("License key: {KEY}"),
        format!("key:\n{KEY}\n"),
        format!("export FOUNDRY_LICENSE_KEY=\"{KEY}\"\n"),
        format!(
            "FOUNDRY_USERNAME=ada\nFOUNDRY_LICENSE_KEY='{KEY}'\nFOUNDRY_ADMIN_KEY=AAAA-AAAA-AAAA-AAAA-AAAA-AAAA\n"
        ),
        format!("Hello Ada,\nyour key is\n{KEY}\nHave fun!\n"),
        "ABCD-EFGH-IJKL\nMNOP-QRST-1239\n".to_owned(),
        format!("{{\"host\":\"nas\",\"license\":\"{BARE}\",\"signature\":\"x\"}}"),
        format!("\u{feff}{{\r\n  \"host\": \"license\",\r\n  \"license\" : \"{KEY}\"\r\n}}"),
        format!(
            "{{\"foundry_license_key\":\"{KEY}\",\"foundry_admin_key\":\"{}\"}}",
            "A".repeat(24)
        ),
    ] {
        assert_eq!(read(&text).as_deref(), Ok(BARE), "{text:?}");
    }
}

#[test]
fn what_holds_no_key_or_several_says_so() {
    assert_eq!(read("{\"host\":\"nas\"}"), Err(LicenseKeyError::Missing));
    assert_eq!(read("# nothing yet\n"), Err(LicenseKeyError::Missing));
    assert_eq!(read("{\"license\":null}"), Err(LicenseKeyError::Missing));
    let other = KEY.replace('1', "2");
    assert_eq!(read(&format!("{KEY}\n{other}\n")), Err(LicenseKeyError::Several(2)));
    assert_eq!(read(&format!("{KEY}\n{}\n", KEY.to_lowercase())).as_deref(), Ok(BARE));
}

fn dress() -> impl Strategy<Value = String> {
    let between = prop::collection::vec(
        prop::sample::select(vec![
            "",
            "-",
            " ",
            "\u{2013}",
            "\u{2010}",
            "\u{2014}",
            "\u{2212}",
            "\u{200b}",
            "\u{ad}",
            "\u{a0}",
            "\u{2060}-",
            "\u{feff}",
            "\u{ff0d}",
        ]),
        24,
    );
    (between, any::<u32>(), "[ \t\u{feff}\u{200b}\r\n]{0,4}", "[ \t\u{200b}\r\n]{0,4}").prop_map(
        |(between, case, before, after)| {
            let mut dressed = before;
            for (at, (c, separator)) in BARE.chars().zip(between).enumerate() {
                dressed.push(if case >> (at % 32) & 1 == 1 { c.to_ascii_lowercase() } else { c });
                dressed.push_str(separator);
            }
            dressed + &after
        },
    )
}

proptest! {
    #[test]
    fn every_dress_of_a_key_is_the_same_key(text in dress()) {
        let key = read(&text);
        prop_assert_eq!(key.as_deref(), Ok(BARE), "{:?}", text);
    }

    #[test]
    fn any_text_is_a_key_of_24_or_refused_without_being_repeated(text in "\\PC{0,80}|[A-Z1-9 #:=\"{}\n-]{0,80}") {
        match LicenseKey::new(&text) {
            Ok(key) => prop_assert!(key.expose().len() == 24 && key.expose().chars().all(|c| matches!(c, 'A'..='Z' | '1'..='9'))),
            Err(error) => prop_assert!(text.trim().len() < 12 || !error.to_string().contains(text.trim())),
        }
    }
}
