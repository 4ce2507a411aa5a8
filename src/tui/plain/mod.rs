//! The console line by line, for screen readers: no borders, one pane at a time, and anything that
//! gets the focus or changes is written below what was written before. It reads the same picture
//! that others see, so it knows no pane and no pop-up. The theme has put words in the place of marks
//! there; its style shows what has the focus.

mod announcer;
mod page;

pub use announcer::Announcer;
pub use page::SIZE;
