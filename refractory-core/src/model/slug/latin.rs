//! Letters beyond the first twenty-six, written with these.
//!
//! German umlauts are written out, as German has it; all others lose their marks.

/// Letters, in lower case, with what is written for each of them.
const WRITTEN: &[(&str, &str)] = &[
    ("ae", "äæǣǽǟ"),
    ("oe", "öœȫ"),
    ("ue", "üǖǘǚǜ"),
    ("ss", "ß"),
    ("th", "þ"),
    ("ij", "ĳ"),
    ("dz", "ǆǳ"),
    ("lj", "ǉ"),
    ("nj", "ǌ"),
    ("a", "àáâãåāăąǎǡǻȁȃȧḁẚạảấầẩẫậắằẳẵặɐⱥªₐ"),
    ("b", "ḃḅḇƀɓ"),
    ("c", "çćĉċčḉƈȼ"),
    ("d", "ďđðḋḍḏḑḓɖɗ"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệǝəɇ"),
    ("f", "ḟƒ"),
    ("g", "ĝğġģǥǧǵḡɠ"),
    ("h", "ĥħȟḣḥḧḩḫẖⱨ"),
    ("i", "ìíîïĩīĭįıǐȉȋḭḯỉịɨ"),
    ("j", "ĵǰȷɉ"),
    ("k", "ķĸǩḱḳḵƙⱪ"),
    ("l", "ĺļľŀłḷḹḻḽƚⱡ"),
    ("m", "ḿṁṃ"),
    ("n", "ñńņňŉŋǹṅṇṉṋɲƞ"),
    ("o", "òóôõøōŏőơǒǫǭǿȍȏȭȯȱṍṏṑṓọỏốồổỗộớờởỡợɔɵº"),
    ("p", "ṕṗƥ"),
    ("q", "ɋ"),
    ("r", "ŕŗřȑȓṙṛṝṟɍ"),
    ("s", "śŝşšșſṡṣṥṧṩẛȿ"),
    ("t", "ţťŧțṫṭṯṱẗƭʈ"),
    ("u", "ùúûũūŭůűųưǔȕȗṳṵṷṹṻụủứừửữựʉ"),
    ("v", "ṽṿʋ"),
    ("w", "ŵẁẃẅẇẉẘⱳ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷȳẏẙỳỵỷỹƴɏ"),
    ("z", "źżžẑẓẕƶȥⱬ"),
];

/// A text in Latin letters, digits and hyphens, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Latin {
    /// Its words, joined by hyphens.
    pub(super) text: String,
    /// Letters and digits of other scripts, which are left out.
    pub(super) lost: usize,
}

impl Latin {
    /// Writes `raw` so.
    pub(super) fn of(raw: &str) -> Self {
        let (mut text, mut lost, mut ends_word) = (String::with_capacity(raw.len()), 0, false);
        for letter in raw.chars().flat_map(char::to_lowercase) {
            let written = match letter {
                'a'..='z' | '0'..='9' => Some(letter.to_string()),
                // What was typed as a letter and a mark is one letter; only this mark changes how it is written.
                '\u{308}' if text.ends_with(['a', 'o', 'u']) && !ends_word => Some("e".to_owned()),
                '\u{300}'..='\u{36f}' => continue,
                _ => written(letter).map(str::to_owned),
            };
            if let Some(written) = written {
                if std::mem::take(&mut ends_word) && !text.is_empty() {
                    text.push('-');
                }
                text.push_str(&written);
            } else {
                lost += usize::from(letter.is_alphanumeric());
                ends_word = true;
            }
        }
        Self { text, lost }
    }

    /// Whether it still says what it said: more of it is there than was left out.
    pub(super) fn is_telling(&self) -> bool {
        self.text.len() > self.lost
    }
}

fn written(letter: char) -> Option<&'static str> {
    WRITTEN.iter().find(|(_, letters)| letters.contains(letter)).map(|(written, _)| *written)
}
