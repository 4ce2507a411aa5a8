//! The deck's own time, by which the file keeps its moments.
//!
//! It goes on with the uptime of the machine, whatever its wall clock is set to, and is the same in
//! every process: the first one after a boot writes down how far it is ahead of the uptime. Moments
//! are turned into it when they are written and out of it when they are read
//! ([`Millis`](super::values::Millis)), so that all others see them as the present wall clock would
//! have shown them. Where the uptime is not known, the wall clock is the deck's time.

use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension, Result};

use crate::runtime::{Clock, Uptime};

/// Differences to the wall clock are rounded to so many milliseconds: reading two clocks takes a
/// moment, and the same row must be read as the same moment every time.
const STEP: i64 = 10;

/// How often the present moment is written down, in milliseconds, so that the next boot finds out
/// how long the machine was off.
const RECORD_EVERY: i64 = 60_000;

/// The longest time off after which the wall clock is believed at once, in milliseconds.
const USUAL_GAP: i64 = 24 * 60 * 60_000;

/// How long the wall clock must have agreed with the uptime before anything is deleted because of
/// what it says, in milliseconds: a clock that is wrong at the boot is usually set by then.
const TRIAL: i64 = 60 * 60_000;

/// The deck's time in this process.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    clock: Clock,
    /// Milliseconds that the deck's time is ahead of the uptime; `None` where that is not known.
    ahead: Option<i64>,
    /// The uptime in milliseconds from which on old rows may be deleted.
    trusted_from: i64,
    /// The uptime in milliseconds at which the present moment was last written down.
    recorded_at: i64,
}

/// How the wall clock compares to the deck's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    /// How far the wall clock is ahead.
    pub(super) skew: SignedDuration,
    /// Whether the deck's time has been going on for long enough to delete what it calls old;
    /// `None` where there is only the wall clock.
    pub(super) may_prune: Option<bool>,
}

/// What the file knows of the last boot.
struct LastBoot {
    boot: String,
    ahead: i64,
    trusted_from: i64,
    deck_time: i64,
    wall: i64,
}

impl Timeline {
    /// Continues the time of the file; `None` where the machine has been started since, so that a
    /// new boot must [begin](Self::begin).
    pub(super) fn resume(connection: &Connection, clock: &Clock) -> Result<Option<Self>> {
        let Some(uptime) = clock.uptime() else { return Ok(Some(Self::of_wall_clock(clock))) };
        let last = last_boot(connection)?.filter(|last| last.boot == uptime.boot);
        Ok(last.map(|last| Self::of_boot(&last, &uptime, clock)))
    }

    /// Begins a new boot in the file, unless another process has. Needs a transaction.
    pub(super) fn begin(connection: &Connection, clock: &Clock) -> Result<Self> {
        if let Some(resumed) = Self::resume(connection, clock)? {
            return Ok(resumed);
        }
        let Some(uptime) = clock.uptime() else { return Ok(Self::of_wall_clock(clock)) };
        let last = last_boot(connection)?;
        let begun = new_boot(last.as_ref(), &uptime, clock);
        record_boot(connection, &begun)?;
        if last.is_none() {
            pull_back(connection, begun.deck_time)?;
        }
        free_leases(connection)?;
        Ok(Self::of_boot(&begun, &uptime, clock))
    }

    /// Tells the time as [`begin`](Self::begin) would, and writes nothing.
    pub(super) fn look(connection: &Connection, clock: &Clock) -> Result<Self> {
        if let Some(resumed) = Self::resume(connection, clock)? {
            return Ok(resumed);
        }
        let Some(uptime) = clock.uptime() else { return Ok(Self::of_wall_clock(clock)) };
        let begun = new_boot(last_boot(connection)?.as_ref(), &uptime, clock);
        Ok(Self::of_boot(&begun, &uptime, clock))
    }

