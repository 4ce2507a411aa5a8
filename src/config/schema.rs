//! The shape of the config as a JSON schema, for editors and generators: RON's structs are objects
//! there, its `None` is null, and an enum with fields is an object of one member.

use serde_json::{Value, json};

use crate::domain::country::Country;

/// The schema, in the words of JSON Schema 2020-12.
pub fn schema() -> Value {
    let settings = settings();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "smsdeck config.ron",
        "type": "object",
        "additionalProperties": false,
        "required": ["version", "environments"],
        "properties": {
            "version": { "const": 1 },
            "environments": {
                "type": "object",
                "additionalProperties": false,
                "required": ["development", "test", "production"],
                "properties": {
                    "development": settings.clone(),
                    "test": settings.clone(),
                    "production": settings,
                },
            },
            "deck": deck(),
        },
    })
}

fn whole(least: u32, most: u32, description: &str) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most, "description": description })
}

fn optional(mut of: Value) -> Value {
    let kind = of["type"].take();
    of["type"] = json!([kind, "null"]);
    of
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn country() -> Value {
    let codes: Vec<&str> = Country::all().map(Country::code).collect();
    json!({ "type": "string", "enum": codes, "description": "ISO 3166 region" })
}

fn settings() -> Value {
    let mut default_country = country();
    default_country["type"] = json!(["string", "null"]);
    if let Some(codes) = default_country["enum"].as_array_mut() {
        codes.push(Value::Null);
    }
    let sender = text("E.164 number, short code, name of up to 11 characters, or MG SID");
    let message = text("must have {code}; {minutes} and {app} may be in it");
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": [
            "default_country", "code_validity_minutes", "codes_allowed",
            "request_time_out_minutes", "provider", "from_numbers", "default_number", "message",
            "recipients",
        ],
        "properties": {
            "default_country": default_country,
            "code_validity_minutes": whole(1, 10, "NIST SP 800-63B allows ten"),
            "codes_allowed": whole(1, 20, "codes before the time-out"),
            "request_time_out_minutes": whole(1, 1440, "minutes after the last code"),
            "provider": provider(),
            "from_numbers": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["sender", "countries"],
                    "properties": {
                        "sender": sender.clone(),
                        "countries": { "type": "array", "items": country(), "uniqueItems": true },
                    },
                },
            },
            "default_number": optional(sender),
            "message": message.clone(),
            "own_messages": {
                "type": "object",
                "description": "by country or language",
                "additionalProperties": message,
            },
            "recipients": {
                "oneOf": [
                    { "const": "Anyone" },
                    {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["Only"],
                        "properties": {
                            "Only": { "type": "array", "items": text("E.164 number") },
                        },
                    },
                ],
            },
            "limits": limits(),
        },
    })
}

fn provider() -> Value {
    let token = json!({
        "oneOf": [
            { "const": "Stored" },
            { "type": "object", "properties": { "Env": { "type": "string" } }, "required": ["Env"] },
            { "type": "object", "properties": { "File": { "type": "string" } }, "required": ["File"] },
            {
                "type": "object",
                "properties": { "Command": { "type": "array", "items": { "type": "string" } } },
                "required": ["Command"],
            },
            { "type": "null" },
        ],
        "description": "where the token is; never the token itself",
    });
    json!({
        "oneOf": [
            { "const": "Sandbox" },
            {
                "type": "object",
                "additionalProperties": false,
                "required": ["Twilio"],
                "properties": {
                    "Twilio": {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {
                            "account_sid": optional(text("AC and 32 hexadecimal digits")),
                            "api_key": optional(text("SK and 32 hexadecimal digits")),
                            "auth_token": token,
                            "base_url": optional(text("https, or http on this machine")),
                            "risk_check": { "enum": ["Enable", "Disable", null] },
                            "content_retention": { "enum": ["Retain", "Discard", null] },
                            "address_retention": { "enum": ["Retain", "Obfuscate", null] },
                        },
                    },
                },
            },
        ],
    })
}

fn limits() -> Value {
    let cap = || optional(whole(1, u32::MAX, "codes"));
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "only_countries": { "type": ["array", "null"], "items": country(), "minItems": 1 },
            "per_hour": cap(),
            "per_day": cap(),
            "country_per_hour": cap(),
            "country_per_day": cap(),
            "countries": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": { "per_hour": cap(), "per_day": cap() },
                },
            },
            "record_only": { "type": "boolean" },
        },
    })
}

fn deck() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "app_name": optional(text("stands for {app}")),
            "store": optional(text("another place for the store")),
            "retention_days": optional(whole(2, 3650, "days that sends and events are kept")),
            "extra_ca": optional(text("a file of certificates (PEM)")),
            "segment_price": { "type": ["number", "null"], "minimum": 0, "maximum": 1000 },
            "thresholds": {
                "type": ["object", "null"],
                "additionalProperties": false,
                "properties": {
                    "failures": { "type": "integer" },
                    "failing_percent": { "type": "integer" },
                    "open_minutes": { "type": "integer" },
                    "busy_factor": { "type": "integer" },
                    "unverified_percent": { "type": "integer" },
                    "block_numbers": { "type": "integer" },
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Names that the parser knows at a place of the config, from what it says to an unknown one.
    fn known(text: &str) -> Vec<String> {
        let error = super::super::parse(text, Path::new("x")).unwrap_err();
        let hint = error.hint().unwrap_or_default();
        let names = hint.strip_prefix("Known here: ").unwrap_or_else(|| panic!("{error} {hint}"));
        let mut names: Vec<String> =
            names.trim_end_matches('.').split(", ").map(str::to_owned).collect();
        names.sort();
        names
    }

    #[test]
    fn the_schema_has_the_names_that_the_parser_knows() {
        let schema = schema();
        let settings = "/properties/environments/properties/test";
        let unknown = "zzzzzzzzzzzzzzzzzzzzzzzz: 1";
        let in_test = |text: &str| format!("(version: 1, environments: (test: ({text})))");
        for (place, text) in [
            (String::new(), format!("(version: 1, {unknown})")),
            ("/properties/deck".to_owned(), format!("(version: 1, deck: ({unknown}))")),
            (
                "/properties/deck/properties/thresholds".to_owned(),
                format!("(version: 1, deck: (thresholds: ({unknown})))"),
            ),
            (settings.to_owned(), in_test(unknown)),
            (format!("{settings}/properties/limits"), in_test(&format!("limits: ({unknown})"))),
            (
                format!("{settings}/properties/provider/oneOf/1/properties/Twilio"),
                in_test(&format!("provider: Twilio({unknown})")),
            ),
            (
                format!("{settings}/properties/from_numbers/items"),
                in_test(&format!("from_numbers: [({unknown})]")),
            ),
        ] {
            let names =
                schema.pointer(&format!("{place}/properties")).unwrap().as_object().unwrap();
            let mut names: Vec<String> = names.keys().cloned().collect();
            names.sort();
            assert_eq!(names, known(&text), "{place}");
        }
    }
}
