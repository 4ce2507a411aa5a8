//! Reports to the console, over its one bounded channel.

use tokio::sync::mpsc::Sender;

use crate::tui::effect::Work;
use crate::tui::keyboard::InputEvent;
use crate::tui::message::Message;

/// Where tasks report what came of their work.
#[derive(Clone)]
pub(super) struct Reporter(pub(super) Sender<InputEvent>);

impl Reporter {
    /// Reports something; waits while the console has much to read.
    pub(super) async fn tell(&self, message: Message) {
        // It fails only when the console is gone, and then no one wants to know.
        let _ = self.0.send(InputEvent::Message(message)).await;
    }

    /// Tells how far work has come, where the console has time to hear it.
    pub(super) fn progress(&self, work: Work) -> impl Fn(usize) + use<> {
        let events = self.0.clone();
        // One that is missed is followed by another, or by the end.
        move |count| drop(events.try_send(InputEvent::Message(Message::Progress { work, count })))
    }
}
