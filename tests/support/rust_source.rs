//! Reads the crate's own sources as far as its structure needs: which file uses which, and how
//! long functions are. It knows `use` trees and paths, and leaves everything else to the
//! compiler. What is only for tests is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::rust_tokens::{Token, item_end, tokens};

/// The names from the root of the crate to a module; `main.rs` is a module of its own.
pub type Module = Vec<String>;

/// One file, without its test modules.
#[derive(Debug)]
pub struct Source {
    /// Where the file is, below `src`.
    pub file: String,
    /// The module that the file is.
    pub module: Module,
    tokens: Vec<Token>,
    /// Child modules that only tests have.
    test_children: Vec<String>,
}

/// A function with its first line and how many lines it has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
    /// `file:line name`.
    pub place: String,
}

/// Reads all sources below a folder, without those that only tests have.
pub fn read(folder: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    read_into(folder, folder, &mut sources);
    let for_tests: BTreeSet<Module> = sources
        .iter()
        .flat_map(|source| source.test_children.iter().map(|name| child(&source.module, name)))
        .collect();
    sources.retain(|source| !for_tests.contains(&source.module));
    sources.sort_by(|one, other| one.file.cmp(&other.file));
    sources
}

fn read_into(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_into(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(root).unwrap().to_str().unwrap();
            sources.push(Source::new(file, &std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn child(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

impl Source {
    fn new(file: &str, text: &str) -> Self {
        let names = file.trim_end_matches(".rs").split('/');
        let module = names.filter(|name| !matches!(*name, "mod" | "lib")).map(str::to_owned);
        let (tokens, test_children) = without_tests(&tokens(text));
        Self { file: file.to_owned(), module: module.collect(), tokens, test_children }
    }

    /// The modules whose files this one uses, of those that there are.
    pub fn uses(&self, modules: &BTreeSet<Module>) -> BTreeSet<Module> {
        let mut scope = Scope { module: &self.module, modules, aliases: BTreeMap::new() };
        let mut used = BTreeSet::new();
        let imports = self.imports();
        for (path, name) in &imports {
            if let Some((target, is_module)) = scope.resolve(path) {
                if is_module {
                    scope.aliases.insert(name.clone(), target.clone());
                }
                used.insert(target);
            }
        }
        for path in self.paths() {
            used.extend(scope.resolve(&path).map(|(target, _)| target));
        }
        used.remove(&self.module);
        used
    }

    /// What `use` brings in: whole paths, each with the name that it has here.
    fn imports(&self) -> Vec<(Vec<String>, String)> {
        let mut found = Vec::new();
        let mut rest = &self.tokens[..];
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            // `use<..>` lists what a returned type captures.
            if first.text == "use" && rest.first().is_some_and(|next| next.text != "<") {
                use_tree(&mut rest, &[], &mut found);
            }
        }
        found
    }

    /// Every path of two names or more, wherever it stands.
    fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let mut path = Vec::new();
            let is_name = |at: usize| self.tokens.get(at).is_some_and(Token::is_name);
            let is_joint = |at: usize| self.tokens.get(at).is_some_and(|it| it.text == "::");
            while is_name(at) {
                path.push(self.tokens[at].text.clone());
                at += 1;
                if !is_joint(at) {
                    break;
                }
                at += 1;
            }
            if path.len() > 1 {
                paths.push(path);
            } else if path.is_empty() {
                at += 1;
                // What follows generic arguments begins elsewhere.
                while is_joint(at) {
                    at += 2;
                }
            }
        }
        paths
    }

    /// The functions with a body, the longest first.
    pub fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        for (at, pair) in self.tokens.windows(2).enumerate() {
            let [keyword, name] = pair else { continue };
            if keyword.text != "fn" || !name.is_name() {
                continue;
            }
            if let Some(end) =
                item_end(&self.tokens, at).filter(|&end| self.tokens[end].text == "}")
            {
                let place = format!("{}:{} {}", self.file, keyword.line, name.text);
                found.push(Function { lines: self.tokens[end].line - keyword.line + 1, place });
            }
        }
        found.sort_by(|one, other| other.cmp(one));
        found
    }

    /// The lines on which one of some names stands.
    pub fn lines_with(&self, names: &[&str]) -> BTreeSet<usize> {
        let named = self.tokens.iter().filter(|token| names.contains(&token.text.as_str()));
        named.map(|token| token.line).collect()
    }
}

/// What names mean in a file.
struct Scope<'a> {
    module: &'a Module,
    modules: &'a BTreeSet<Module>,
    /// Modules that were imported, by their name here.
    aliases: BTreeMap<String, Module>,
}

