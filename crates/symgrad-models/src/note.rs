//! What was decided when a file was read.

use std::fmt;

/// Something about a file that left a choice, and what was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The order of the layers of a plain perceptron, whose weights are in no order that counts.
    Order {
        /// The layers as they are computed.
        layers: Vec<String>,
        /// Why in this order.
        basis: Basis,
    },
    /// The state dictionary of a checkpoint that holds more.
    StateDictionary {
        /// The one that was read.
        name: String,
        /// Others, which were not.
        others: Vec<String>,
        /// Tensors beside it, which were not read either.
        tensors: Vec<String>,
        /// Whether the architecture names it.
        asked: bool,
    },
}

/// Why layers are in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// No other order fits their shapes.
    Shapes,
    /// The file keeps the order in which the model was put together.
    File,
    /// By their names, and the numbers in them: other orders would fit, too.
    Names,
}

impl Note {
    /// Whether what was taken may be wrong.
    pub fn is_guess(&self) -> bool {
        match self {
            Self::Order { basis, .. } => *basis == Basis::Names,
            Self::StateDictionary { others, asked, .. } => !asked && !others.is_empty(),
        }
    }
}

/// Names that are shown of a long list, at each end.
const SHOWN: usize = 30;

fn list(names: &[String]) -> String {
    if names.len() <= 2 * SHOWN {
        return names.join(", ");
    }
    let (first, last) = (&names[..SHOWN], &names[names.len() - SHOWN..]);
    format!("{}, …, {}", first.join(", "), last.join(", "))
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { layers, basis } => {
                let why = match basis {
                    Basis::Shapes => "the only order that fits their shapes",
                    Basis::File => "as in the file",
                    Basis::Names => {
                        "a guess by names and shapes: other orders fit, too; if it is \
                         another, list `layers` in the architecture"
                    }
                };
                write!(f, "order of the layers: {} ({why})", list(layers))
            }
            Self::StateDictionary { name, others, tensors, .. } => {
                write!(f, "weights are those of `{name}`")?;
                let left: Vec<String> = [&others[..], tensors].concat();
                if !left.is_empty() {
                    write!(f, "; left aside: {}", list(&left))?;
                }
                if self.is_guess() {
                    write!(f, "; name another with `state_dict = \"…\"` in the architecture")?;
                }
                Ok(())
            }
        }
    }
}
