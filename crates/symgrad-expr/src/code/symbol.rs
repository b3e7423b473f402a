//! Names as people write them: a letter or a word, perhaps with an index.

use unicode_normalization::UnicodeNormalization;

/// A name for a formula that is typeset.
pub(super) struct Symbol {
    pub(super) base: Word,
    pub(super) index: Option<Word>,
}

/// A part of a name.
pub(super) enum Word {
    /// One letter, which formulas slant.
    Letter(char),
    /// Digits.
    Number(String),
    /// Anything else, which stands upright.
    Upright(String),
}

impl Symbol {
    /// Digits and letters after a name's first letter become its index; Greek letters may be
    /// written out.
    pub(super) fn of(name: &str) -> Self {
        let name: String = name.nfkc().collect();
        let letters = name.find(|c: char| !c.is_alphabetic()).unwrap_or(name.len());
        let (word, rest) = name.split_at(letters);
        let mut chars = word.chars();
        let greek = GREEK.iter().find(|(_, spelt)| *spelt == word);
        let (base, index) = match (chars.next(), chars.next(), chars.next()) {
            _ if greek.is_some() => {
                (greek.map_or('?', |(letter, _)| *letter).into(), rest.to_owned())
            }
            // `vx`, `vx1`, `vx_max`: a letter with a letter for its index
            (Some(first), Some(second), None) => (first.into(), format!("{second}{rest}")),
            (Some(_), Some(_), Some(_)) => (Word::Upright(word.to_owned()), rest.to_owned()),
            (Some(first), None, _) => (first.into(), rest.to_owned()),
            (None, ..) => return Self { base: Word::Upright(name), index: None },
        };
        let index = index.trim_start_matches('_');
        let mut chars = index.chars();
        let index = match (chars.next(), chars.next()) {
            (None, _) => None,
            _ if index.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Word::Number(index.to_owned()))
            }
            (Some(only), None) => Some(only.into()),
            _ => Some(Word::Upright(index.to_owned())),
        };
        Self { base, index }
    }

    /// The name letter by letter, for one whose usual form looks like another's; with underscores.
    pub(super) fn plainer(name: &str, underscores: usize) -> Self {
        let name: String = name.nfkc().collect();
        Self { base: Word::Upright(name + &"_".repeat(underscores)), index: None }
    }
}

impl From<char> for Word {
    fn from(letter: char) -> Self {
        Self::Letter(letter)
    }
}

/// Greek letters as they are spelt out.
pub(super) const GREEK: [(char, &str); 34] = [
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
    ('Γ', "Gamma"),
    ('Δ', "Delta"),
    ('Θ', "Theta"),
    ('Λ', "Lambda"),
    ('Ξ', "Xi"),
    ('Π', "Pi"),
    ('Σ', "Sigma"),
    ('Υ', "Upsilon"),
    ('Φ', "Phi"),
    ('Ψ', "Psi"),
    ('Ω', "Omega"),
];
