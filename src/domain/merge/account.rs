//! Merges two changes of the provider and its account.

use super::conflict::{Merger, Place};
use crate::domain::message_options::MessageOptions;
use crate::domain::provider::{Provider, TwilioAccount};
use crate::domain::settings::{Field, Settings};

/// The provider that is kept. Where all sides have an account, its credentials and its message
/// options are decided on their own.
pub(super) fn merged_provider(merger: &mut Merger<'_>) -> Provider {
    let (mine, theirs) = (merger.mine, merger.theirs);
    let accounts = merger.sides().map(|settings| settings.provider.twilio().cloned());
    let [Some(base), Some(my_account), Some(their_account)] = accounts else {
        let sides = merger.sides().map(|settings| settings.provider.clone());
        let place = Place { field: Field::Provider, number: None };
        return merger.decide(sides, place, [mine, theirs].map(provider_words));
    };
    let accounts = [base, my_account, their_account];
    let options = accounts.each_ref().map(|account| account.options);
    // Two accounts are never mixed into a third: its token would go to a stranger.
    let credentials =
        accounts.map(|account| TwilioAccount { options: MessageOptions::default(), ..account });
    let place = Place { field: Field::AccountSid, number: None };
    let credentials = merger.decide(credentials, place, account_words(mine, theirs));
    let place = Place { field: Field::MessageOptions, number: None };
    let words = [mine, theirs].map(|settings| Field::MessageOptions.row().show(settings));
    let options = merger.decide(options, place, words);
    Provider::Twilio(Box::new(TwilioAccount { options, ..credentials }))
}

fn provider_words(settings: &Settings) -> String {
    let provider = &settings.provider;
    match provider.twilio() {
        Some(_) => format!("{}, {}", provider.name(), Field::AccountSid.row().show(settings)),
        None => provider.name().to_owned(),
    }
}

/// What sets two accounts apart, in words.
fn account_words(mine: &Settings, theirs: &Settings) -> [String; 2] {
    let is_other = |field: &Field| {
        let row = field.row();
        field.is_of_account()
            && *field != Field::MessageOptions
            && row.show(mine) != row.show(theirs)
    };
    let parts: Vec<Field> = Field::ALL.iter().copied().filter(is_other).collect();
    [mine, theirs].map(|settings| {
        let words = parts.iter().map(|field| {
            let row = field.row();
            format!("{} {}", row.label, row.show(settings))
        });
        words.collect::<Vec<_>>().join(", ")
    })
}
