//! The console line by line, for screen readers: no borders, one pane at a time, and whatever
//! gets the focus or changes is written below what was written before. It reads the same picture
//! that others see, so it knows no pane and no pop-up.

mod announcer;
mod page;
mod spoken;

pub use announcer::Announcer;
pub use page::SIZE;
