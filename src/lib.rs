//! smsdeck: a console for the SMS side of multi-factor authentication.

pub mod domain;
