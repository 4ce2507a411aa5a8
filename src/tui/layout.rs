//! What is where on the screen: a pure function of its size, for `update` and the view alike.
//!
//! ```text
//! tabs
//! ┌ form ──────┐┌ numbers ────┐
//! └────────────┘└─────────────┘
//! ┌ quota ────────────────────┐
//! └───────────────────────────┘
//! ┌ log ──────────────────────┐
//! └───────────────────────────┘
//! line: what the field means, or what just happened
//! hint: keys
//! ```

use ratatui::layout::Rect;

use super::pane::Pane;

/// Below this size (columns, rows) there is only a notice.
pub const SMALLEST: (u16, u16) = (40, 10);

/// Below this size (columns, rows) one pane is shown at a time.
pub const SMALLEST_GRID: (u16, u16) = (60, 16);

/// From this width on, labels are spelled out.
pub const WIDE: u16 = 100;

/// Rows of the form with its border: nine fields.
const FORM_ROWS: u16 = 11;

/// The parts of the screen; a pane that is not shown has no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrangement {
    /// Whether the terminal is too small for anything but a notice.
    pub too_small: bool,
    /// The environments.
    pub tabs: Rect,
    /// The settings form.
    pub form: Option<Rect>,
    /// The From numbers.
    pub numbers: Option<Rect>,
    /// The quota.
    pub quota: Option<Rect>,
    /// The delivery log.
    pub log: Option<Rect>,
    /// The line above the keys.
    pub line: Rect,
    /// The keys.
    pub hint: Rect,
}

/// Arranges the screen.
pub fn arrangement((width, height): (u16, u16), focus: Pane, zoomed: bool) -> Arrangement {
    let row = |y: u16| Rect { x: 0, y, width, height: 1.min(height) };
    let mut arranged = Arrangement {
        too_small: width < SMALLEST.0 || height < SMALLEST.1,
        tabs: row(0),
        form: None,
        numbers: None,
        quota: None,
        log: None,
        line: row(height.saturating_sub(2)),
        hint: row(height.saturating_sub(1)),
    };
    if arranged.too_small {
        return arranged;
    }
    let body = Rect { x: 0, y: 1, width, height: height - 3 };
    if zoomed || width < SMALLEST_GRID.0 || height < SMALLEST_GRID.1 {
        match focus {
            Pane::Form => arranged.form = Some(body),
            Pane::Numbers => arranged.numbers = Some(body),
            Pane::Quota => arranged.quota = Some(body),
            Pane::Log => arranged.log = Some(body),
        }
        return arranged;
    }
    let top = FORM_ROWS.min(body.height - 7);
    let below = body.height - top;
    let quota = (below * 2 / 5).max(4).min(below - 3);
    let form = form_width(width);
    arranged.form = Some(Rect { x: 0, y: body.y, width: form, height: top });
    arranged.numbers = Some(Rect { x: form, y: body.y, width: width - form, height: top });
    arranged.quota = Some(Rect { x: 0, y: body.y + top, width, height: quota });
    let log = body.y + top + quota;
    arranged.log = Some(Rect { x: 0, y: log, width, height: below - quota });
    arranged
}

/// The form takes what its labels need, and half of the screen at most.
const fn form_width(width: u16) -> u16 {
    if width >= WIDE { if width / 2 < 66 { width / 2 } else { 66 } } else { width * 19 / 40 }
}

/// A pop-up of at most this size in the middle of the screen.
pub fn centred((width, height): (u16, u16), wanted: (u16, u16)) -> Rect {
    let (columns, rows) = (wanted.0.min(width), wanted.1.min(height));
    Rect { x: (width - columns) / 2, y: (height - rows) / 2, width: columns, height: rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_stands_on_one_screen_of_80_by_24() {
        let arranged = arrangement((80, 24), Pane::Quota, false);
        assert_eq!(arranged.form, Some(Rect::new(0, 1, 38, 11)));
        assert_eq!(arranged.numbers, Some(Rect::new(38, 1, 42, 11)));
        assert_eq!(arranged.quota, Some(Rect::new(0, 12, 80, 4)));
        assert_eq!(arranged.log, Some(Rect::new(0, 16, 80, 6)));
    }

    #[test]
    fn at_every_size_the_parts_lie_on_the_screen_and_never_overlap() {
        for width in 0..=130 {
            for height in 0..=45 {
                for focus in Pane::ALL {
                    for zoomed in [false, true] {
                        let screen = Rect { x: 0, y: 0, width, height };
                        let arranged = arrangement((width, height), focus, zoomed);
                        let panes = [arranged.form, arranged.numbers, arranged.quota, arranged.log];
                        let mut parts: Vec<Rect> = panes.into_iter().flatten().collect();
                        assert_eq!(parts.is_empty(), arranged.too_small);
                        if !arranged.too_small {
                            parts.extend([arranged.tabs, arranged.line, arranged.hint]);
                        }
                        for (index, part) in parts.iter().enumerate() {
                            assert_eq!(part.intersection(screen), *part);
                            assert!(!part.is_empty());
                            assert!(parts[..index].iter().all(|other| !other.intersects(*part)));
                        }
                    }
                }
            }
        }
    }
}
