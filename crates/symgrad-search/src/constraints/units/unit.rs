//! Units as people write them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::dimension::{Dimension, fraction};

/// A unit of measurement, of which the dimension counts: km and m are alike.
///
/// Products of the base units, of derived units by their symbols and of prefixed ones, with
/// powers: `m/s`, `kg m^2 s^-2`, `W/(m^2 K^4)`, `V/Hz^(1/2)`. A pure number is `1`.
///
/// ```
/// use symgrad_search::Unit;
/// let unit = |text: &str| text.parse::<Unit>();
/// assert_eq!(unit("kg*m^2/s^2")?.dimension(), unit("kJ")?.dimension());
/// assert_eq!(unit("rad")?.dimension(), unit("1")?.dimension());
/// assert!(unit("m/sec").unwrap_err().to_string().contains("`sec`"));
/// # Ok::<(), symgrad_search::UnitError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    text: String,
    dimension: Dimension,
}

/// A text is no unit, or no list of units.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("in `{text}`, column {column}: expected {expected}, found {found}")]
pub struct UnitError {
    text: String,
    column: usize,
    expected: String,
    found: String,
    /// The place in bytes.
    at: usize,
}

impl UnitError {
    /// `at` is a place in bytes, to which white space may follow.
    pub(super) fn new(text: &str, at: usize, expected: &str, found: &str) -> Self {
        let at = text.len() - text[at..].trim_start().len();
        Self {
            text: text.to_owned(),
            column: text[..at].chars().count() + 1,
            expected: expected.to_owned(),
            found: if found.is_empty() { "the end".into() } else { format!("`{found}`") },
            at,
        }
    }

    /// The same in a longer text, of which this error's is a part that begins at `start`.
    pub(super) fn within(self, text: &str, start: usize) -> Self {
        let at = start + self.at;
        let column = text[..at].chars().count() + 1;
        Self { text: text.to_owned(), column, at, ..self }
    }
}

impl Unit {
    /// The dimension.
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl std::str::FromStr for Unit {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let dimension = Reader { text, at: 0 }.unit()?;
        Ok(Self { text: text.trim().to_owned(), dimension })
    }
}

impl std::str::FromStr for Dimension {
    type Err = UnitError;

    /// The dimension of a unit.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Reader { text, at: 0 }.unit()
    }
}

const FACTOR: &str = "a unit such as `m`, `kg`, `N`, or `1` for a pure number";

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// A product under way: what it is so far, and whether the next factor divides it.
struct Product {
    so_far: Dimension,
    divides: bool,
}

impl Product {
    const EMPTY: Self = Self { so_far: Dimension::NONE, divides: false };

    fn take(&mut self, factor: Dimension) -> Option<()> {
        let join = if self.divides { Dimension::minus } else { Dimension::plus };
        self.so_far = join(self.so_far, factor)?;
        self.divides = false;
        Some(())
    }
}

impl<'a> Reader<'a> {
    /// Reads factors; open parentheses wait on a stack.
    fn unit(&mut self) -> Result<Dimension, UnitError> {
        let mut open: Vec<Product> = vec![];
        let mut product = Product::EMPTY;
        let mut wants_factor = true;
        loop {
            let word = self.peek();
            match word {
                "(" if wants_factor => {
                    self.next();
                    open.push(std::mem::replace(&mut product, Product::EMPTY));
                    continue;
                }
                ")" if !wants_factor && !open.is_empty() => {
                    self.next();
                    let inner = self.powered(product.so_far)?;
                    // The stack is not empty, as the guard says.
                    product = open.pop().unwrap_or(Product::EMPTY);
                    product.take(inner).ok_or_else(|| self.fail("a smaller power"))?;
                }
                "" if !wants_factor && open.is_empty() => return Ok(product.so_far),
                "*" | "·" | "/" if !wants_factor => {
                    self.next();
                    product.divides = word == "/";
                    wants_factor = true;
                    continue;
                }
                "(" => {
                    wants_factor = true;
                    continue;
                }
                _ => {
                    let is_name = word.starts_with(is_letter);
                    let expected =
                        if wants_factor || is_name { FACTOR } else { "`*`, `/`, `^` or the end" };
                    let factor = named(word).ok_or_else(|| self.fail(expected))?;
                    self.next();
                    let factor = self.powered(factor)?;
                    product.take(factor).ok_or_else(|| self.fail("a smaller power"))?;
                }
            }
            wants_factor = false;
        }
    }

