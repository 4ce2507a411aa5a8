//! Takes what the provider reports. Which report is news, and what it does to the slot, is the
//! domain's to judge.

use rusqlite::{Connection, OptionalExtension, Result};

use super::deliveries::{MAX_TEXT, has_sid, unfinished};
use super::events::{self, NewEvent};
use super::values::country;
use super::{Sqlite, challenges};
use crate::domain::country::Country;
use crate::domain::delivery::{DeliveryStatus, Sighting, SlotChange, judge_report};
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::domain::text::printable;
use crate::store::delivery::StatusReport;
use crate::store::error::StoreError;
use crate::store::event::EventKind;
use crate::store::ids::DeliveryId;

impl Sqlite {
    pub async fn report(&self, report: StatusReport) -> Result<bool, StoreError> {
        self.worker.write(move |connection| apply(connection, &report)).await
    }

    pub async fn adopt(&self, found: StatusReport) -> Result<bool, StoreError> {
        self.worker.write(move |connection| adopt(connection, &found)).await
    }
}

/// What a report is compared with, and what its event repeats.
struct Known {
    environment: Environment,
    status: DeliveryStatus,
    country: Option<Country>,
    sender: String,
    sid: Option<String>,
    user: String,
    recipient: String,
}

/// Moves a delivery and writes its event; `false` if the report is stale, or of no delivery.
fn apply(connection: &Connection, report: &StatusReport) -> Result<bool> {
    let Some(known) = find(connection, report.delivery)? else { return Ok(false) };
    let before = Sighting { status: known.status, has_sid: known.sid.is_some() };
    let reported = Sighting { status: report.status, has_sid: report.sid.is_some() };
    let Some(slot) = judge_report(before, reported) else { return Ok(false) };
    let sid = report.sid.as_deref().map(|sid| printable(sid, MAX_TEXT));
    let sid = sid.or_else(|| known.sid.clone());
    connection
        .prepare_cached(
            "UPDATE deliveries
             SET status = ?2, finished = ?3, sid = ?4, error_code = coalesce(?5, error_code),
                 fault = coalesce(?6, fault), took = coalesce(?7, took)
             WHERE id = ?1",
        )?
        .execute((
            report.delivery,
            report.status,
            report.status.is_final(),
            &sid,
            report.error_code,
            report.fault.map(Fault::key),
            report.took.map(|took| i64::try_from(took.as_millis()).unwrap_or(i64::MAX)),
        ))?;
    match slot {
        SlotChange::Kept => {}
        SlotChange::Released => release(connection, report.delivery)?,
        SlotChange::TakenAgain => count_again(connection, report.delivery)?,
    }
    let detail = match slot {
        SlotChange::TakenAgain => Some(taken_again(report.detail.as_deref())),
        _ => report.detail.clone(),
    };
    write_event(connection, report, &known, (sid.as_deref(), detail.as_deref()))?;
    Ok(true)
}

fn write_event(
    connection: &Connection,
    report: &StatusReport,
    known: &Known,
    (sid, detail): (Option<&str>, Option<&str>),
) -> Result<()> {
    let event = NewEvent {
        delivery: Some(report.delivery),
        sender: Some(&known.sender),
        sid,
        error_code: report.error_code,
        request_id: report.request_id.as_deref(),
        country: known.country,
        detail,
        ..NewEvent::of(
            known.environment,
            report.at,
            EventKind::Delivery(report.status),
            (&known.user, &known.recipient),
        )
    };
    events::insert(connection, &event)
}

fn find(connection: &Connection, delivery: DeliveryId) -> Result<Option<Known>> {
    connection
        .prepare_cached(
            "SELECT deliveries.environment, status, country, sender, sid, users.label AS user,
                    numbers.label AS recipient
             FROM deliveries
             JOIN subjects AS users ON users.id = deliveries.user
             JOIN subjects AS numbers ON numbers.id = deliveries.number
             WHERE deliveries.id = ?1",
        )?
        .query_row([delivery], |row| {
            Ok(Known {
                environment: row.get("environment")?,
                status: row.get("status")?,
                country: country(row, "country")?,
                sender: row.get("sender")?,
                sid: row.get("sid")?,
                user: row.get("user")?,
                recipient: row.get("recipient")?,
            })
        })
        .optional()
}

/// Gives the slot of a message back that certainly never went out; its code works nowhere.
fn release(connection: &Connection, delivery: DeliveryId) -> Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET counted_at = NULL WHERE id = ?1")?
        .execute([delivery])?;
    challenges::forget_code(connection, delivery)
}

/// What the log says of a message that was sent after all.
fn taken_again(detail: Option<&str>) -> String {
    const WHAT: &str = "it was sent after all: the code counts again, but no longer works";
    detail.map_or_else(|| WHAT.to_owned(), |detail| format!("{WHAT} ({detail})"))
}

/// Takes the slot of a message back that was sent after all. Its code works nowhere any more.
fn count_again(connection: &Connection, delivery: DeliveryId) -> Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET counted_at = at WHERE id = ?1")?
        .execute([delivery])
        .map(drop)
}

/// Takes a message that was found at the provider for the one of a delivery; `false` if another
/// delivery has it, or this one has its end.
fn adopt(connection: &Connection, found: &StatusReport) -> Result<bool> {
    let sid = found.sid.as_deref().unwrap_or_default();
    let Some(lost) = unfinished(connection, found.delivery)? else { return Ok(false) };
    if lost.sid.is_some() || has_sid(connection, sid)? {
        return Ok(lost.sid.as_deref() == Some(sid));
    }
    // Its status may be no news; its SID is.
    if !apply(connection, found)? {
        connection
            .prepare_cached("UPDATE deliveries SET sid = ?2 WHERE id = ?1")?
            .execute((found.delivery, printable(sid, MAX_TEXT)))?;
    }
    Ok(true)
}
