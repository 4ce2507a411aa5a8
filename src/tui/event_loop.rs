//! The loop: wait for something, update, carry out, draw if anything changed.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::display::Display;
use super::editor::{NotEdited, edit};
use super::effect::{Effect, FileEffect, TerminalEffect};
use super::executor::Executor;
use super::keyboard::{self, Gate, InputEvent};
use super::keymap;
use super::message::Message;
use super::model::Model;
use super::signals::{End, SignalEvent, Signals};
use super::terminal::Terminal;
use super::theme::Theme;
use super::update::update;
use crate::config::Paths;
use crate::domain::environment::Environment;
use crate::engine::{Clock, Operator};
use crate::runtime::Runtime;

/// What the console is started with.
#[derive(Debug, Clone)]
pub struct ConsoleOptions {
    /// Where the deck's files are.
    pub paths: Paths,
    /// The environment to begin with.
    pub environment: Environment,
    /// Who sits in front of it.
    pub operator: Operator,
    /// Whether it is read out line by line.
    pub plain: bool,
    /// The time and the chance of its deck.
    pub runtime: Runtime,
    /// In which times are shown.
    pub time_zone: jiff::tz::TimeZone,
}

/// Messages that may wait; anyone who has more waits, never the screen.
const WAITING_MESSAGES: usize = 256;

/// Time between frames that no one pressed a key for: 30 a second.
const FRAME: Duration = Duration::from_millis(33);

/// What a keystroke takes where the time does not go by itself.
const KEYSTROKE: jiff::SignedDuration = jiff::SignedDuration::from_millis(250);

/// Silence after which a demonstration draws: what follows from one key is one picture, however
/// fast this machine is.
const SETTLED: Duration = Duration::from_millis(40);

/// When the screen was drawn, and whether it is to be drawn again.
struct Frames {
    drawn: Instant,
    last_message: Instant,
    is_changed: bool,
}

impl Frames {
    /// When what has changed is drawn, if nothing is urgent.
    fn due(&self, clock: &Clock) -> Instant {
        if clock.runs_by_itself() { self.drawn + FRAME } else { self.last_message + SETTLED }
    }
}

