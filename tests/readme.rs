//! The README tells the truth about what can be checked.

mod support;

use std::path::Path;

use smsdeck::config::parse;
use smsdeck::provider::sandbox::fate_table;
use smsdeck::tui::keymap;
use support::deck::Deck;

const README: &str = include_str!("../README.md");

#[test]
fn its_picture_matches_the_screen() {
    let snapshot = include_str!("snapshots/tape__tape_console.snap");
    let picture = snapshot.splitn(3, "---\n").nth(2).unwrap().trim();
    assert!(picture.lines().count() == 24, "{picture}");
    assert!(README.contains(picture), "not in the README:\n{picture}");
}

#[test]
fn its_config_is_valid() {
    parse(&block("version: 1"), Path::new("README.md")).unwrap();
}

#[test]
fn its_keys_exist() {
    let deck = Deck::new();
    let file = deck.path("keys.ron");
    std::fs::write(&file, block("send_code")).unwrap();
    keymap::read(&file).unwrap();
}

/// The RON in which these words are.
fn block(words: &str) -> String {
    let mut blocks = README.split("```ron\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.contains(words)).unwrap().to_owned()
}

#[test]
fn it_lists_every_sandbox_outcome() {
    let endings = fate_table();
    let endings = endings.lines().filter_map(|line| line.trim().strip_prefix('…'));
    for ending in endings.map(|line| &line[..4]) {
        assert!(README.contains(ending), "{ending}");
    }
}

#[test]
fn its_commands_are_valid() {
    let commands = README.lines().filter(|line| line.starts_with("smsdeck "));
    for command in commands {
        let words = command.split(['#', '<', '>']).next().unwrap();
        let mut words: Vec<&str> = words.split_whitespace().skip(1).collect();
        words.push("--help");
        let ran = Deck::new().run(&words);
        assert_eq!(ran.code(), 0, "{command}: {}", ran.err());
    }
}