    /// The factor to the power that follows, if one does.
    fn powered(&mut self, factor: Dimension) -> Result<Dimension, UnitError> {
        let (above, below) = match self.peek() {
            "²" => (2, 1),
            "³" => (3, 1),
            "^" | "**" => {
                self.next();
                return self.exponent(factor);
            }
            _ => return Ok(factor),
        };
        let power = factor.times(above, below).ok_or_else(|| self.fail("a smaller power"))?;
        self.next();
        Ok(power)
    }

    /// A number, or a quotient of numbers in parentheses.
    fn exponent(&mut self, factor: Dimension) -> Result<Dimension, UnitError> {
        let parenthesised = self.peek() == "(";
        if parenthesised {
            self.next();
        }
        let (above, below) = self.number()?;
        let mut power = factor.times(above, below);
        if parenthesised {
            if self.peek() == "/" {
                self.next();
                let (over, under) = self.number()?;
                power = power.and_then(|power| power.times(under, over));
            }
            if self.peek() != ")" {
                return Err(self.fail("`)`"));
            }
            self.next();
        }
        power.ok_or_else(|| self.fail("a simpler power before this"))
    }

    fn number(&mut self) -> Result<(i32, i32), UnitError> {
        let negative = self.peek() == "-";
        if negative {
            self.next();
        }
        let value: Option<f64> = self.peek().parse().ok();
        let expected = "a power such as `2`, `-1`, `0.5` or `(1/2)`";
        let read = value.and_then(fraction).ok_or_else(|| self.fail(expected))?;
        self.next();
        Ok(if negative { (-read.0, read.1) } else { read })
    }

    /// The next name, number or symbol; empty at the end.
    fn peek(&self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        let Some(first) = rest.chars().next() else { return rest };
        let run = |more: fn(char) -> bool| rest.find(|c| !more(c)).unwrap_or(rest.len());
        let length = if is_letter(first) {
            run(is_letter)
        } else if first.is_ascii_digit() {
            run(|c| c.is_ascii_digit() || c == '.')
        } else if rest.starts_with("**") {
            2
        } else {
            first.len_utf8()
        };
        &rest[..length]
    }

    fn next(&mut self) {
        let rest = self.text[self.at..].trim_start().len();
        self.at = self.text.len() - rest + self.peek().len();
    }

    fn fail(&self, expected: &str) -> UnitError {
        UnitError::new(self.text, self.at, expected, self.peek())
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '%' | '°')
}

/// The dimension of a unit by its symbol, with or without a prefix.
fn named(symbol: &str) -> Option<Dimension> {
    let known = |symbol: &str| UNITS.iter().find(|(name, _)| *name == symbol).map(|unit| unit.1);
    known(symbol).or_else(|| {
        let prefix = PREFIXES.iter().filter_map(|prefix| symbol.strip_prefix(prefix));
        prefix.filter(|unit| !UNPREFIXED.contains(unit)).find_map(known)
    })
}

const PREFIXES: [&str; 18] =
    ["da", "k", "M", "G", "T", "P", "E", "h", "d", "c", "m", "µ", "μ", "u", "n", "p", "f", "a"];

/// Units that take no prefix.
const UNPREFIXED: [&str; 13] =
    ["1", "%", "°", "deg", "rpm", "kg", "min", "h", "d", "yr", "atm", "au", "ly"];

