//! README, docs and man page tell the truth about what can be checked.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use smsdeck::config::{Config, parse, render};
use smsdeck::domain::environment::Environment;
use smsdeck::domain::numbers_csv::from_csv;
use smsdeck::domain::provider::Provider;
use smsdeck::domain::secret::SecretSource;
use smsdeck::provider::Sandbox;
use smsdeck::provider::sandbox::{AUTH_TOKEN, fate_table};
use smsdeck::tui::keymap;
use support::deck::{Deck, SMSDECK, config_for};

const README: &str = include_str!("../README.md");

/// Lines of the front page at most.
const MAX_README: usize = 250;

/// The README and every page of the docs, with its name.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages =
        docs.chain(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|it| root.join(it)));
    pages.map(|page| (page.clone(), std::fs::read_to_string(page).unwrap())).collect()
}

fn page(name: &str) -> String {
    pages().into_iter().find(|(path, _)| path.ends_with(name)).unwrap().1
}

#[test]
fn the_picture_of_the_readme_matches_the_screen() {
    let snapshot = include_str!("snapshots/tape__tape_console.snap");
    let picture = snapshot.splitn(3, "---\n").nth(2).unwrap().trim();
    assert!(picture.lines().count() == 24, "{picture}");
    assert!(README.contains(picture), "not in the README:\n{picture}");
}

#[test]
fn the_readme_is_a_front_page() {
    assert!(README.lines().count() <= MAX_README, "{} lines", README.lines().count());
}

#[test]
fn the_documented_config_is_valid() {
    let text = block(&page("configuration.md"), "ron", "version: 1");
    parse(&text, Path::new("configuration.md")).unwrap();
}

#[test]
fn the_documented_keys_exist() {
    let deck = Deck::new();
    let file = deck.path("keys.ron");
    std::fs::write(&file, block(&page("console.md"), "ron", "send_code")).unwrap();
    keymap::read(&file).unwrap();
}

/// The block of a language in which these words are.
fn block(text: &str, language: &str, words: &str) -> String {
    let fence = format!("```{language}\n");
    let mut blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.contains(words)).unwrap().to_owned()
}

#[test]
fn every_sandbox_outcome_is_documented() {
    let (text, endings) = (page("sandbox.md"), fate_table());
    let endings = endings.lines().filter_map(|line| line.trim().strip_prefix('…'));
    for ending in endings.map(|line| &line[..4]) {
        assert!(text.contains(ending), "{ending}");
    }
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    for (path, text) in pages() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if target.contains("://") {
                continue;
            }
            let file = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            let file = if file.exists() { file } else { path.parent().unwrap().join(target) };
            let linked = std::fs::read_to_string(&file);
            let linked = linked.unwrap_or_else(|_| panic!("{}: {target}", path.display()));
            let has_anchor = |line: &str| {
                line.starts_with('#') && anchor_of(line.trim_start_matches('#').trim()) == anchor
            };
            let is_there = anchor.is_empty() || linked.lines().any(has_anchor);
            assert!(is_there, "{}: no {anchor} in {}", path.display(), file.display());
        }
    }
}

