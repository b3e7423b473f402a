//! The experiments by name, with their inputs and truths.

use serde::{Deserialize, Serialize};

/// An experiment whose data can be generated: the published twelve, and three more that
/// `reproduce` runs.
///
/// ```
/// use symgrad_experiments::Experiment;
/// let experiment: Experiment = "spacetime-interval".parse()?;
/// assert_eq!(experiment.inputs(), ["t", "x", "y", "z"]);
/// assert_eq!(experiment.truth(), "t^2 - x^2 - y^2 - z^2");
/// # Ok::<(), symgrad_experiments::UnknownExperiment>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Experiment {
    /// The trace of a 2×2 matrix.
    Trace2x2,
    /// The determinant of a 2×2 matrix; in the published data the trace is fixed to 5.
    Determinant2x2,
    /// The trace of a 3×3 matrix.
    Trace3x3,
    /// The sum of the principal 2×2 minors of an antisymmetric 3×3 matrix.
    AntisymmetricMinors3x3,
    /// The trace of a 4×4 matrix.
    Trace4x4,
    /// The invariant E·B of an electromagnetic field; E² − B² is conserved too.
    FieldStrengthEDotB,
    /// The energy of a harmonic oscillator (force −x).
    HarmonicOscillator,
    /// The energy under the force −(x + x³).
    AnharmonicOscillatorQuartic,
    /// The energy under the force −cos x.
    AnharmonicOscillatorSine,
    /// The energy under the force −(x + e^(x+1)).
    AnharmonicOscillatorExponential,
    /// The angular momentum under the force −r/r³; the energy is conserved too.
    CentralPotential,
    /// The interval of special relativity.
    SpacetimeInterval,
    /// The determinant of a 3×3 matrix.
    Determinant3x3,
    /// The energy of a harmonic oscillator, over positions and velocities of both signs.
    Oscillator,
    /// The energy under the force −r/r³; the angular momentum is conserved too.
    Coulomb,
}

/// A name that is no experiment's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown experiment `{name}`; known: {}", Experiment::ALL.map(Experiment::name).join(" "))]
pub struct UnknownExperiment {
    /// The name as written.
    pub name: String,
}

impl Experiment {
    /// Every experiment, the published twelve first and in their order.
    pub const ALL: [Self; 15] = [
        Self::Trace2x2,
        Self::Determinant2x2,
        Self::Trace3x3,
        Self::AntisymmetricMinors3x3,
        Self::Trace4x4,
        Self::FieldStrengthEDotB,
        Self::HarmonicOscillator,
        Self::AnharmonicOscillatorQuartic,
        Self::AnharmonicOscillatorSine,
        Self::AnharmonicOscillatorExponential,
        Self::CentralPotential,
        Self::SpacetimeInterval,
        Self::Determinant3x3,
        Self::Oscillator,
        Self::Coulomb,
    ];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace2x2 => "trace-2x2",
            Self::Determinant2x2 => "determinant-2x2",
            Self::Trace3x3 => "trace-3x3",
            Self::AntisymmetricMinors3x3 => "antisymmetric-minors-3x3",
            Self::Trace4x4 => "trace-4x4",
            Self::FieldStrengthEDotB => "field-strength-e-dot-b",
            Self::HarmonicOscillator => "harmonic-oscillator",
            Self::AnharmonicOscillatorQuartic => "anharmonic-oscillator-quartic",
            Self::AnharmonicOscillatorSine => "anharmonic-oscillator-sine",
            Self::AnharmonicOscillatorExponential => "anharmonic-oscillator-exponential",
            Self::CentralPotential => "central-potential",
            Self::SpacetimeInterval => "spacetime-interval",
            Self::Determinant3x3 => "determinant-3x3",
            Self::Oscillator => "oscillator",
            Self::Coulomb => "coulomb",
        }
    }

    /// The inputs' names; matrices are read row by row.
    pub const fn inputs(self) -> &'static [&'static str] {
        match self {
            Self::Trace2x2 | Self::Determinant2x2 => &["a11", "a12", "a21", "a22"],
            Self::Trace3x3 | Self::Determinant3x3 | Self::AntisymmetricMinors3x3 => {
                &["a11", "a12", "a13", "a21", "a22", "a23", "a31", "a32", "a33"]
            }
            Self::Trace4x4 => &[
                "a11", "a12", "a13", "a14", "a21", "a22", "a23", "a24", "a31", "a32", "a33", "a34",
                "a41", "a42", "a43", "a44",
            ],
            Self::FieldStrengthEDotB => &["ex", "ey", "ez", "bx", "by", "bz"],
            Self::HarmonicOscillator
            | Self::AnharmonicOscillatorQuartic
            | Self::AnharmonicOscillatorSine
            | Self::AnharmonicOscillatorExponential
            | Self::Oscillator => &["x", "v"],
            Self::CentralPotential | Self::Coulomb => &["x", "y", "vx", "vy"],
            Self::SpacetimeInterval => &["t", "x", "y", "z"],
        }
    }

    /// The concept as a formula of the inputs.
    pub const fn truth(self) -> &'static str {
        match self {
            Self::Trace2x2 => "a11 + a22",
            Self::Determinant2x2 => "a11*a22 - a12*a21",
            Self::Trace3x3 => "a11 + a22 + a33",
            Self::AntisymmetricMinors3x3 => {
                "a11*a22 - a12*a21 + a11*a33 - a13*a31 + a22*a33 - a23*a32"
            }
            Self::Trace4x4 => "a11 + a22 + a33 + a44",
            Self::FieldStrengthEDotB => "ex*bx + ey*by + ez*bz",
            Self::HarmonicOscillator | Self::Oscillator => "x^2 + v^2",
            Self::AnharmonicOscillatorQuartic => "v^2/2 + x^2/2 + x^4/4",
            Self::AnharmonicOscillatorSine => "v^2/2 + sin(x)",
            Self::AnharmonicOscillatorExponential => "v^2/2 + x^2/2 + exp(x + 1)",
            Self::CentralPotential => "x*vy - y*vx",
            Self::SpacetimeInterval => "t^2 - x^2 - y^2 - z^2",
            Self::Determinant3x3 => {
                "a11*(a22*a33 - a23*a32) - a12*(a21*a33 - a23*a31) + a13*(a21*a32 - a22*a31)"
            }
            Self::Coulomb => "(vx^2 + vy^2)/2 - 1/sqrt(x^2 + y^2)",
        }
    }

    /// Other quantities that the published data conserve, with their names.
    pub const fn also_conserved(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::FieldStrengthEDotB => &[("E² − B²", "ex^2 + ey^2 + ez^2 - bx^2 - by^2 - bz^2")],
            Self::CentralPotential => &[("energy", "(vx^2 + vy^2)/2 - 1/sqrt(x^2 + y^2)")],
            Self::Coulomb => &[("angular momentum", "x*vy - y*vx")],
            _ => &[],
        }
    }
}

impl std::str::FromStr for Experiment {
    type Err = UnknownExperiment;

    fn from_str(name: &str) -> Result<Self, UnknownExperiment> {
        let found = Self::ALL.into_iter().find(|experiment| experiment.name() == name);
        found.ok_or_else(|| UnknownExperiment { name: name.into() })
    }
}

impl std::fmt::Display for Experiment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl TryFrom<String> for Experiment {
    type Error = UnknownExperiment;

    fn try_from(name: String) -> Result<Self, UnknownExperiment> {
        name.parse()
    }
}

impl From<Experiment> for String {
    fn from(experiment: Experiment) -> Self {
        experiment.name().into()
    }
}
