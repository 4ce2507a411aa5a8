//! What a send to one number would do.

use serde::Serialize;

use super::quota::Quota;
use crate::domain::bounded::CodesAllowed;
use crate::domain::country::Country;
use crate::engine::Preview;

/// What a send to one number would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route<'a> {
    /// The number as typed.
    pub input: &'a str,
    /// Whether it is a valid number.
    pub valid: bool,
    /// The number in full.
    pub e164: Option<&'a str>,
    /// The ISO code of its country.
    pub region: Option<&'static str>,
    /// The sender; `None` where there is none.
    pub sender: Option<&'a str>,
    /// Why that sender, why none, or why the number is not valid.
    pub reason: String,
    /// SMS that the text takes.
    pub segments: Option<usize>,
    /// The limit that the send would break.
    pub over_limit: Option<String>,
    /// The state of the user's quota.
    pub quota: Option<Quota>,
}

impl<'a> Route<'a> {
    /// The route that was worked out for a number, under the number of codes allowed.
    pub fn of(input: &'a str, preview: &'a Preview, allowed: CodesAllowed) -> Self {
        let plan = &preview.plan;
        let (sender, reason) = match &plan.route {
            Ok(_) if !plan.may_text => {
                (None, "not an allowed recipient of this environment".to_owned())
            }
            Ok(route) => (Some(route.sender.as_str()), route.reason.to_string()),
            Err(refusal) => (None, refusal.to_string()),
        };
        Self {
            input,
            valid: true,
            e164: Some(plan.recipient.number.e164()),
            region: plan.recipient.number.country().map(Country::code),
            sender,
            reason,
            segments: Some(plan.message.segments().count),
            over_limit: preview.over_limit.map(|over| over.to_string()),
            quota: Some(Quota::of(preview.standing, allowed)),
        }
    }

    /// A text that is no valid number.
    pub const fn invalid(input: &'a str, reason: String) -> Self {
        Self {
            input,
            valid: false,
            e164: None,
            region: None,
            sender: None,
            reason,
            segments: None,
            over_limit: None,
            quota: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::names::names;

    #[test]
    fn the_names_of_a_route_are_stable_and_absent_values_are_null() {
        let route = Route::invalid("12", "too short".to_owned());
        assert_eq!(
            names(&route),
            "e164 input over_limit quota reason region segments sender valid"
        );
        let value = serde_json::to_value(&route).unwrap();
        assert!(value["e164"].is_null() && value["quota"].is_null(), "{value}");
    }
}