impl Scope<'_> {
    /// The module that defines (or re-exports) what a path means, and whether it means that module
    /// itself; `None` for what is of no module here.
    fn resolve(&self, path: &[String]) -> Option<(Module, bool)> {
        let (first, mut rest) = path.split_first()?;
        let own = child(self.module, first);
        let mut module = match first.as_str() {
            "crate" | "smsdeck" => Module::new(),
            "self" => self.module.clone(),
            "super" => self.module.split_last()?.1.to_vec(),
            _ if self.modules.contains(&own) => own,
            name => self.aliases.get(name)?.clone(),
        };
        while let Some((name, after)) = rest.split_first() {
            let inner = child(&module, name);
            match name.as_str() {
                "super" => drop(module.pop()),
                "self" => {}
                _ if self.modules.contains(&inner) => module = inner,
                _ => return Some((module, false)),
            }
            rest = after;
        }
        Some((module, true))
    }
}

/// Takes one branch of a `use` off the tokens.
fn use_tree(rest: &mut &[Token], prefix: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let mut path = prefix.to_vec();
    while let Some((token, after)) = rest.split_first() {
        *rest = after;
        match token.text.as_str() {
            "::" => {}
            "{" => {
                while rest.first().is_some_and(|next| next.text != "}") {
                    use_tree(rest, &path, found);
                    if rest.first().is_some_and(|next| next.text == ",") {
                        *rest = &rest[1..];
                    }
                }
                *rest = rest.get(1..).unwrap_or_default();
                return;
            }
            "as" => {
                let name = rest.first().map(|name| name.text.clone()).unwrap_or_default();
                *rest = rest.get(1..).unwrap_or_default();
                found.push((path, name));
                return;
            }
            name => path.push(name.to_owned()),
        }
        let ends = |next: &Token| matches!(next.text.as_str(), "," | "}" | ";");
        if rest.first().is_none_or(ends) {
            break;
        }
    }
    path.retain(|name| name != "*");
    if path.last().is_some_and(|name| name == "self") && path.len() > 1 {
        path.pop();
    }
    let name = path.last().cloned().unwrap_or_default();
    found.push((path, name));
}

/// Leaves out what is marked with `#[cfg(test)]`; with the names of such modules in other files.
fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut children, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let is_mark = tokens[at..].iter().zip(MARK).filter(|(it, mark)| it.text == *mark).count();
        if is_mark < MARK.len() {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let start = at + MARK.len();
        let end = item_end(tokens, start).unwrap_or(tokens.len() - 1);
        if let [.., keyword, name, end] = &tokens[start..=end]
            && (keyword.text.as_str(), end.text.as_str()) == ("mod", ";")
        {
            children.push(name.text.clone());
        }
        at = end + 1;
    }
    (kept, children)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(file: &str, text: &str) -> Vec<String> {
        let modules = ["", "a", "a/b", "a/b/c", "d", "d/e"];
        let names = |path: &&str| -> Module {
            path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let modules: BTreeSet<Module> = modules.iter().map(names).collect();
        Source::new(file, text).uses(&modules).iter().map(|module| module.join("/")).collect()
    }

    #[test]
    fn a_use_counts_for_the_file_that_its_path_leads_to() {
        assert_eq!(uses("a/b/c.rs", "use super::Thing;"), ["a/b"]);
        assert_eq!(uses("a/b/c.rs", "use super::super::{Thing, x::Y as Z};"), ["a"]);
        assert_eq!(
            uses("d/e.rs", "use crate::{a::{b::{self, c::Thing}}, std::io};"),
            ["", "a/b", "a/b/c"]
        );
        assert_eq!(uses("a/mod.rs", "mod b; pub use b::Thing;"), ["a/b"]);
        assert_eq!(uses("main.rs", "fn main() { smsdeck::d::run() }"), ["d"]);
        assert!(uses("a/mod.rs", "mod b; pub mod c; use std::io;").is_empty());
    }

    #[test]
    fn a_path_in_the_code_counts_like_a_use() {
        assert_eq!(uses("d/e.rs", "fn f(x: &crate::a::b::T) -> u8 { 1 }"), ["a/b"]);
        assert_eq!(uses("d/e.rs", "use crate::a; fn f() { a::b::c::g() }"), ["a", "a/b/c"]);
        assert_eq!(uses("a/b/mod.rs", "mod c; fn f() { c::g::<u8>::h() }"), ["a/b/c"]);
    }

    #[test]
    fn comments_literals_and_tests_use_nothing() {
        let text = r##"
            // use crate::a::T;
            /* use crate::a::T; */
            fn f() -> [&'static str; 2] { ["use crate::a::T;", r#"crate::a::T"#] }
            const QUOTE: char = '"'; const END: char = '\'';
            #[cfg(test)]
            mod tests { use crate::a::T; fn g() {} }
        "##;
        assert!(uses("d/e.rs", text).is_empty());
    }

    #[test]
    fn a_function_is_as_long_as_from_its_name_to_its_brace() {
        let text = "trait T {\n fn none(&self);\n fn some(&self) {\n  if x { y }\n }\n}\n";
        let found = Source::new("a.rs", text).functions();
        assert_eq!(found, [Function { lines: 3, place: "a.rs:3 some".to_owned() }]);
    }
}
