//! The list of formulas.

use serde::Deserialize;
use symgrad_expr::{Expr, Names};

use crate::error::Error;
use crate::problem::Problem;

/// The list, part of the binary.
const TEXT: &str = include_str!("../formulas.toml");

/// A formula as the list gives it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Formula {
    pub(crate) name: String,
    /// The part of physics it belongs to.
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

/// All formulas, in the order of the list.
pub(crate) fn formulas() -> Result<Vec<Formula>, Error> {
    let catalogue: Catalogue = toml::from_str(TEXT).map_err(Error::Catalogue)?;
    Ok(catalogue.formula)
}

/// All formulas, ready for use.
pub(crate) fn problems() -> Result<Vec<Problem>, Error> {
    formulas()?.iter().map(Formula::problem).collect()
}

impl Formula {
    pub(crate) fn problem(&self) -> Result<Problem, Error> {
        let name = self.name.clone();
        let inputs: Vec<String> = self.inputs.iter().map(|input| input.0.clone()).collect();
        let names = Names::new(inputs.clone())
            .map_err(|source| Error::Names { name: name.clone(), source })?;
        let expr = Expr::parse(&self.text, &names)
            .map_err(|source| Error::Parse { name: name.clone(), source })?;
        let ranges = self.inputs.iter().map(|input| (input.1, input.2)).collect();
        Ok(Problem { name, inputs, ranges, expr })
    }
}
