//! Fuzzes the config file: a text is read or refused, and what was read survives being written and
//! read again.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use smsdeck::config::{parse, render};

fuzz_target!(|text: &str| {
    match parse(text, Path::new("config.ron")) {
        Ok(config) => {
            let written = render(&config);
            let again = parse(&written, Path::new("config.ron"));
            assert_eq!(again.ok(), Some(config), "{written}");
        }
        Err(error) => {
            let words = error.to_string();
            assert!(
                !words.contains(|letter: char| letter.is_control() && letter != '\n'),
                "{words:?}"
            );
        }
    }
});
