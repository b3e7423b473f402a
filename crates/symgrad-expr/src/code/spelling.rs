//! What inputs are called in each notation.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Language, latex, mathml, python, rust};
use crate::Names;

/// What the inputs are called in a notation: valid there, and different names for different
/// inputs.
///
/// ```
/// use symgrad_expr::{Language, Names, Spelling};
/// let names = Names::new(["E", "v", "x₁"])?;
/// let sympy = Spelling::new(Language::Sympy, &names);
/// assert_eq!(sympy.names(), ["E_", "v", "x1"]);
/// assert_eq!(sympy.declaration(), Some("E_, v, x1 = symbols('E v x₁')"));
/// assert_eq!(sympy.renamed()["E"], "E_");
/// # Ok::<(), symgrad_expr::NamesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelling {
    language: Language,
    names: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    renamed: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    declaration: Option<String>,
}

impl Spelling {
    /// Spells the names.
    pub fn new(language: Language, names: &Names) -> Self {
        let all: Vec<&str> = names.iter().collect();
        let spelt = spell_all(language, &all);
        // Where formulas are typeset every name is dressed; those in their usual dress are not worth
        // a word.
        let obvious = |name: &str| match language {
            Language::Latex | Language::Mathml => language.candidate(name, 0),
            _ => name.to_owned(),
        };
        let pairs = all.iter().zip(&spelt);
        let renamed = pairs
            .filter(|(name, spelt)| obvious(name) != **spelt)
            .map(|(name, spelt)| ((*name).to_owned(), spelt.clone()))
            .collect();
        let declares = language == Language::Sympy && !all.is_empty();
        let declaration =
            declares.then(|| format!("{} = symbols('{}')", spelt.join(", "), all.join(" ")));
        Self { language, names: spelt, renamed, declaration }
    }

    /// The inputs' names in the notation, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names in the notation that are not the obvious ones, by the inputs' own names.
    pub fn renamed(&self) -> &BTreeMap<String, String> {
        &self.renamed
    }

    /// The statement to run before an expression is read, for SymPy: it makes the symbols, under
    /// the inputs' own names.
    pub fn declaration(&self) -> Option<&str> {
        self.declaration.as_deref()
    }

    /// The name of an input; beyond the list that of x1, x2, …, or one like it that is not in
    /// the list.
    pub(super) fn label(&self, index: u16) -> String {
        self.names.get(usize::from(index)).cloned().unwrap_or_else(|| {
            let name = format!("x{}", u32::from(index) + 1);
            self.language.free(&name, |spelt| self.names.iter().any(|known| known == spelt))
        })
    }
}

/// Gives every name its usual spelling, or one further off where that is taken.
fn spell_all(language: Language, names: &[&str]) -> Vec<String> {
    // Names that can stay as they are do, so that no other takes their place.
    let stays = |name: &&str| language.candidate(name, 0) == *name && !language.has_taken(name);
    let mut used: BTreeSet<String> =
        names.iter().copied().filter(stays).map(str::to_owned).collect();
    let mut spell = |name: &&str| {
        if stays(name) {
            return (*name).to_owned();
        }
        let free = language.free(name, |spelt| used.contains(spelt));
        used.insert(free.clone());
        free
    };
    names.iter().map(&mut spell).collect()
}

impl Language {
    /// The first spelling that is free.
    fn free(self, name: &str, is_used: impl Fn(&str) -> bool) -> String {
        let mut attempt = 0;
        loop {
            let spelt = self.candidate(name, attempt);
            if !self.has_taken(&spelt) && !is_used(&spelt) {
                return spelt;
            }
            attempt += 1;
        }
    }

    /// The spellings of a name, the best first; without end.
    fn candidate(self, name: &str, attempt: usize) -> String {
        match (self, attempt) {
            (Self::Latex, 0) => latex::symbol(name),
            (Self::Latex, _) => latex::plainer(name, attempt - 1),
            (Self::Mathml, 0) => mathml::symbol(name),
            (Self::Mathml, _) => mathml::plainer(name, attempt - 1),
            _ => identifier(name) + &"_".repeat(attempt),
        }
    }

    /// Whether the name means something else there.
    fn has_taken(self, spelt: &str) -> bool {
        match self {
            Self::Latex => latex::is_taken(spelt),
            Self::Mathml => mathml::is_taken(spelt),
            Self::Sympy => python::is_taken_in_sympy(spelt),
            Self::Numpy => python::is_taken_in_numpy(spelt),
            Self::Rust => rust::is_taken(spelt),
        }
    }
}

/// An identifier for Python and Rust: both compare names by Unicode's compatibility form (or one
/// that leaves it alone), in which `x₁` is `x1`.
fn identifier(name: &str) -> String {
    let mut found: String = name.nfkc().map(|c| if is_word(c) { c } else { '_' }).collect();
    if !found.starts_with(|c: char| c == '_' || unicode_ident::is_xid_start(c)) {
        found.insert(0, '_');
    }
    found
}

/// What both languages allow in names, and SymPy's reader as well, which splits texts by `\w`: letters and
/// digits, but neither marks that stand on them, such as that of x̂, nor other punctuation than `_`.
fn is_word(c: char) -> bool {
    let is_letter_or_digit = c.is_alphanumeric() && !is_combining_mark(c);
    c == '_' || is_letter_or_digit && unicode_ident::is_xid_continue(c)
}