    fn of_boot(boot: &LastBoot, uptime: &Uptime, clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            ahead: Some(boot.ahead),
            trusted_from: boot.trusted_from,
            recorded_at: millis(uptime),
        }
    }

    /// The time where there is only the wall clock.
    fn of_wall_clock(clock: &Clock) -> Self {
        Self { clock: clock.clone(), ahead: None, trusted_from: 0, recorded_at: 0 }
    }

    /// Milliseconds that the wall clock is ahead of the deck's time.
    pub(super) fn skew(&self) -> i64 {
        let Some((ahead, uptime)) = self.ahead.zip(self.clock.uptime()) else { return 0 };
        let deck_time = millis(&uptime) + ahead;
        let difference = self.clock.now().as_millisecond() - deck_time;
        (difference + STEP / 2).div_euclid(STEP) * STEP
    }

    /// Compares the wall clock to the deck's time.
    pub(super) fn clocks(&self) -> Clocks {
        let uptime = self.ahead.and_then(|_| self.clock.uptime());
        let may_prune = uptime.map(|uptime| millis(&uptime) >= self.trusted_from);
        Clocks { skew: SignedDuration::from_millis(self.skew()), may_prune }
    }

    /// Writes the present moment down, if that was long ago.
    pub(super) fn record(&mut self, connection: &Connection) -> Result<()> {
        let Some((ahead, uptime)) = self.ahead.zip(self.clock.uptime()) else { return Ok(()) };
        let up = millis(&uptime);
        if up - self.recorded_at < RECORD_EVERY {
            return Ok(());
        }
        self.recorded_at = up;
        connection
            .prepare_cached("UPDATE timeline SET deck_time = ?1, wall = ?2 WHERE boot = ?3")?
            .execute((up + ahead, self.clock.now().as_millisecond(), &uptime.boot))
            .map(drop)
    }
}

/// What is known of a boot that begins now.
fn new_boot(last: Option<&LastBoot>, uptime: &Uptime, clock: &Clock) -> LastBoot {
    let (up, wall) = (millis(uptime), clock.now().as_millisecond());
    // The last moment was before this boot, so at least the uptime has passed since.
    let gap = last.map(|last| (wall - last.wall).max(up));
    let now = last.zip(gap).map_or(wall, |(last, gap)| last.deck_time + gap);
    let trial = if gap.is_some_and(|gap| gap <= USUAL_GAP) { 0 } else { TRIAL };
    LastBoot {
        boot: uptime.boot.clone(),
        ahead: now - up,
        trusted_from: up + trial,
        deck_time: now,
        wall,
    }
}

fn millis(uptime: &Uptime) -> i64 {
    i64::try_from(uptime.elapsed.as_millis()).unwrap_or(i64::MAX / 4)
}

fn last_boot(connection: &Connection) -> Result<Option<LastBoot>> {
    connection
        .query_row("SELECT boot, ahead, trusted_from, deck_time, wall FROM timeline", (), |row| {
            Ok(LastBoot {
                boot: row.get(0)?,
                ahead: row.get(1)?,
                trusted_from: row.get(2)?,
                deck_time: row.get(3)?,
                wall: row.get(4)?,
            })
        })
        .optional()
}

fn record_boot(connection: &Connection, boot: &LastBoot) -> Result<()> {
    connection
        .execute(
            "INSERT OR REPLACE INTO timeline (id, boot, ahead, trusted_from, deck_time, wall)
             VALUES (1, ?1, ?2, ?3, ?4, ?5)",
            (&boot.boot, boot.ahead, boot.trusted_from, boot.deck_time, boot.wall),
        )
        .map(drop)
}

/// Takes what an earlier version has written by a clock that was ahead for written now. Its codes
/// are not valid: nobody knows for how long they would be.
fn pull_back(connection: &Connection, now: i64) -> Result<()> {
    connection.execute("UPDATE deliveries SET challenge = NULL WHERE at > ?1", [now])?;
    connection.execute("UPDATE deliveries SET at = ?1 WHERE at > ?1", [now])?;
    connection.execute("UPDATE deliveries SET counted_at = ?1 WHERE counted_at > ?1", [now])?;
    connection.execute("UPDATE deliveries SET missed_at = NULL WHERE missed_at > ?1", [now])?;
    connection.execute("UPDATE events SET at = ?1 WHERE at > ?1", [now]).map(drop)
}

/// Frees what the processes of an earlier boot were following: they have all ended.
fn free_leases(connection: &Connection) -> Result<()> {
    connection
        .execute("UPDATE deliveries SET lease_until = 0 WHERE finished = 0 AND lease_until > 0", ())
        .map(drop)
}
