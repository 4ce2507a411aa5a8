//! How the change of a set is described: by what is added and what is removed, however large it is.

use std::collections::BTreeSet;

/// `added CO MX; removed US`; empty where nothing changes.
pub fn set_change<T: Ord>(
    old: &BTreeSet<T>,
    new: &BTreeSet<T>,
    words: impl Fn(&T) -> String,
) -> String {
    let described = |kind: &str, mut items: Vec<String>| {
        items.sort();
        (!items.is_empty()).then(|| format!("{kind} {}", items.join(", ")))
    };
    let added = described("added", new.difference(old).map(&words).collect());
    let removed = described("removed", old.difference(new).map(&words).collect());
    added.into_iter().chain(removed).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_described() {
        let set = |text: &str| text.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
        let change = |old, new| set_change(&set(old), &set(new), String::clone);
        assert_eq!(change("a b c", "a d b"), "added d; removed c");
        assert_eq!(change("a b", "a b"), "");
        assert_eq!(change("a b", "b"), "removed a");
    }
}
