//! How far the console has come: with the settings, with the engine, with forgetting what is old.

/// Whether the settings are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// They are being read.
    Loading,
    /// The file cannot be used; the reason.
    Broken(String),
    /// They are there.
    Ready,
}

/// Whether codes can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineState {
    /// It is being opened.
    Starting,
    /// They can.
    Ready,
    /// The deck is not working; the reason.
    Failed(String),
}

/// How far forgetting what is old has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// There is nothing to forget now.
    Quiet,
    /// So many rows are forgotten so far.
    Running(usize),
    /// It was stopped until the next start.
    Stopped,
}
