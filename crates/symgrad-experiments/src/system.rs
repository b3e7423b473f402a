//! Systems whose transformations leave several quantities unchanged.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::motion::orbit;
use crate::stream::{Draw, Row};
use crate::{Concept, Dataset, Experiment, GenerateError, Recipe, Splits};
use crate::{published, shared, splits};

/// Semi-major axes of the orbits of [`System::Kepler`].
const AXES: std::ops::RangeInclusive<f64> = 0.8..=1.25;

/// Their eccentricities. On a circle the gradients of energy and angular momentum are parallel,
/// and a long ellipse passes the centre too near.
const ECCENTRICITIES: std::ops::RangeInclusive<f64> = 0.2..=0.6;

/// A system with several independent invariants, for encoders with as many latents.
///
/// ```
/// use symgrad_experiments::{Concept, Recipe, Splits, System};
/// let sizes = Splits { train: 100, validation: 10, test: 20 };
/// let data = System::Kepler.generate(Recipe::Published, sizes, 1)?;
/// let (anchor, positive) = (data.train.anchor().row(0), data.train.positive().row(0));
/// let invariants = System::Kepler.invariants(Recipe::Published);
/// assert_eq!(invariants.len(), 3);
/// for invariant in invariants {
///     assert!((invariant.value(&anchor) - invariant.value(&positive)).abs() < 1e-7);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// 2×2 matrices A → M A M⁻¹: trace and determinant.
    #[serde(rename = "similarity-2x2")]
    Similarity2x2,
    /// Electromagnetic fields seen from other frames: E·B and E² − B².
    FieldStrength,
    /// Ellipses about an attracting centre (force −r/r³), all counterclockwise, with semi-major
    /// axes from 0.8 to 1.25 and eccentricities from 0.2 to 0.6, at moments uniform in time.
    ///
    /// [`Recipe::Published`]: two moments of one orbit, which share angular momentum and
    /// Laplace–Runge–Lenz vector, and with them the energy. [`Recipe::Isolated`]: the orbit of
    /// the positive is turned by any angle, so that energy and angular momentum are all they
    /// share.
    Kepler,
}

/// One of the quantities that a [`System`]'s anchors and positives share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Invariant {
    /// The trace of a 2×2 matrix.
    Trace,
    /// The determinant of a 2×2 matrix.
    Determinant,
    /// E·B.
    FieldProduct,
    /// E² − B².
    FieldDifference,
    /// The energy on an orbit.
    Energy,
    /// The angular momentum of an orbit.
    AngularMomentum,
    /// The first component of the Laplace–Runge–Lenz vector, which points from the centre to
    /// the orbit's nearest point and is as long as the eccentricity.
    EccentricityX,
    /// The second component of the Laplace–Runge–Lenz vector.
    EccentricityY,
}

impl System {
    /// Every system.
    pub const ALL: [Self; 3] = [Self::Similarity2x2, Self::FieldStrength, Self::Kepler];

    /// The name, as configuration files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Similarity2x2 => "similarity-2x2",
            Self::FieldStrength => "field-strength",
            Self::Kepler => "kepler",
        }
    }

    /// The inputs' names; matrices are read row by row.
    pub const fn inputs(self) -> &'static [&'static str] {
        match self {
            Self::Similarity2x2 => Experiment::Trace2x2.inputs(),
            Self::FieldStrength => Experiment::FieldStrengthEDotB.inputs(),
            Self::Kepler => Experiment::Coulomb.inputs(),
        }
    }

    /// Independent quantities that anchors and positives of a recipe share; all others that they
    /// share are functions of these.
    pub const fn invariants(self, recipe: Recipe) -> &'static [Invariant] {
        match (self, recipe) {
            (Self::Similarity2x2, _) => &[Invariant::Trace, Invariant::Determinant],
            (Self::FieldStrength, _) => &[Invariant::FieldProduct, Invariant::FieldDifference],
            (Self::Kepler, Recipe::Isolated) => &[Invariant::Energy, Invariant::AngularMomentum],
            (Self::Kepler, Recipe::Published) => {
                &[Invariant::AngularMomentum, Invariant::EccentricityX, Invariant::EccentricityY]
            }
        }
    }

    /// Draws triplets.
    ///
    /// [`Recipe::Published`]: the anchor is transformed, as in the experiments `trace-2x2` and
    /// `field-strength-e-dot-b`. [`Recipe::Isolated`]: the positive is an independent draw, moved
    /// onto the anchor's level sets; inputs are uniform in [−1, 1]. For orbits see
    /// [`System::Kepler`].
    pub fn generate(
        self,
        recipe: Recipe,
        sizes: Splits,
        seed: u64,
    ) -> Result<Dataset, GenerateError> {
        let invariants = self.invariants(recipe);
        let concepts: Vec<&dyn Concept> = invariants.iter().map(|i| i as &dyn Concept).collect();
        let bounds = vec![(-1.0, 1.0); self.inputs().len()];
        let draw: &Draw = &|rng| match (self, recipe) {
            (Self::Kepler, _) => two_moments(rng, recipe),
            (_, Recipe::Isolated) => shared::by_newton(&concepts, &bounds, rng),
            (Self::Similarity2x2, _) => published::draw(Experiment::Trace2x2, rng),
            (Self::FieldStrength, _) => published::draw(Experiment::FieldStrengthEDotB, rng),
        };
        let kept: &Draw = &|rng| {
            draw(rng).filter(|row| concepts.iter().all(|concept| crate::preserves(*concept, row)))
        };
        splits(self.inputs(), kept, sizes, seed)
    }
}

