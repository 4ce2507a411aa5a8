//! The layers of the crate, as its `use` lines have them: arrows point down, and no file is used
//! by what it uses.
//!
//! `cargo test --test architecture -- --nocapture` prints the figures. With `SMSDECK_SRC` they are
//! those of other sources, such as an older checkout's.

#[path = "support/rust_source.rs"]
mod rust_source;
#[path = "support/rust_tokens.rs"]
mod rust_tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rust_source::{Function, Module, Source};

/// The layers from the bottom up; a part may use what is in the layers below its own.
const LAYERS: [&[&str]; 8] = [
    &["domain"],
    // The clock and the chance of this machine, its files, and this process.
    &["runtime", "files", "process"],
    &["person"],
    &["provider", "store", "config"],
    &["engine"],
    &["report", "demo"],
    FACES,
    &["main"],
];

/// The ways in which people and programs reach the engine; none knows another.
const FACES: &[&str] = &["tui", "cli", "http"];

/// Lines of a function at most.
const MAX_FUNCTION: usize = 50;

/// A field whose places are counted, by the names that it has.
const FIELD: [&str; 3] = ["code_validity", "CodeValidity", "code_validity_minutes"];

/// The sources with who uses whom.
struct Crate {
    sources: Vec<Source>,
    uses: BTreeMap<Module, BTreeSet<Module>>,
}

impl Crate {
    fn read() -> Self {
        let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        let folder = std::env::var_os("SMSDECK_SRC").map_or_else(own, PathBuf::from);
        let sources = rust_source::read(&folder);
        let modules = sources.iter().map(|source| source.module.clone()).collect();
        let uses = sources.iter().map(|it| (it.module.clone(), it.uses(&modules))).collect();
        Self { sources, uses }
    }

    fn file(&self, module: &Module) -> &str {
        let source = self.sources.iter().find(|source| source.module == *module);
        source.map_or("?", |source| &source.file)
    }

    /// Everything that a file reaches by way of what it uses.
    fn reach<'a>(&'a self, from: &'a Module) -> BTreeSet<&'a Module> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            open.extend(self.uses[module].iter().filter(|used| reached.insert(*used)));
        }
        reached
    }

    /// The files that reach themselves, those that reach one another together.
    fn cycles(&self) -> Vec<Vec<&str>> {
        let reach: BTreeMap<_, _> = self.uses.keys().map(|it| (it, self.reach(it))).collect();
        let mut cycles = BTreeSet::new();
        for (module, reached) in &reach {
            if reached.contains(module) {
                let both = reached.iter().filter(|other| reach[**other].contains(module));
                cycles.insert(both.map(|other| self.file(other)).collect::<Vec<_>>());
            }
        }
        cycles.into_iter().collect()
    }

    /// The uses that a rule forbids, as `from -> to`.
    fn arrows(&self, is_wrong: impl Fn(&str, &str) -> bool) -> Vec<String> {
        let mut wrong = Vec::new();
        for (from, used) in &self.uses {
            let against = |to: &&Module| match (from.first(), to.first()) {
                (Some(from), Some(to)) => from != to && is_wrong(from, to),
                // Nothing below it may need the root, which has everything.
                (part, root) => part.is_some() && root.is_none(),
            };
            let arrow = |to: &Module| format!("{} -> {}", self.file(from), self.file(to));
            wrong.extend(used.iter().filter(against).map(arrow));
        }
        wrong
    }

    fn upward_arrows(&self) -> Vec<String> {
        self.arrows(|from, to| {
            let is_below = layer(from).zip(layer(to)).is_none_or(|(from, to)| to < from);
            !is_below && !are_faces(from, to)
        })
    }

    fn arrows_between_faces(&self) -> Vec<String> {
        self.arrows(are_faces)
    }

    fn functions(&self) -> Vec<Function> {
        let mut all: Vec<_> = self.sources.iter().flat_map(Source::functions).collect();
        all.sort_by(|one, other| other.cmp(one));
        all
    }
}

/// The layer of a part, from 0 at the bottom; `None` for one that is not in the table.
fn layer(part: &str) -> Option<usize> {
    LAYERS.iter().position(|parts| parts.contains(&part))
}

fn are_faces(one: &str, other: &str) -> bool {
    FACES.contains(&one) && FACES.contains(&other)
}

#[test]
fn no_file_is_used_by_what_it_uses() {
    let all = Crate::read();
    let cycles = all.cycles();
    assert!(cycles.is_empty(), "files that use one another: {cycles:#?}");
}

#[test]
fn every_part_of_the_crate_has_its_layer() {
    for source in Crate::read().sources {
        let layer = source.module.first().map(|part| layer(part));
        assert!(layer != Some(None), "{}: name its folder in LAYERS", source.file);
    }
}

#[test]
fn every_use_points_to_a_layer_below() {
    let arrows = Crate::read().upward_arrows();
    assert!(arrows.is_empty(), "upward: {arrows:#?}");
}

#[test]
fn no_face_uses_another() {
    let arrows = Crate::read().arrows_between_faces();
    assert!(arrows.is_empty(), "between faces: {arrows:#?}");
}

/// Another provider must be a matter of `provider/` alone.
#[test]
fn nothing_outside_the_provider_layer_uses_twilios_files() {
    let all = Crate::read();
    let mut arrows = Vec::new();
    for (from, used) in &all.uses {
        let is_outside = from.first().is_none_or(|part| part != "provider");
        let twilios =
            used.iter().filter(|to| to.starts_with(&["provider", "twilio"].map(str::to_owned)));
        arrows.extend(
            twilios
                .filter(|_| is_outside)
                .map(|to| format!("{} -> {}", all.file(from), all.file(to))),
        );
    }
    assert!(arrows.is_empty(), "past the provider layer: {arrows:#?}");
}

#[test]
fn no_function_is_longer_than_it_may_be() {
    let mut functions = Crate::read().functions();
    functions.retain(|function| function.lines > MAX_FUNCTION);
    assert!(functions.is_empty(), "more than {MAX_FUNCTION} lines: {functions:#?}");
}

/// Prints the figures by which a change of the structure is judged.
#[test]
fn the_figures_are_printed() {
    let all = Crate::read();
    println!("files: {}", all.sources.len());
    let cycles = all.cycles().into_iter();
    print(
        "import cycles",
        cycles.map(|files| format!("{} files: {}", files.len(), files.join(" "))),
    );
    print("upward arrows", all.upward_arrows());
    print("arrows between faces", all.arrows_between_faces());
    let functions = all.functions();
    let long = functions.iter().filter(|it| it.lines > MAX_FUNCTION);
    let long = long.map(|it| format!("{} {}", it.lines, it.place));
    print(&format!("functions of more than {MAX_FUNCTION} lines"), long);
    let places = all.sources.iter().flat_map(|source| {
        let lines = source.lines_with(&FIELD).into_iter();
        lines.map(|line| format!("{}:{line}", source.file))
    });
    print(&format!("lines that name {}", FIELD[0]), places);
    assert!(!functions.is_empty(), "no sources were read");
}

fn print(what: &str, items: impl IntoIterator<Item = String>) {
    let items: Vec<String> = items.into_iter().collect();
    println!("{what}: {}", items.len());
    for item in items {
        println!("  {item}");
    }
}
