//! How long the machine has been up: a clock that nobody sets, to which the wall clock is compared.

use jiff::SignedDuration;

/// The time since one start of the machine. Two of them can be compared only if they are of the
/// same start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uptime {
    /// The id that the operating system has given to this start.
    pub boot: String,
    /// The time since then, time asleep included.
    pub elapsed: SignedDuration,
}

impl Uptime {
    /// Reads the time since this machine was started; `None` where the operating system does not
    /// tell its starts apart.
    #[cfg(target_os = "linux")]
    pub(super) fn of_this_machine() -> Option<Self> {
        use std::sync::OnceLock;

        use rustix::time::{ClockId, clock_gettime};

        // See random(4).
        const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
        static BOOT: OnceLock<Option<String>> = OnceLock::new();
        let read = || {
            let id = std::fs::read_to_string(BOOT_ID).ok()?;
            Some(id.trim().to_owned()).filter(|id| !id.is_empty())
        };
        let boot = BOOT.get_or_init(read).clone()?;
        let elapsed = clock_gettime(ClockId::Boottime);
        let nanoseconds = i32::try_from(elapsed.tv_nsec).unwrap_or_default();
        Some(Self { boot, elapsed: SignedDuration::new(elapsed.tv_sec, nanoseconds) })
    }

    /// Reads the time since this machine was started; `None` where the operating system does not
    /// tell its starts apart.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of_this_machine() -> Option<Self> {
        None
    }
}
