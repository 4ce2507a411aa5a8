//! What every field of settings can do, and the table that has a row for each of them. Knows no
//! field: the structs that have fields declare their own table with `field_table!`.

/// One field of the settings `S`: how people call it, and how its value is handled.
pub struct Row<S: 'static> {
    /// Its name in `config.ron`, on the command line and in JSON.
    pub key: &'static str,
    /// The field of `config.ron` that has it inside, if one has.
    pub below: Option<&'static str>,
    /// The full label.
    pub label: &'static str,
    /// The label where there is little room.
    pub short_label: &'static str,
    /// What it is for, in a sentence or two.
    pub explanation: &'static str,
    /// What follows the value in words, such as ` min`.
    pub unit: &'static str,
    /// Its value.
    pub value: &'static dyn FieldValue<S>,
}

impl<S> Row<S> {
    /// The value in words, with its unit.
    pub fn show(&self, settings: &S) -> String {
        format!("{}{}", self.value.show(settings), self.unit)
    }

    /// What the value was and what it becomes, in words, with its unit.
    pub fn change(&self, old: &S, new: &S) -> (String, String) {
        let (old, new) = self.value.change(old, new);
        (format!("{old}{}", self.unit), format!("{new}{}", self.unit))
    }

    /// The value in few words, for a line of the form.
    pub fn brief(&self, settings: &S) -> String {
        format!("{}{}", self.value.brief(settings), self.unit)
    }
}

/// How the value of one field is read from the settings `S` and put into them.
pub trait FieldValue<S>: Sync {
    /// The value in words, without its unit.
    fn show(&self, settings: &S) -> String;

    /// The value in few words, without its unit.
    fn brief(&self, settings: &S) -> String;

    /// What the value was and what it becomes, in words without its unit: of a set, only what is
    /// added and removed.
    fn change(&self, old: &S, new: &S) -> (String, String);

    /// Whether two settings have the same value. What words leave out counts too.
    fn is_same(&self, one: &S, other: &S) -> bool;

    /// Copies the value.
    fn copy(&self, from: &S, to: &mut S);

    /// Puts both changes of a base (base, mine, theirs) into settings; whether they fit together.
    fn merge(&self, sides: [&S; 3], into: &mut S) -> bool;

    /// The value as it is typed into one line; `None` where it is chosen, or edited in a pop-up.
    fn typed(&self, settings: &S) -> Option<String>;

    /// Characters that fit into the line.
    fn max_length(&self) -> usize;

    /// Reads what was typed into the line.
    ///
    /// # Errors
    /// With what the field takes. The settings stay as they were.
    fn parse(&self, typed: &str, settings: &mut S) -> Result<(), String>;

    /// How `config set` takes it.
    fn written(&self) -> Written;

    /// What it accepts, for the error about any other value.
    fn takes(&self) -> Option<String>;

    /// The parts of the value that `config set` takes by their own names.
    fn parts(&self) -> &'static [Part];
}

/// A kind of value that fields have.
pub trait Value: Clone + PartialEq + 'static {
    /// How it is typed into one line; `None` where it is chosen, or edited in a pop-up.
    const TYPED: Option<Typed<Self>> = None;

    /// How `config set` takes it.
    const WRITTEN: Written = Written::Ron;

    /// The parts that `config set` takes by their own names.
    const PARTS: &'static [Part] = &[];

    /// The value in words.
    fn show(&self) -> String;

    /// The value in few words, for a line of the form.
    fn brief(&self) -> String {
        self.show()
    }

    /// What it was and what it becomes, in words: of a set, only what is added and removed.
    fn change(&self, new: &Self) -> (String, String) {
        (self.show(), new.show())
    }

    /// What a field of this kind accepts, for the error about any other value.
    fn takes() -> Option<String> {
        None
    }

    /// Both changes of a base (base, mine, theirs) together; `None` where they are different
    /// changes of the same thing.
    fn merged(sides: [&Self; 3]) -> Option<Self> {
        agreed(sides.map(Clone::clone))
    }
}

/// How a value is typed into one line.
pub struct Typed<T> {
    /// Characters that fit into the line.
    pub max_length: usize,
    /// The value as an operator would type it.
    pub text: fn(&T) -> String,
    /// Reads what was typed; the error states what the field accepts.
    pub parse: fn(&str) -> Result<T, String>,
}

/// How `config set` takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As it stands in the file.
    Ron,
    /// A text, whose quotes may be left out.
    Text,
    /// A map with texts as keys and as values.
    TextMap,
    /// Any other map with texts as keys.
    Map,
}

/// A part of a value that `config set` takes by its own name.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its name in the file.
    pub key: &'static str,
    /// How it is written.
    pub written: Written,
    /// What it accepts, for the error about any other value.
    pub takes: &'static str,
}

/// The side of a value that holds (base, mine, theirs); `None` where both have changed it
/// differently.
pub fn agreed<T: PartialEq>([base, mine, theirs]: [T; 3]) -> Option<T> {
    match () {
        () if mine == theirs || base == mine => Some(theirs),
        () if base == theirs => Some(mine),
        () => None,
    }
}

/// Where a value is in the settings `S`.
pub struct Lens<S, T> {
    /// Reads it.
    pub get: fn(&S) -> T,
    /// Replaces it.
    pub set: fn(&mut S, T),
}

impl<S, T: Value> FieldValue<S> for Lens<S, T> {
    fn show(&self, settings: &S) -> String {
        (self.get)(settings).show()
    }

    fn brief(&self, settings: &S) -> String {
        (self.get)(settings).brief()
    }

    fn change(&self, old: &S, new: &S) -> (String, String) {
        (self.get)(old).change(&(self.get)(new))
    }

    fn is_same(&self, one: &S, other: &S) -> bool {
        (self.get)(one) == (self.get)(other)
    }

    fn copy(&self, from: &S, to: &mut S) {
        (self.set)(to, (self.get)(from));
    }

    fn merge(&self, sides: [&S; 3], into: &mut S) -> bool {
        let [base, mine, theirs] = sides.map(self.get);
        let merged = T::merged([&base, &mine, &theirs]);
        merged.map(|value| (self.set)(into, value)).is_some()
    }

    fn typed(&self, settings: &S) -> Option<String> {
        T::TYPED.map(|typed| (typed.text)(&(self.get)(settings)))
    }

    fn max_length(&self) -> usize {
        T::TYPED.map_or(0, |typed| typed.max_length)
    }

    fn parse(&self, typed: &str, settings: &mut S) -> Result<(), String> {
        if let Some(kind) = T::TYPED {
            (self.set)(settings, (kind.parse)(typed)?);
        }
        Ok(())
    }

    fn written(&self) -> Written {
        T::WRITTEN
    }

    fn takes(&self) -> Option<String> {
        T::takes()
    }

    fn parts(&self) -> &'static [Part] {
        T::PARTS
    }
}

/// Declares the fields of settings: an enum, and a table with a [`Row`] for each of them, in the
/// order in which people read them.
macro_rules! field_table {
    (
        $(#[$about:meta])*
        $name:ident of $settings:ty { $($(#[$doc:meta])* $field:ident => $row:expr,)+ }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $field,)+
        }

        impl $name {
            /// All of them, in the order in which people read them.
            pub const ALL: &'static [Self] = &[$(Self::$field),+];

            /// Its row of the table.
            pub fn row(self) -> &'static $crate::domain::field_table::Row<$settings> {
                static TABLE: &[$crate::domain::field_table::Row<$settings>] = &[$($row),+];
                &TABLE[self as usize]
            }
        }
    };
}

pub(crate) use field_table;
