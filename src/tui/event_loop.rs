//! The loop: wait for something, update, carry out, draw if anything changed.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::ConsoleOptions;
use super::display::Display;
use super::editor::{NotEdited, edit};
use super::effect::Effect;
use super::executor::Executor;
use super::input::{self, Gate, InputEvent};
use super::keymap;
use super::message::Message;
use super::model::Model;
use super::terminal::Terminal;
use super::theme::Theme;
use super::update::update;
use crate::config::Paths;
use crate::engine::Clock;

/// Messages that may wait; whoever has more waits, never the screen.
const WAITING_MESSAGES: usize = 256;

/// Time between frames that nobody pressed a key for: 30 a second.
const FRAME: Duration = Duration::from_millis(33);

/// What a keystroke takes where the time does not go by itself.
const KEYSTROKE: jiff::SignedDuration = jiff::SignedDuration::from_millis(250);

/// Silence after which a demonstration draws: what follows from one key is one picture, however
/// fast this machine is.
const SETTLED: Duration = Duration::from_millis(40);

/// When the screen was drawn, and whether it is to be drawn again.
struct Frames {
    drawn: Instant,
    heard: Instant,
    changed: bool,
}

impl Frames {
    /// When what has changed is drawn, if nothing is urgent.
    fn due(&self, clock: &Clock) -> Instant {
        if clock.runs_by_itself() { self.drawn + FRAME } else { self.heard + SETTLED }
    }
}

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Quit,
    HungUp,
}

/// What a signal says.
enum Said {
    End(End),
    Resize,
}

/// The signals that are heard.
struct Signals {
    resize: Signal,
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            resize: signal(SignalKind::window_change())?,
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn recv(&mut self) -> Said {
        tokio::select! {
            _ = self.hang_up.recv() => Said::End(End::HungUp),
            _ = self.terminate.recv() => Said::End(End::Quit),
            _ = self.interrupt.recv() => Said::End(End::Quit),
            _ = self.resize.recv() => Said::Resize,
        }
    }
}

/// Runs the console until it is left. Draws before anything is read.
///
/// # Errors
/// When the terminal cannot be used, or the settings could not be read.
pub async fn run(options: ConsoleOptions) -> anyhow::Result<()> {
    // From here on a signal is a message; the terminal must not be ours before that.
    let mut signals = Signals::new()?;
    let (mut display, size) = Display::take(options.plain)?;
    let clock = options.runtime.clock.clone();
    let theme = Theme::from_environment(|name| std::env::var(name).ok());
    let theme = Theme { plain: options.plain, ..theme };
    let mut model = Model::new(size, theme, options.time_zone, clock.now());
    match keymap::read(&keymap::file_beside(&options.paths.config)) {
        Ok(keys) => model.keys = keys,
        Err(error) => model.complain(format!("{error}. The built-in keys hold.")),
    }
    model.environment = options.environment;
    model.read_only = options.operator.read_only;
    display.show(&model)?;

    let (sender, mut events) = mpsc::channel(WAITING_MESSAGES);
    let gate = input::listen(&sender)?;
    let paths = options.paths.clone();
    let executor = Executor::new(options.paths, options.runtime, options.operator, sender);
    executor.run(Effect::Load);
    let screen = Screen { display: &mut display, gate: &gate, paths: &paths };
    let end = follow(screen, &mut model, &clock, &executor, &mut events, &mut signals).await;
    drop(display);
    executor.finish_saves().await;
    executor.give_up().await;
    match (end?, model.phase) {
        (End::Quit, super::model::Phase::Broken(reason)) => anyhow::bail!(reason),
        _ => Ok(()),
    }
}

/// The terminal, its keys, and what may be edited on it.
struct Screen<'a> {
    display: &'a mut Display,
    gate: &'a Gate,
    paths: &'a Paths,
}