/// Runs the console until it is left. Draws before anything is read.
///
/// # Errors
/// When the terminal cannot be used, or the settings could not be read.
pub async fn run(options: ConsoleOptions) -> anyhow::Result<()> {
    // From here on a signal is a message; the terminal must not be ours before that.
    let signals = Signals::new()?;
    let (mut display, size) = Display::take(options.plain)?;
    let clock = options.runtime.clock.clone();
    let theme = Theme::from_environment(|name| std::env::var(name).ok());
    let theme = Theme { plain: options.plain, ..theme };
    let mut model = Model::new(size, theme, options.time_zone, clock.now());
    match keymap::read(&keymap::file_beside(&options.paths.config)) {
        Ok(keys) => model.session.keys = keys,
        Err(error) => model.session.complain(format!("{error}. Using the built-in keys.")),
    }
    model.session.environment = options.environment;
    model.session.read_only = options.operator.read_only;
    if model.session.keys.mouse && !options.plain {
        display.terminal.use_mouse()?;
    }
    display.show(&model)?;

    let (sender, events) = mpsc::channel(WAITING_MESSAGES);
    let gate = keyboard::listen(&sender)?;
    let paths = options.paths.clone();
    let executor = Executor::new(options.paths, options.runtime, options.operator, sender);
    executor.run_on_files(FileEffect::Load);
    let screen = Screen { display: &mut display, gate: &gate, paths: &paths };
    let frames = Frames { drawn: Instant::now(), last_message: Instant::now(), is_changed: false };
    let (clock, executor) = (&clock, &executor);
    let console = EventLoop { screen, model: &mut model, clock, executor, events, signals, frames };
    let end = console.run().await;
    drop(display);
    executor.finish_saves().await;
    executor.give_up().await;
    match (end?, model.session.phase) {
        (End::Quit, super::lifecycle::Phase::Broken(reason)) => anyhow::bail!(reason),
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
    /// Has the config edited, or what was typed before, and returns what came of it.
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

/// Everything that the loop works with.
struct EventLoop<'a> {
    screen: Screen<'a>,
    model: &'a mut Model,
    clock: &'a Clock,
    executor: &'a Executor,
    events: mpsc::Receiver<InputEvent>,
    signals: Signals,
    frames: Frames,
}

impl EventLoop<'_> {
    /// Runs until the console is left.
    async fn run(mut self) -> anyhow::Result<End> {
        loop {
            let is_urgent = match self.next_message().await {
                ControlFlow::Break(end) => return Ok(end),
                ControlFlow::Continue(message) => match self.take_all(message)? {
                    ControlFlow::Break(end) => return Ok(end),
                    ControlFlow::Continue(is_urgent) => is_urgent,
                },
            };
            // A terminal that cannot be written is gone.
            if self.show(is_urgent).is_err() {
                return Ok(End::HungUp);
            }
        }
    }

    /// Waits for a message, or for the moment at which something is to be drawn.
    async fn next_message(&mut self) -> ControlFlow<End, Option<Message>> {
        let clock = self.clock;
        let next = self.model.next_change().filter(|_| clock.runs_by_itself()).map(|at| {
            let wait = at.duration_since(clock.now());
            Instant::now() + Duration::try_from(wait).unwrap_or_default()
        });
        let frame = self.frames.is_changed.then(|| self.frames.due(clock));
        let wake = next.into_iter().chain(frame).min();
        ControlFlow::Continue(tokio::select! {
            biased;
            signal = self.signals.recv() => match signal {
                SignalEvent::End(end) => return ControlFlow::Break(end),
                // A terminal that does not tell its size is gone.
                SignalEvent::Resize => match Terminal::size() {
                    Ok((columns, rows)) => Some(Message::Resize(columns, rows)),
                    Err(_) => return ControlFlow::Break(End::HungUp),
                },
            },
            event = self.events.recv() => match event {
                None | Some(InputEvent::HungUp) => return ControlFlow::Break(End::HungUp),
                Some(InputEvent::Message(message)) => Some(message),
            },
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                next.is_some_and(|at| at <= Instant::now()).then_some(Message::Tick)
            }
        })
    }

    /// Takes a message and everything that has piled up behind it, which goes into one frame.
    /// Continues with whether someone waits for that frame.
    fn take_all(&mut self, message: Option<Message>) -> anyhow::Result<ControlFlow<End, bool>> {
        let mut is_urgent = false;
        let mut waiting = message;
        while let Some(message) = waiting.take().and_then(|it| self.screen.display.adapt(it)) {
            is_urgent |= matches!(
                message,
                Message::Key(_) | Message::Paste(_) | Message::Mouse(_) | Message::Resize(..)
            );
            if let ControlFlow::Break(end) = self.take(message)? {
                return Ok(ControlFlow::Break(end));
            }
            waiting = match self.events.try_recv() {
                Ok(InputEvent::Message(message)) => Some(message),
                Ok(InputEvent::HungUp) => return Ok(ControlFlow::Break(End::HungUp)),
                Err(_) => None,
            };
        }
        Ok(ControlFlow::Continue(is_urgent))
    }

    /// Updates the model by a message, and has what follows from it carried out.
    fn take(&mut self, message: Message) -> anyhow::Result<ControlFlow<End>> {
        self.frames.is_changed = true;
        self.frames.last_message = Instant::now();
        let mut effects = VecDeque::new();
        let is_input = matches!(message, Message::Key(_) | Message::Paste(_) | Message::Mouse(_));
        if is_input && self.pass_time() {
            effects.extend(self.update(Message::Tick));
        }
        effects.extend(self.update(message));
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Terminal(TerminalEffect::Quit) => {
                    return Ok(ControlFlow::Break(End::Quit));
                }
                Effect::Terminal(effect) => effects.extend(self.on_terminal(effect)?),
                Effect::Files(effect) => self.executor.run_on_files(effect),
                Effect::Engine(effect) => self.executor.run_on_engine(effect),
                Effect::Stop(work) => self.executor.stop(work),
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn update(&mut self, message: Message) -> Vec<Effect> {
        update(self.model, self.clock.now(), message)
    }

    /// Advances a clock that stands still by one keystroke; returns whether anything on the screen
    /// has waited for that.
    fn pass_time(&self) -> bool {
        self.clock.advance(KEYSTROKE);
        !self.clock.runs_by_itself()
            && self.model.next_change().is_some_and(|at| at <= self.clock.now())
    }

    /// Does something on the terminal, and returns what follows from it.
    fn on_terminal(&mut self, effect: TerminalEffect) -> anyhow::Result<Vec<Effect>> {
        match effect {
            // The loop ends with it.
            TerminalEffect::Quit => {}
            TerminalEffect::Edit(typed) => {
                // Other tasks continue meanwhile, on their own thread.
                let edited = self.screen.edit(typed.as_deref());
                let effects = self.update(edited);
                // A Ctrl-C there was meant for the editor.
                self.signals.interrupt = signal(SignalKind::interrupt())?;
                return Ok(effects);
            }
            TerminalEffect::Suspend => {
                self.screen.display.terminal.suspend()?;
                return Ok(self.update(Message::Resumed));
            }
            TerminalEffect::Repaint => self.screen.display.repaint()?,
            TerminalEffect::Copy(text) => self.screen.display.terminal.copy(&text)?,
        }
        Ok(Vec::new())
    }

    /// Draws what has changed, once it is time to.
    fn show(&mut self, is_urgent: bool) -> io::Result<()> {
        let frames = &mut self.frames;
        let is_urgent = is_urgent && self.clock.runs_by_itself();
        if frames.is_changed && (is_urgent || frames.due(self.clock) <= Instant::now()) {
            self.screen.display.show(self.model)?;
            frames.drawn = Instant::now();
            frames.is_changed = false;
        }
        Ok(())
    }
}
