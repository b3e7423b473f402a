//! Names of inputs.

use serde::{Deserialize, Serialize};

use crate::Op;

/// The names of the inputs, in order: a name's position is the input's index.
///
/// A name starts with a letter or underscore, followed by letters, digits and underscores.
/// The names of functions are taken, but for `asin`, `acos`, `atan`, `atan2`, `sinh`, `cosh` and `erf`:
/// a function is told from an input by its parenthesis. `pi` and `e` may be used and then hide the
/// constant.
///
/// ```
/// use symgrad_expr::{Expr, Names};
/// let names = Names::new(["x", "v"])?;
/// let energy = Expr::parse("v^2 + x^2", &names)?;
/// assert_eq!(energy.to_string(), "x2^2 + x1^2");
/// assert_eq!(energy.display(&names).to_string(), "v^2 + x^2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Names(Vec<String>);

/// A list of names that cannot serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamesError {
    /// Not an identifier.
    #[error(
        "`{name}` (input {number}) is no name: write letters, digits and `_`, not beginning \
         with a digit"
    )]
    NotAName {
        /// Position in the list, counted from 1.
        number: usize,
        /// As given.
        name: String,
    },
    /// The name of a function or of a number that is not finite.
    #[error("`{name}` (input {number}) already means something in expressions; rename the input")]
    Reserved {
        /// Position in the list, counted from 1.
        number: usize,
        /// As given.
        name: String,
    },
    /// The same name twice.
    #[error("two inputs are named `{name}`; rename one")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// More inputs than an expression can address.
    #[error("{count} inputs; an expression can use at most {}", Names::MOST)]
    TooMany {
        /// Names given.
        count: usize,
    },
}

impl Names {
    /// The largest number of inputs.
    pub const MOST: usize = 1 << 16;

    /// Checks and keeps the given names.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self, NamesError> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() > Self::MOST {
            return Err(NamesError::TooMany { count: names.len() });
        }
        for (position, name) in names.iter().enumerate() {
            let number = position + 1;
            if !is_identifier(name) {
                return Err(NamesError::NotAName { number, name: name.clone() });
            }
            if is_reserved(name) {
                return Err(NamesError::Reserved { number, name: name.clone() });
            }
        }
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(NamesError::Duplicate { name: pair[0].clone() });
        }
        Ok(Self(names))
    }

    /// x1, x2, …, as many as given (at most [`Self::MOST`]).
    pub fn numbered(count: usize) -> Self {
        Self((1..=count.min(Self::MOST)).map(|number| format!("x{number}")).collect())
    }

    /// Number of names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The name of the input of that index, counted from 0.
    pub fn get(&self, index: u16) -> Option<&str> {
        self.0.get(usize::from(index)).map(String::as_str)
    }

    /// The index of the input of that name.
    pub fn index_of(&self, name: &str) -> Option<u16> {
        let position = self.0.iter().position(|known| known == name)?;
        u16::try_from(position).ok()
    }

    /// The names in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The name of an input, or its numbered name beyond the list.
    pub(crate) fn label(&self, index: u16) -> String {
        self.get(index).map_or_else(|| format!("x{}", u32::from(index) + 1), str::to_owned)
    }
}

impl TryFrom<Vec<String>> for Names {
    type Error = NamesError;
    fn try_from(names: Vec<String>) -> Result<Self, NamesError> {
        Self::new(names)
    }
}

impl From<Names> for Vec<String> {
    fn from(names: Names) -> Self {
        names.0
    }
}

pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(is_name_start) && name.chars().all(is_name_part)
}

pub(crate) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

pub(crate) fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Names that are taken in printed expressions, so that neither an input nor a definition may have them.
pub(crate) fn is_reserved(name: &str) -> bool {
    Op::from_name(name).is_some_and(|op| !op.lends_its_name()) || matches!(name, "inf" | "NaN")
}
