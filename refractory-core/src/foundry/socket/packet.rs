//! The text of the two protocols.
use serde_json::Value;

/// What the program sends, as far as it matters here.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Packet {
    /// Engine: you are connected.
    Open,
    /// Socket: somebody tells something.
    Event { name: String, args: Vec<Value> },
    /// Socket: the answer to the question with this number.
    Answer { number: u64, value: Value },
    /// Anything else.
    Other,
}

impl Packet {
    /// Reads one packet.
    pub(super) fn read(text: &str) -> Self {
        let known = match (text.get(..1), text.get(..2)) {
            (Some("0"), _) => Some(Self::Open),
            (_, Some("42")) => event(&text[2..]),
            (_, Some("43")) => answer(&text[2..]),
            _ => None,
        };
        known.unwrap_or(Self::Other)
    }
}

fn event(rest: &str) -> Option<Packet> {
    let (_, mut list) = numbered(rest)?;
    if list.is_empty() {
        return None;
    }
    let name = list.remove(0).as_str()?.to_owned();
    Some(Packet::Event { name, args: list })
}

fn answer(rest: &str) -> Option<Packet> {
    let (number, list) = numbered(rest)?;
    let value = list.into_iter().next().unwrap_or_default();
    Some(Packet::Answer { number: number?, value })
}

/// The optional number before a list, and the list.
fn numbered(rest: &str) -> Option<(Option<u64>, Vec<Value>)> {
    let start = rest.find('[')?;
    Some((rest[..start].parse().ok(), serde_json::from_str(&rest[start..]).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn packets_are_read() {
        assert_eq!(Packet::read(r#"0{"sid":"x","pingInterval":25000}"#), Packet::Open);
        let told = Packet::Event { name: "progress".into(), args: vec![json!({"pct": 3})] };
        assert_eq!(Packet::read(r#"42["progress",{"pct":3}]"#), told);
        let answer = Packet::Answer { number: 12, value: json!({"users": []}) };
        assert_eq!(Packet::read(r#"4312[{"users":[]}]"#), answer);
        assert_eq!(Packet::read("437[]"), Packet::Answer { number: 7, value: Value::Null });
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        for text in ["", "4", "42", "42[]", "42[1]", "43[1]", "42[", "451-[]", "40{}", "é", "6"] {
            assert_eq!(Packet::read(text), Packet::Other, "{text}");
        }
    }
}
