//! `config.ron` as it is written. What a field means, the settings say: a field stands here as a
//! line of [`wire_settings`] or [`wire_deck`], which makes the way there and back of it.

use std::path::PathBuf;

use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::Config;
use super::deck::{DeckSettings, RetentionDays};
use super::ron_text::{Shape, root, shape};
use super::wire_limits::WireLimits;
use super::wire_numbers::{WireNumber, numbers_from, numbers_of};
use super::wire_provider::WireProvider;
use super::wire_recipients::WireRecipients;
use crate::domain::app_name::AppName;
use crate::domain::bounded::{CodeValidity, CodesAllowed, TimeOut};
use crate::domain::country::Country;
use crate::domain::environment::{Environment, PerEnvironment};
use crate::domain::from_numbers::FromNumbersError;
use crate::domain::message_overrides::MessageOverrides;
use crate::domain::message_text::MessageTemplate;
use crate::domain::price::Price;
use crate::domain::sender::Sender;
use crate::domain::settings::Settings;
use crate::domain::thresholds::Thresholds;

/// The version of the file's shape.
pub(super) const VERSION: u32 = 1;

/// The whole file.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "smsdeck config.ron")]
pub(super) struct WireFile {
    /// The version of the file's shape.
    #[schemars(extend("const" = VERSION))]
    pub(super) version: u32,
    pub(super) environments: PerEnvironment<WireSettings>,
    #[serde(default, skip_serializing_if = "WireDeck::is_default")]
    pub(super) deck: WireDeck,
}

/// Declares the settings of an environment as they stand in the file: the name there, the type
/// there, and the field of [`Settings`]. The From numbers, which the file has in two fields, stand
/// where `;` is.
macro_rules! wire_settings {
    (
        $($(#[$attr:meta])* $name:ident: $type:ty = $field:ident,)+;
        $($(#[$attr_after:meta])* $name_after:ident: $type_after:ty = $field_after:ident,)+
    ) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(rename = "Settings")]
        pub(super) struct WireSettings {
            $($(#[$attr])* $name: $type,)+
            from_numbers: Vec<WireNumber>,
            default_number: Option<Sender>,
            $($(#[$attr_after])* $name_after: $type_after,)+
        }

        impl TryFrom<WireSettings> for Settings {
            type Error = FromNumbersError;

            fn try_from(wire: WireSettings) -> Result<Self, FromNumbersError> {
                Ok(Self {
                    from_numbers: numbers_from(wire.from_numbers, wire.default_number)?,
                    $($field: wire.$name.into(),)+
                    $($field_after: wire.$name_after.into(),)+
                })
            }
        }

        impl From<Settings> for WireSettings {
            fn from(settings: Settings) -> Self {
                Self {
                    from_numbers: numbers_of(&settings.from_numbers),
                    default_number: settings.from_numbers.default_number().cloned(),
                    $($name: settings.$field.into(),)+
                    $($name_after: settings.$field_after.into(),)+
                }
            }
        }
    };
}

wire_settings! {
    default_country: Option<Country> = default_country,
    code_validity_minutes: CodeValidity = code_validity,
    codes_allowed: CodesAllowed = codes_allowed,
    request_time_out_minutes: TimeOut = time_out,
    provider: WireProvider = provider,
    ;
    message: MessageTemplate = message,
    #[serde(default, skip_serializing_if = "MessageOverrides::is_empty")]
    own_messages: MessageOverrides = message_overrides,
    recipients: WireRecipients = recipients,
    #[serde(default, skip_serializing_if = "WireLimits::is_default")]
    limits: WireLimits = limits,
}

/// Declares deck-wide settings as they stand in the file. Each may be left out: it is
/// the built-in one then.
macro_rules! wire_deck {
    ($($field:ident: $type:ty,)+) => {
        #[derive(Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        #[schemars(rename = "Deck")]
        pub(super) struct WireDeck {
            $(#[serde(skip_serializing_if = "Option::is_none")] $field: Option<$type>,)+
        }

        impl From<WireDeck> for DeckSettings {
            fn from(wire: WireDeck) -> Self {
                let built_in = Self::default();
                Self { $($field: wire.$field.unwrap_or(built_in.$field),)+ }
            }
        }

        impl From<DeckSettings> for WireDeck {
            fn from(deck: DeckSettings) -> Self {
                let built_in = DeckSettings::default();
                Self { $($field: Some(deck.$field).filter(|it| *it != built_in.$field),)+ }
            }
        }
    };
}

wire_deck! {
    app_name: AppName,
    store: Option<PathBuf>,
    retention_days: RetentionDays,
    show_user_ids: bool,
    extra_ca: Option<PathBuf>,
    thresholds: Thresholds,
    segment_price: Option<Price>,
}

impl WireDeck {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// RON in which `Some` need not be written.
pub(super) fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

/// The text of a config, as it is written to the file.
pub fn render(config: &Config) -> String {
    let environments = PerEnvironment::from_fn(|it| config.environments[it].clone().into());
    let file = WireFile { version: VERSION, environments, deck: config.deck.clone().into() };
    let pretty = PrettyConfig::new().compact_arrays(true).new_line("\n");
    // Plain structs of text and numbers always have a text form.
    let mut text = options().to_string_pretty(&file, pretty).unwrap_or_default();
    text.push('\n');
    text
}

/// The settings of an environment with the names of the file, as JSON: no secret is in them.
pub fn to_json(config: &Config, environment: Environment) -> serde_json::Value {
    let wire = WireSettings::from(config.environments[environment].clone());
    // Plain structs of text and numbers always have a JSON form.
    serde_json::to_value(wire).unwrap_or_default()
}

/// Where the settings of an environment stand in a text.
pub(super) fn settings_place(
    text: &str,
    environment: Environment,
) -> Option<std::ops::Range<usize>> {
    let mut at = root(text)?;
    for name in ["environments", environment.key()] {
        let Shape::Struct { fields, .. } = shape(text, &at) else { return None };
        at = fields.into_iter().find(|field| field.name == name)?.value;
    }
    Some(at)
}