impl std::fmt::Display for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Two moments of one orbit, and one of another.
fn two_moments(rng: &mut ChaCha8Rng, recipe: Recipe) -> Option<Row> {
    let (start, period) = ellipse(rng);
    let mut moment = |start, period: f64| orbit(start, period * rng.random::<f64>());
    let (anchor, mut positive) = (moment(start, period)?, moment(start, period)?);
    if recipe == Recipe::Isolated {
        positive = turned(positive, rng.random_range(0.0..TAU));
    }
    let (start, period) = ellipse(rng);
    let negative = orbit(start, period * rng.random::<f64>())?;
    Some(Row { anchor: anchor.into(), positive: positive.into(), negative: negative.into() })
}

/// A state at the orbit's nearest point, and the time of one turn.
fn ellipse(rng: &mut ChaCha8Rng) -> ([f64; 4], f64) {
    let (axis, eccentricity) = (rng.random_range(AXES), rng.random_range(ECCENTRICITIES));
    let speed = ((1.0 + eccentricity) / ((1.0 - eccentricity) * axis)).sqrt();
    let start = [axis * (1.0 - eccentricity), 0.0, 0.0, speed];
    (turned(start, rng.random_range(0.0..TAU)), TAU * axis.powf(1.5))
}

/// Position and velocity turned by an angle.
fn turned([x, y, vx, vy]: [f64; 4], angle: f64) -> [f64; 4] {
    let (sin, cos) = angle.sin_cos();
    [cos * x - sin * y, sin * x + cos * y, cos * vx - sin * vy, sin * vx + cos * vy]
}

impl Invariant {
    /// The invariant as a formula of the system's inputs.
    pub const fn formula(self) -> &'static str {
        match self {
            Self::Trace => Experiment::Trace2x2.truth(),
            Self::Determinant => Experiment::Determinant2x2.truth(),
            Self::FieldProduct => Experiment::FieldStrengthEDotB.truth(),
            Self::FieldDifference => "ex^2 + ey^2 + ez^2 - bx^2 - by^2 - bz^2",
            Self::Energy => Experiment::Coulomb.truth(),
            Self::AngularMomentum => Experiment::CentralPotential.truth(),
            Self::EccentricityX => "vy*(x*vy - y*vx) - x/sqrt(x^2 + y^2)",
            Self::EccentricityY => "vx*(y*vx - x*vy) - y/sqrt(x^2 + y^2)",
        }
    }

    /// The experiment about the same quantity, if there is one.
    const fn experiment(self) -> Option<Experiment> {
        match self {
            Self::Trace => Some(Experiment::Trace2x2),
            Self::Determinant => Some(Experiment::Determinant2x2),
            Self::FieldProduct => Some(Experiment::FieldStrengthEDotB),
            Self::Energy => Some(Experiment::Coulomb),
            Self::AngularMomentum => Some(Experiment::CentralPotential),
            Self::FieldDifference | Self::EccentricityX | Self::EccentricityY => None,
        }
    }
}

impl Concept for Invariant {
    fn dim(&self) -> usize {
        match self {
            Self::FieldProduct | Self::FieldDifference => 6,
            _ => 4,
        }
    }

    fn value(&self, x: &[f64]) -> f64 {
        if let Some(experiment) = self.experiment() {
            return experiment.value(x);
        }
        match self {
            Self::FieldDifference => (0..3).map(|i| x[i] * x[i] - x[i + 3] * x[i + 3]).sum(),
            Self::EccentricityX => eccentricity(x).0,
            // The vector of the orbit turned back by a right angle.
            _ => eccentricity(&[x[1], -x[0], x[3], -x[2]]).0,
        }
    }

    fn gradient(&self, x: &[f64], out: &mut [f64]) {
        if let Some(experiment) = self.experiment() {
            return experiment.gradient(x, out);
        }
        match self {
            Self::FieldDifference => {
                for (i, (out, x)) in out.iter_mut().zip(x).enumerate() {
                    *out = if i < 3 { 2.0 * x } else { -2.0 * x };
                }
            }
            Self::EccentricityX => out.copy_from_slice(&eccentricity(x).1),
            _ => {
                let [x, y, vx, vy] = eccentricity(&[x[1], -x[0], x[3], -x[2]]).1;
                out.copy_from_slice(&[-y, x, -vy, vx]);
            }
        }
    }
}

/// vy·(x·vy − y·vx) − x/r, and its gradient.
fn eccentricity(state: &[f64]) -> (f64, [f64; 4]) {
    let [x, y, vx, vy] = std::array::from_fn(|i| state[i]);
    let (radius, momentum) = (x.hypot(y), x * vy - y * vx);
    let cube = radius.powi(3);
    let slopes = [vy * vy - y * y / cube, x * y / cube - vx * vy, -y * vy, momentum + x * vy];
    (vy * momentum - x / radius, slopes)
}
