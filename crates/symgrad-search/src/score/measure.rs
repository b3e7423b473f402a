//! The measures of a mismatch, and their names.

use serde::{Deserialize, Serialize};

/// The measure of the mismatch between unit gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// 1 − |mean cos|: blind to a global sign. With several neurons, 1 − the mean length of
    /// the unit gradient's projection on the span of theirs.
    #[default]
    LevelSet,
    /// The published loss, the mean over points and components of the squared difference of
    /// unit gradients, (2/d)(1 − mean cos): the sign is fixed.
    PaperMse,
    /// 1 − mean |cos|: blind to the sign at every single point, for a φ that rises here and
    /// falls there. Weaker than the level-set loss: functions that have nothing to do with each
    /// other stay below 1.
    LocalSign,
}

/// What the losses of a search measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// [`Measure::LevelSet`] for one neuron: 1 − |mean cos|.
    LevelSet,
    /// [`Measure::LevelSet`] for several: 1 − the mean length of the projection on their span.
    Span,
    /// [`Measure::PaperMse`].
    PaperMse,
    /// [`Measure::LocalSign`], asked for or because the neuron folds its concept.
    LocalSign,
    /// 1 − R² of values.
    Values,
    /// 1 − R² of the best a·f + b.
    ScaledValues,
}

impl LossKind {
    /// A name to put beside each number.
    pub fn name(self) -> &'static str {
        match self {
            Self::LevelSet | Self::Span => "level-set",
            Self::PaperMse => "paper MSE",
            Self::LocalSign => "local-sign",
            Self::Values | Self::ScaledValues => "1 − R²",
        }
    }

    /// What it is, in one line.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::LevelSet => "1 − |mean cos| of the angle between the gradients",
            Self::Span => {
                "1 − the mean length of a unit gradient's projection on the neurons' span"
            }
            Self::PaperMse => "(2/d)(1 − mean cos) of the angle between the gradients",
            Self::LocalSign => "1 − mean |cos|: signs are taken point by point",
            Self::Values => "share of the values' variance that is left",
            Self::ScaledValues => "share of the values' variance that the best a·f + b leaves",
        }
    }

    /// Losses up to this are rounding: cosines are told from 1 to some 13 digits, values to ten where
    /// numbers of a formula cancel, and errors are squared.
    pub(crate) fn floor(self) -> f64 {
        const OF_COSINES: f64 = 1e-13;
        const OF_VALUES: f64 = 1e-20;
        match self {
            Self::Values | Self::ScaledValues => OF_VALUES,
            _ => OF_COSINES,
        }
    }

    /// Whether the numbers called paper MSE are that: for folded neurons and values they are not.
    pub fn has_paper_mse(self) -> bool {
        matches!(self, Self::LevelSet | Self::Span | Self::PaperMse)
    }
}