/// The anchor that a heading gets.
fn anchor_of(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The commands of a text, without their comments.
fn commands(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_command = |line: &&str| line.starts_with("smsdeck ") || line.contains("| smsdeck ");
    let examples = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = examples.flat_map(str::lines).filter(is_command);
    lines.map(|line| line.split(" #").next().unwrap().trim().to_owned())
}

/// From numbers of which the examples speak.
const NUMBERS: &str = "sender,countries,default\n+14155550100,CA US,yes\nACME,DE AT,\n";

/// A deck on which all of the examples can run: every environment has an account at a Sandbox.
async fn deck_for_examples() -> (Deck, Sandbox) {
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let deck = Deck::new();
    let mut config: Config = config_for(sandbox.base_url());
    std::fs::write(deck.path("token"), AUTH_TOKEN).unwrap();
    if let Provider::Twilio(account) = &mut config.environments.development.provider {
        account.auth_token = Some(SecretSource::File(deck.path("token")));
    }
    let development = config.environments.development.clone();
    for environment in [Environment::Test, Environment::Production] {
        config.environments[environment].provider = development.provider.clone();
        config.environments[environment].default_country = Some("CO".parse().unwrap());
        config.environments[environment].from_numbers = from_csv(NUMBERS).unwrap();
    }
    deck.configure(&render(&config));
    for (name, text) in [
        ("numbers.txt", "+573001234567\n3001234567\n"),
        ("token.txt", AUTH_TOKEN),
        ("numbers.csv", NUMBERS),
    ] {
        std::fs::write(deck.path(name), text).unwrap();
    }
    (deck, sandbox)
}

/// Runs an example as a shell does, with answers where it would ask.
fn run(deck: &Deck, example: &str) -> Output {
    let folder = deck.command(&[]);
    let changes = ["config set", "config copy", "config import", "config restore", "numbers add"];
    let changes = changes.iter().chain(&["numbers edit", "numbers import"]);
    let asks = changes.into_iter().any(|command| example.contains(command));
    let mut script = example.to_owned();
    if asks {
        // What it asks of a person, and of an account that is not there.
        let unchecked = if example.contains("numbers") { "" } else { " --unchecked" };
        let (command, redirection) = script.split_once(" < ").map_or((&*script, ""), |it| it);
        let input =
            if redirection.is_empty() { String::new() } else { format!(" < {redirection}") };
        script = format!("{command} --yes{unchecked}{input}");
    }
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &script]).current_dir(deck.home.path()).env_clear();
    shell.envs(folder.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let own = Path::new(SMSDECK).parent().unwrap().display();
    shell.env("PATH", format!("{own}:/usr/bin:/bin"));
    shell.stdin(std::process::Stdio::null()).output().unwrap()
}

/// Whether an example runs until it is stopped, or needs a person.
fn is_left_out(example: &str) -> bool {
    example == "smsdeck"
        || ["--follow", "--watch", "smsdeck sandbox", "sudo", "store adopt", "verify --env dev"]
            .iter()
            .any(|words| example.contains(words))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_of_the_docs_and_the_man_page_runs() {
    let (deck, _sandbox) = deck_for_examples().await;
    let man = deck.run(&["man"]).out().replace("\\-", "-");
    let in_man = man.split(".SH EXAMPLES").nth(1).unwrap_or_default().lines();
    let in_man = in_man.filter(|line| line.starts_with("smsdeck ")).map(str::to_owned);
    let texts: Vec<String> = pages().into_iter().map(|(_, text)| text).collect();
    let mut examples: Vec<String> = texts.iter().flat_map(|text| commands(text)).collect();
    examples.extend(in_man);
    assert!(examples.len() > 50, "{examples:?}");
    // What later examples are about.
    assert_eq!(run(&deck, "smsdeck send --env prod --user jdoe 3001234567").status.code(), Some(0));
    deck.run(&["config", "set", "--env", "dev", "--yes", "codes_allowed", "7"]);
    let version = deck.run(&["config", "history", "--json"]).json()[0]["version"].clone();
    for example in examples.iter().filter(|example| !is_left_out(example)) {
        let example = example
            .replace("20261123T120431.000Z", version.as_str().unwrap())
            .replace("FINDING", "unverified");
        let ran = run(&deck, &example);
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        let code = ran.status.code();
        // What it is about may not be there; but every example is one that can be typed so.
        let may_fail = ["quota unlock", "quota give-back", "status", "numbers edit", "--numbers"];
        let is_known = may_fail.iter().any(|words| example.contains(words));
        let usage = said.contains("error: unexpected") || said.contains("error: invalid");
        assert!(!usage && code != Some(101), "{example}: {code:?} {said}");
        assert!(is_known || matches!(code, Some(0 | 3)), "{example}: {code:?} {said}");
    }
}
