//! Which experiments there are, on which data, and with which training.

use std::fmt;

use serde::{Deserialize, Serialize};
use symgrad_experiments::{Experiment, Recipe};

use crate::Error;

/// One formula to recover: an experiment, or one of its systems, on data of one recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Name of the experiment.
    pub name: &'static str,
    /// Its system, if it has several.
    pub system: Option<&'static str>,
    /// What the data are.
    pub data: Experiment,
    /// How positives are made.
    pub recipe: Recipe,
}

impl Case {
    /// Name and system, unique within a suite; serves as the name of a folder.
    pub fn id(&self) -> String {
        match self.system {
            Some(system) => format!("{}-{system}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Whether a user's word means this case: its name, its system, or both.
    fn is_called(&self, word: &str) -> bool {
        word == self.name || self.system == Some(word) || word == self.id()
    }
}

/// The name of a recipe, as files and the command line spell it.
pub const fn recipe_name(recipe: Recipe) -> &'static str {
    match recipe {
        Recipe::Published => "published",
        Recipe::Isolated => "isolated",
    }
}

/// A set of experiments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Suite {
    /// Six experiments, seven formulas, each on data that determine its concept.
    #[default]
    Six,
    /// The twelve of arXiv 2409.05305 on data as defined there.
    Published,
    /// Both.
    All,
}

impl Suite {
    /// The cases of the suite, in their order.
    ///
    /// ```
    /// use symgrad::Suite;
    /// assert_eq!(Suite::Six.cases().len(), 7);
    /// assert_eq!(Suite::Published.cases().len(), 12);
    /// ```
    pub fn cases(self) -> Vec<Case> {
        let plain =
            |recipe| move |data: Experiment| Case { name: data.name(), system: None, data, recipe };
        let potential = |data: Experiment| Case {
            name: "potentials",
            system: Some(data.name()),
            data,
            recipe: Recipe::Isolated,
        };
        let mut cases = Vec::new();
        if self != Self::Published {
            let matrices = [
                Experiment::Trace2x2,
                Experiment::Determinant2x2,
                Experiment::Trace3x3,
                Experiment::Determinant3x3,
            ];
            cases.extend(matrices.map(plain(Recipe::Isolated)));
            cases.extend([Experiment::Oscillator, Experiment::Coulomb].map(potential));
            cases.push(plain(Recipe::Isolated)(Experiment::SpacetimeInterval));
        }
        if self != Self::Six {
            cases.extend(Experiment::ALL.into_iter().take(12).map(plain(Recipe::Published)));
        }
        cases
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Six => "six",
            Self::Published => "published",
            Self::All => "all",
        })
    }
}

/// The cases of a suite that have one of the names (all if there are none), with another recipe
/// if one is given.
pub fn select(suite: Suite, only: &[String], recipe: Option<Recipe>) -> Result<Vec<Case>, Error> {
    let mut cases = suite.cases();
    if let Some(name) = only.iter().find(|name| !cases.iter().any(|case| case.is_called(name))) {
        let known: Vec<String> = cases.iter().map(Case::id).collect();
        return Err(Error::UnknownExperiment { name: name.clone(), known: known.join(" ") });
    }
    cases.retain(|case| only.is_empty() || only.iter().any(|name| case.is_called(name)));
    if let Some(recipe) = recipe {
        for case in &mut cases {
            case.recipe = recipe;
        }
        // Two suites may hold the same experiment under two recipes.
        let mut seen = Vec::new();
        cases.retain(|case| {
            !seen.contains(&case.id()) && {
                seen.push(case.id());
                true
            }
        });
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use symgrad_expr::{Expr, Names};

    fn ids(suite: Suite, only: &[&str], recipe: Option<Recipe>) -> Result<Vec<String>, Error> {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        Ok(select(suite, &only, recipe)?.iter().map(Case::id).collect())
    }

    #[test]
    fn cases_go_by_name_system_or_both() -> Result<(), Error> {
        let both = ["potentials-oscillator", "potentials-coulomb"];
        assert_eq!(ids(Suite::Six, &["potentials"], None)?, both);
        assert_eq!(ids(Suite::Six, &["coulomb"], None)?, both[1..]);
        assert_eq!(ids(Suite::Six, &["potentials-coulomb"], None)?, both[1..]);
        assert_eq!(ids(Suite::All, &["trace-2x2"], None)?, ["trace-2x2"; 2]);
        assert_eq!(ids(Suite::All, &["trace-2x2"], Some(Recipe::Published))?, ["trace-2x2"]);
        let unknown = ids(Suite::Published, &["coulomb"], None);
        assert!(matches!(unknown, Err(Error::UnknownExperiment { name, .. }) if name == "coulomb"));
        Ok(())
    }

    #[test]
    fn every_conserved_quantity_is_a_formula_of_the_inputs() {
        for data in Experiment::ALL {
            let names = Names::new(data.inputs().iter().copied()).expect("names");
            let others = data.also_conserved().iter().map(|(_, formula)| *formula);
            for text in others.chain([data.truth()]) {
                Expr::parse(text, &names).expect(text);
            }
        }
    }
}
