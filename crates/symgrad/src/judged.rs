//! The answer of the pairs, as a run's record keeps it.

use serde::{Deserialize, Serialize};

use crate::check::RECOVERED;
use crate::{Discovery, FoundBy};

/// What held-out pairs have chosen among the formulas of the network's front and of the direct road, and
/// say of it: `laws.json` in short, with the check against the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairsRecord {
    /// Functionally independent laws, the simplest first.
    pub laws: Vec<PairsLaw>,
    /// Whether one of them has the truth's level sets; absent where the truth is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recovered: Option<bool>,
    /// What the pairs say as a whole, in a sentence.
    pub summary: String,
}

/// A law by pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairsLaw {
    /// The formula.
    pub expression: String,
    /// The same for LaTeX.
    pub latex: String,
    /// Its complexity.
    pub complexity: u32,
    /// Variance within held-out pairs over the variance of all values.
    pub rho: f64,
    /// Which road has led to it.
    pub found_by: FoundBy,
    /// 1 − |mean cos| of its gradient and the truth's, as of [`Record::mismatch`](crate::Record::mismatch).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mismatch: Option<f64>,
}

impl PairsRecord {
    pub(crate) fn of(found: &Discovery, mismatches: &[f64]) -> Self {
        let law = |(law, mismatch): (&crate::LawRecord, &f64)| PairsLaw {
            expression: law.expression.clone(),
            latex: law.latex.clone(),
            complexity: law.complexity,
            rho: law.rho,
            found_by: law.found_by,
            mismatch: Some(*mismatch).filter(|mismatch| mismatch.is_finite()),
        };
        Self {
            laws: found.laws.iter().zip(mismatches).map(law).collect(),
            recovered: Some(mismatches.iter().any(|mismatch| *mismatch < RECOVERED)),
            summary: found.verdict.summary.clone(),
        }
    }

    pub(crate) fn without_truth(self) -> Self {
        let laws = self.laws.into_iter().map(|law| PairsLaw { mismatch: None, ..law }).collect();
        Self { laws, recovered: None, ..self }
    }

    /// All laws in a line.
    pub(crate) fn text(&self) -> String {
        let laws: Vec<&str> = self.laws.iter().map(|law| law.expression.as_str()).collect();
        if laws.is_empty() { "no law".to_owned() } else { laws.join("; ") }
    }

    /// Which roads have led to them, in their order; once, if all are alike.
    pub(crate) fn roads(&self) -> String {
        let mut roads: Vec<&str> = self.laws.iter().map(|law| law.found_by.name()).collect();
        if roads.iter().all(|road| road == &roads[0]) {
            roads.truncate(1);
        }
        roads.join("; ")
    }

    /// How far the laws vary within pairs, at most.
    pub(crate) fn rho(&self) -> Option<f64> {
        self.laws.iter().map(|law| law.rho).max_by(f64::total_cmp)
    }
}
