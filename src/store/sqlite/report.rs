//! Takes what the provider reports. Which report is news, and what it does to the slot, is the
//! domain's to judge.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result};

use super::deliveries::{has_sid, unfinished};
use super::events::{self, NewEvent};
use super::values::{MAX_TEXT, Millis, country};
use super::{Sqlite, challenges, traffic};
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
        self.worker.note(move |connection| apply(connection, &report)).await
    }

    pub async fn report_all(&self, reports: Vec<StatusReport>) -> Result<Vec<bool>, StoreError> {
        self.worker
            .note(move |connection| reports.iter().map(|it| apply(connection, it)).collect())
            .await
    }

    pub async fn adopt(&self, found: StatusReport) -> Result<bool, StoreError> {
        self.worker.note(move |connection| adopt(connection, &found)).await
    }
}

/// What a report is compared with, and what its event repeats.
struct Known {
    environment: Environment,
    status: DeliveryStatus,
    sid: Option<String>,
    country: Option<Country>,
    at: Timestamp,
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
                 fault = coalesce(?6, fault), took = coalesce(?7, took),
                 lease_until = iif(?3, 0, lease_until)
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
        SlotChange::Released => {
            release(connection, report.delivery)?;
            traffic::count(connection, (known.environment, known.country), known.at, -1)?;
        }
        SlotChange::TakenAgain => {
            count_again(connection, report.delivery)?;
            traffic::count(connection, (known.environment, known.country), known.at, 1)?;
        }
    }
    let detail = match slot {
        SlotChange::TakenAgain => Some(taken_again(report.detail.as_deref())),
        _ => report.detail.clone(),
    };
    write_event(connection, report, known.environment, detail.as_deref())?;
    Ok(true)
}

fn write_event(
    connection: &Connection,
    report: &StatusReport,
    environment: Environment,
    detail: Option<&str>,
) -> Result<()> {
    let event = NewEvent {
        delivery: Some(report.delivery),
        error_code: report.error_code,
        request_id: report.request_id.as_deref(),
        detail,
        ..NewEvent::of(environment, report.at, EventKind::Delivery(report.status))
    };
    events::insert(connection, &event)
}

fn find(connection: &Connection, delivery: DeliveryId) -> Result<Option<Known>> {
    connection
        .prepare_cached(
            "SELECT environment, status, sid, country, at FROM deliveries WHERE id = ?1",
        )?
        .query_row([delivery], |row| {
            Ok(Known {
                environment: row.get(0)?,
                status: row.get(1)?,
                sid: row.get(2)?,
                country: country(row, "country")?,
                at: row.get::<_, Millis>(4)?.0,
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
