//! The shape of the config as a JSON schema, for editors and generators: derived from what reads
//! the file, with the explanations of the table of fields.
//!
//! RON's structs are objects there, its `None` is null, and an enum with fields is an object of one
//! member.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::deck::DeckField;
use super::wire::WireFile;
use crate::domain::field_table::Row;
use crate::domain::settings::Field;

/// The schema, in the words of JSON Schema 2020-12.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<WireFile>().to_value();
    for field in Field::ALL {
        explain(&mut schema, field.row(), "Settings");
    }
    for field in DeckField::ALL {
        explain(&mut schema, field.row(), "Deck");
    }
    schema
}

/// Puts the explanation of a field beside its shape.
fn explain<S>(schema: &mut Value, row: &Row<S>, settings: &str) {
    let fields = match row.below {
        None => format!("/$defs/{settings}/properties"),
        Some("provider") => "/$defs/Provider/oneOf/1/properties/Twilio/properties".to_owned(),
        Some(_) => "/$defs/Thresholds/properties".to_owned(),
    };
    let place = format!("{fields}/{}", row.key);
    if let Some(object) = schema.pointer_mut(&place).and_then(Value::as_object_mut) {
        object.insert("description".to_owned(), row.explanation.into());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::error::Hint;
    use crate::config::parse::parse;

    /// The fields of an object of the schema.
    fn fields<'a>(schema: &'a Value, place: &str) -> &'a serde_json::Map<String, Value> {
        let found = schema.pointer(&format!("{place}/properties")).and_then(Value::as_object);
        found.unwrap_or_else(|| panic!("{place}: {schema:#}"))
    }

    const TWILIO: &str = "/$defs/Provider/oneOf/1/properties/Twilio";

    /// Names that the parser knows at a place of the config, from its error for an unknown one.
    fn known(text: &str) -> Vec<String> {
        let error = parse(text, Path::new("x")).unwrap_err();
        let Some(Hint::Words(hint)) = error.hint() else { panic!("{error}") };
        let names = hint.strip_prefix("Valid names: ").unwrap_or_else(|| panic!("{error} {hint}"));
        let mut names: Vec<String> =
            names.trim_end_matches('.').split(", ").map(str::to_owned).collect();
        names.sort();
        names
    }

    #[test]
    fn the_schema_has_the_names_that_the_parser_knows() {
        let schema = schema();
        let unknown = "zzzzzzzzzzzzzzzzzzzzzzzz: 1";
        let in_test = |text: &str| format!("(version: 1, environments: (test: ({text})))");
        for (place, text) in [
            ("", format!("(version: 1, {unknown})")),
            ("/$defs/Deck", format!("(version: 1, deck: ({unknown}))")),
            ("/$defs/Thresholds", format!("(version: 1, deck: (thresholds: ({unknown})))")),
            ("/$defs/Settings", in_test(unknown)),
            ("/$defs/Limits", in_test(&format!("limits: ({unknown})"))),
            (TWILIO, in_test(&format!("provider: Twilio({unknown})"))),
            ("/$defs/FromNumber", in_test(&format!("from_numbers: [({unknown})]"))),
        ] {
            let mut names: Vec<String> = fields(&schema, place).keys().cloned().collect();
            names.sort();
            assert_eq!(names, known(&text), "{place}");
            let object = schema.pointer(place).unwrap();
            assert_eq!(object["additionalProperties"], false, "{place}");
        }
    }

    #[test]
    fn every_field_is_in_the_schema_with_its_explanation() {
        let schema = schema();
        let place = |below: Option<&str>| if below.is_some() { TWILIO } else { "/$defs/Settings" };
        for &field in Field::ALL {
            let row = field.row();
            let fields = fields(&schema, place(row.below));
            // Three fields there, which have no explanation but their names.
            if field == Field::MessageOptions {
                assert!(row.value.parts().iter().all(|part| fields.contains_key(part.key)));
                continue;
            }
            assert_eq!(fields[row.key]["description"], row.explanation, "{field:?}");
        }
        for field in DeckField::ALL {
            let row = field.row();
            let place = if row.below.is_some() { "/$defs/Thresholds" } else { "/$defs/Deck" };
            assert_eq!(fields(&schema, place)[row.key]["description"], row.explanation);
        }
    }

    #[test]
    fn the_bounds_are_those_of_the_settings() {
        let schema = schema();
        let settings = fields(&schema, "/$defs/Settings");
        let validity = &settings["code_validity_minutes"];
        assert_eq!((&validity["minimum"], &validity["maximum"]), (&1.into(), &10.into()));
        let days = &fields(&schema, "/$defs/Deck")["retention_days"];
        assert_eq!((&days["minimum"], &days["maximum"]), (&2.into(), &3650.into()));
        assert_eq!(schema["$defs"]["MessageTemplate"]["maxLength"], 1600);
        assert_eq!(schema["$defs"]["AccountSid"]["pattern"], "^AC[0-9a-fA-F]{32}$");
        let required = schema["$defs"]["Settings"]["required"].as_array().unwrap();
        let is_required = |name: &str| required.iter().any(|it| it == name);
        assert!(is_required("codes_allowed") && !is_required("limits"), "{required:?}");
    }
}
