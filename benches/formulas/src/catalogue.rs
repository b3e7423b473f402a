//! The lists of formulas.

use serde::Deserialize;
use symgrad_expr::{Expr, Names, OpSet};

use crate::error::Error;
use crate::problem::Problem;
use crate::sets::{Half, Set};

/// The lists, part of the binary.
const FORMULAS: &str = include_str!("../formulas.toml");
const HARD: &str = include_str!("../hard.toml");
const FURTHER: &str = include_str!("../further.toml");
const UNSEEN: &str = include_str!("../unseen.toml");
const SINGLE: &str = include_str!("../single.toml");

/// A formula as a list gives it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Formula {
    pub(crate) name: String,
    pub(crate) half: Option<Half>,
    /// The part of science it belongs to.
    pub(crate) field: String,
    /// In the workspace's syntax.
    #[serde(rename = "formula")]
    pub(crate) text: String,
    /// Name, lowest and highest value of every input.
    pub(crate) inputs: Vec<(String, f64, f64)>,
    pub(crate) reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    formula: Vec<Formula>,
}

/// The formulas of a set, in the order of its list; none if it has no list.
pub(crate) fn formulas(set: Set) -> Result<Vec<Formula>, Error> {
    let text = match set {
        Set::Formulas => FORMULAS,
        Set::Hard => HARD,
        Set::Further => FURTHER,
        Set::Unseen => UNSEEN,
        Set::Single => SINGLE,
        Set::Negatives | Set::Standins | Set::Noise => return Ok(vec![]),
    };
    let catalogue: Catalogue = toml::from_str(text).map_err(Error::Catalogue)?;
    Ok(catalogue.formula)
}

impl Formula {
    /// The same, ready for use.
    pub(crate) fn problem(&self, set: Set) -> Result<Problem, Error> {
        let name = self.name.clone();
        let inputs: Vec<String> = self.inputs.iter().map(|input| input.0.clone()).collect();
        let names = Names::new(inputs.clone())
            .map_err(|source| Error::Names { name: name.clone(), source })?;
        let expr = Expr::parse(&self.text, &names)
            .map_err(|source| Error::Parse { name: name.clone(), source })?;
        let ranges = self.inputs.iter().map(|input| (input.1, input.2)).collect();
        let ops = OpSet::default();
        Ok(Problem { set, half: self.half, name, inputs, ranges, expr, ops })
    }
}
