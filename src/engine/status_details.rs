//! What is recorded beside a status.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::delivery::DeliveryStatus;
use crate::domain::fault::Fault;
use crate::provider::MessageState;
use crate::store::{DeliveryId, StatusReport};

/// What is recorded beside a status.
#[derive(Clone, Default)]
pub(super) struct StatusDetails {
    pub sid: Option<String>,
    pub error_code: Option<u32>,
    pub request_id: Option<String>,
    pub detail: Option<String>,
    pub fault: Option<Fault>,
    pub took: Option<Duration>,
}

impl StatusDetails {
    /// Only words.
    pub(super) fn in_words(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::default() }
    }

    /// What the provider tells of a message.
    pub(super) fn of(state: MessageState) -> Self {
        Self {
            error_code: state.error_code,
            request_id: state.request_id,
            detail: state.error_message,
            took: state.took,
            ..Self::default()
        }
    }

    /// The report of a status with them.
    pub(super) fn report(
        self,
        delivery: DeliveryId,
        at: Timestamp,
        status: DeliveryStatus,
    ) -> StatusReport {
        let Self { sid, error_code, request_id, mut detail, fault, took } = self;
        if let Some(took) = took.filter(|_| status == DeliveryStatus::Delivered) {
            // When this host noticed says nothing about the phone.
            detail = detail.or_else(|| Some(format!("after {} s", took.as_secs())));
        }
        StatusReport { delivery, at, status, sid, error_code, request_id, detail, fault, took }
    }
}