/// Symbols with their exponents of m, kg, s, A, K, mol, cd.
const UNITS: [(&str, Dimension); 49] = [
    ("1", Dimension::NONE),
    ("%", Dimension::NONE),
    ("rad", Dimension::NONE),
    ("sr", Dimension::NONE),
    ("deg", Dimension::NONE),
    ("°", Dimension::NONE),
    ("m", Dimension::whole([1, 0, 0, 0, 0, 0, 0])),
    ("kg", Dimension::whole([0, 1, 0, 0, 0, 0, 0])),
    ("g", Dimension::whole([0, 1, 0, 0, 0, 0, 0])),
    ("t", Dimension::whole([0, 1, 0, 0, 0, 0, 0])),
    ("u", Dimension::whole([0, 1, 0, 0, 0, 0, 0])),
    ("s", Dimension::whole([0, 0, 1, 0, 0, 0, 0])),
    ("min", Dimension::whole([0, 0, 1, 0, 0, 0, 0])),
    ("h", Dimension::whole([0, 0, 1, 0, 0, 0, 0])),
    ("d", Dimension::whole([0, 0, 1, 0, 0, 0, 0])),
    ("yr", Dimension::whole([0, 0, 1, 0, 0, 0, 0])),
    ("A", Dimension::whole([0, 0, 0, 1, 0, 0, 0])),
    ("K", Dimension::whole([0, 0, 0, 0, 1, 0, 0])),
    ("mol", Dimension::whole([0, 0, 0, 0, 0, 1, 0])),
    ("cd", Dimension::whole([0, 0, 0, 0, 0, 0, 1])),
    ("Hz", Dimension::whole([0, 0, -1, 0, 0, 0, 0])),
    ("Bq", Dimension::whole([0, 0, -1, 0, 0, 0, 0])),
    ("rpm", Dimension::whole([0, 0, -1, 0, 0, 0, 0])),
    ("N", Dimension::whole([1, 1, -2, 0, 0, 0, 0])),
    ("Pa", Dimension::whole([-1, 1, -2, 0, 0, 0, 0])),
    ("bar", Dimension::whole([-1, 1, -2, 0, 0, 0, 0])),
    ("atm", Dimension::whole([-1, 1, -2, 0, 0, 0, 0])),
    ("J", Dimension::whole([2, 1, -2, 0, 0, 0, 0])),
    ("eV", Dimension::whole([2, 1, -2, 0, 0, 0, 0])),
    ("cal", Dimension::whole([2, 1, -2, 0, 0, 0, 0])),
    ("W", Dimension::whole([2, 1, -3, 0, 0, 0, 0])),
    ("C", Dimension::whole([0, 0, 1, 1, 0, 0, 0])),
    ("V", Dimension::whole([2, 1, -3, -1, 0, 0, 0])),
    ("F", Dimension::whole([-2, -1, 4, 2, 0, 0, 0])),
    ("Ω", Dimension::whole([2, 1, -3, -2, 0, 0, 0])),
    ("ohm", Dimension::whole([2, 1, -3, -2, 0, 0, 0])),
    ("S", Dimension::whole([-2, -1, 3, 2, 0, 0, 0])),
    ("Wb", Dimension::whole([2, 1, -2, -1, 0, 0, 0])),
    ("T", Dimension::whole([0, 1, -2, -1, 0, 0, 0])),
    ("H", Dimension::whole([2, 1, -2, -2, 0, 0, 0])),
    ("lm", Dimension::whole([0, 0, 0, 0, 0, 0, 1])),
    ("lx", Dimension::whole([-2, 0, 0, 0, 0, 0, 1])),
    ("Gy", Dimension::whole([2, 0, -2, 0, 0, 0, 0])),
    ("Sv", Dimension::whole([2, 0, -2, 0, 0, 0, 0])),
    ("kat", Dimension::whole([0, 0, -1, 0, 0, 1, 0])),
    ("L", Dimension::whole([3, 0, 0, 0, 0, 0, 0])),
    ("au", Dimension::whole([1, 0, 0, 0, 0, 0, 0])),
    ("pc", Dimension::whole([1, 0, 0, 0, 0, 0, 0])),
    ("ly", Dimension::whole([1, 0, 0, 0, 0, 0, 0])),
];
