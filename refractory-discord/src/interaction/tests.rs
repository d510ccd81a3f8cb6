use proptest::prelude::*;
use serde_json::json;

use super::*;

fn around(kind: u64, data: &Value) -> Value {
    json!({
        "id": "1100", "application_id": "7", "type": kind, "token": "secret-token", "version": 1, "data": data,
        "guild_id": "42", "channel_id": "55",
        "member": { "user": { "id": "80351110224678912", "username": "jane" }, "roles": ["9", "10"] },
        "message": { "id": "77", "flags": 64 },
    })
}

fn read(kind: u64, data: &Value) -> InteractionKind {
    Interaction::from_json(&around(kind, data)).unwrap().kind
}

#[test]
fn commands_buttons_menus_and_forms_are_read() {
    let whole = Interaction::from_json(&around(2, &json!({ "name": "foundry" }))).unwrap();
    let roles = vec![Snowflake(9), Snowflake(10)];
    let caller = Caller {
        id: 80_351_110_224_678_912,
        name: "jane".to_owned(),
        guild: Some(Snowflake(42)),
        roles,
    };
    assert_eq!(
        (whole.id, whole.channel, whole.caller),
        (Snowflake(1_100), Some(Snowflake(55)), caller)
    );

    let start = json!({ "name": "foundry", "options": [
        { "type": 1, "name": "start", "options": [{ "type": 3, "name": "table", "value": "friday" }] },
    ] });
    let InteractionKind::Command(call) = read(2, &start) else { panic!("no command") };
    assert_eq!(call.path, ["foundry", "start"]);
    assert_eq!(call.options["table"], "friday");

    let typing = json!({ "name": "foundry", "options": [
        { "type": 1, "name": "stop", "options": [{ "type": 3, "name": "table", "value": "fr", "focused": true }] },
    ] });
    let InteractionKind::Typing { call, option } = read(4, &typing) else {
        panic!("nothing typed")
    };
    assert_eq!((call.options["table"].as_str(), option.as_str()), ("fr", "table"));

    let chosen = json!({ "custom_id": "rf1:choose:start", "component_type": 3, "values": ["a"] });
    let expected = InteractionKind::Component {
        custom_id: "rf1:choose:start".to_owned(),
        values: vec!["a".to_owned()],
        ephemeral: true,
    };
    assert_eq!(read(3, &chosen), expected);

    for components in [
        json!([{ "type": 1, "components": [{ "type": 4, "custom_id": "text", "value": "x" }] }]),
        json!([{ "type": 18, "component": { "type": 4, "custom_id": "text", "value": "x" } }]),
    ] {
        let InteractionKind::Form { fields, ephemeral, .. } =
            read(5, &json!({ "custom_id": "c", "components": components }))
        else {
            panic!("no form")
        };
        assert_eq!((fields["text"].as_str(), ephemeral), ("x", Some(true)));
    }
}

#[test]
fn a_direct_message_has_a_user_and_no_server() {
    let body = json!({ "id": "1", "application_id": "7", "type": 2, "token": "t", "user": { "id": "5", "username": "j" }, "data": { "name": "foundry" } });
    let read = Interaction::from_json(&body).unwrap();
    assert_eq!((read.caller.id, read.caller.guild), (5, None));
}

#[test]
fn neither_the_token_nor_what_was_typed_is_in_a_log() {
    let form = json!({ "custom_id": "rf1:link", "components": [
        { "type": 1, "components": [{ "type": 4, "custom_id": "text", "value": "typed-secret" }] },
    ] });
    let shown = format!("{:?}", Interaction::from_json(&around(5, &form)).unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop_oneof!["[0-9]{1,25}", "foundry|table|rf1:link|\\PC{0,9}"].prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 5, |inner| {
        let key = "id|type|token|data|name|options|value|focused|member|user|custom_id|components|component|values|message|flags";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(key, inner, 0..9)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in json_value(), kind in 0_u64..7, data in json_value()) {
        let _anything = Interaction::from_json(&body);
        let _anything = Interaction::from_json(&around(kind, &data));
    }
}