impl Screen<'_> {
    /// Has the config edited, or what was typed before, and answers what came of it.
    fn edit(&mut self, typed: Option<&Path>) -> Message {
        let failed =
            |error: io::Error| Message::NotEdited { reason: error.to_string(), kept: None };
        if let Err(error) = self.gate.close() {
            return failed(error);
        }
        let paths = self.paths;
        let edited = self.display.terminal.lend(|| Ok(edit(paths, typed)));
        self.gate.open();
        let edited = edited.and_then(|edited| self.display.repaint().map(|()| edited));
        match edited {
            Ok(Ok(edited)) => Message::Edited(Box::new(edited)),
            Ok(Err(NotEdited { error, kept })) => {
                Message::NotEdited { reason: error.to_string(), kept }
            }
            Err(error) => failed(error),
        }
    }
}

/// Lets a clock that stands still go on by a keystroke, and answers whether anything on the screen
/// has waited for that.
fn pass_time(model: &Model, clock: &Clock) -> bool {
    clock.advance(KEYSTROKE);
    !clock.runs_by_itself() && model.next_change().is_some_and(|at| at <= clock.now())
}

async fn follow(
    mut screen: Screen<'_>,
    model: &mut Model,
    clock: &Clock,
    executor: &Executor,
    events: &mut mpsc::Receiver<InputEvent>,
    signals: &mut Signals,
) -> anyhow::Result<End> {
    let mut frames = Frames { drawn: Instant::now(), heard: Instant::now(), changed: false };
    loop {
        let next = model.next_change().filter(|_| clock.runs_by_itself()).map(|at| {
            let wait = at.duration_since(clock.now());
            Instant::now() + Duration::try_from(wait).unwrap_or_default()
        });
        let frame = frames.changed.then(|| frames.due(clock));
        let wake = next.into_iter().chain(frame).min();
        let mut urgent = false;
        let message = tokio::select! {
            biased;
            said = signals.recv() => match said {
                Said::End(end) => return Ok(end),
                // A terminal that does not tell its size is gone.
                Said::Resize => match Terminal::size() {
                    Ok((columns, rows)) => Some(Message::Resize(columns, rows)),
                    Err(_) => return Ok(End::HungUp),
                },
            },
            event = events.recv() => match event {
                None | Some(InputEvent::HungUp) => return Ok(End::HungUp),
                Some(InputEvent::Message(message)) => Some(message),
            },
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                next.is_some_and(|at| at <= Instant::now()).then_some(Message::Tick)
            }
        };
        let mut waiting = message;
        // Everything that has piled up goes into one frame.
        while let Some(message) = waiting.take().and_then(|said| screen.display.adapt(said)) {
            urgent |= matches!(message, Message::Key(_) | Message::Paste(_) | Message::Resize(..));
            frames.changed = true;
            frames.heard = Instant::now();
            let mut effects = VecDeque::new();
            if matches!(message, Message::Key(_) | Message::Paste(_)) && pass_time(model, clock) {
                effects.extend(update(model, clock.now(), Message::Tick));
            }
            effects.extend(update(model, clock.now(), message));
            while let Some(effect) = effects.pop_front() {
                match effect {
                    Effect::Quit => return Ok(End::Quit),
                    Effect::Edit(typed) => {
                        // Other tasks go on meanwhile, on their own thread.
                        let edited = screen.edit(typed.as_deref());
                        effects.extend(update(model, clock.now(), edited));
                        // A Ctrl-C there was meant for the editor.
                        signals.interrupt = signal(SignalKind::interrupt())?;
                    }
                    Effect::Suspend => {
                        screen.display.terminal.suspend()?;
                        effects.extend(update(model, clock.now(), Message::Resumed));
                    }
                    Effect::Repaint => screen.display.repaint()?,
                    Effect::Copy(text) => screen.display.terminal.copy(&text)?,
                    other => executor.run(other),
                }
            }
            waiting = match events.try_recv() {
                Ok(InputEvent::Message(message)) => Some(message),
                Ok(InputEvent::HungUp) => return Ok(End::HungUp),
                Err(_) => None,
            };
        }
        let urgent = urgent && clock.runs_by_itself();
        if frames.changed && (urgent || frames.due(clock) <= Instant::now()) {
            // A terminal that cannot be written is gone.
            if screen.display.show(model).is_err() {
                return Ok(End::HungUp);
            }
            frames.drawn = Instant::now();
            frames.changed = false;
        }
    }
}
