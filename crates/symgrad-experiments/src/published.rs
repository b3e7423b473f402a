//! The published data: anchors transformed, or two moments of one trajectory.

use crate::Experiment;
use crate::motion::{Force, State, orbit, oscillate, rotate};
use crate::stream::Row;
use crate::transform::{Matrix3, Matrix4, conjugate, lorentz, normal, orthogonal, similar};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Trajectories are seen at two moments between 0 and this.
const LONGEST: f64 = 3.0;

/// The trace of all matrices of the published determinant data.
const FIXED_TRACE: f64 = 5.0;

pub(crate) fn draw(experiment: Experiment, rng: &mut ChaCha8Rng) -> Option<Row> {
    match experiment {
        Experiment::Trace2x2 => similarity(rng, 2, |rng| uniform(rng, 4)),
        Experiment::Trace3x3 | Experiment::Determinant3x3 => {
            similarity(rng, 3, |rng| uniform(rng, 9))
        }
        Experiment::Trace4x4 => similarity(rng, 4, |rng| uniform(rng, 16)),
        Experiment::Determinant2x2 => similarity(rng, 2, fixed_trace),
        Experiment::AntisymmetricMinors3x3 => Some(antisymmetric_minors(rng)),
        Experiment::FieldStrengthEDotB => Some(field_strength(rng)),
        Experiment::SpacetimeInterval => Some(interval(rng)),
        Experiment::HarmonicOscillator | Experiment::Oscillator => {
            oscillator(rng, |start, time| Some(rotate(start, time)))
        }
        Experiment::AnharmonicOscillatorQuartic => forced(rng, |x| -(x + x * x * x)),
        Experiment::AnharmonicOscillatorSine => forced(rng, |x| -x.cos()),
        Experiment::AnharmonicOscillatorExponential => forced(rng, |x| -(x + (x + 1.0).exp())),
        Experiment::CentralPotential | Experiment::Coulomb => central(rng),
    }
}

/// The positive is M A M⁻¹; anchor, negative and M are drawn alike.
fn similarity(
    rng: &mut ChaCha8Rng,
    n: usize,
    matrix: impl Fn(&mut ChaCha8Rng) -> Vec<f64>,
) -> Option<Row> {
    let (anchor, m, negative) = (matrix(rng), matrix(rng), matrix(rng));
    let positive = similar(n, &m, &anchor);
    positive.iter().all(|x| x.is_finite()).then_some(Row { anchor, positive, negative })
}

/// Entries uniform in [−10, 10], the diagonal then shifted so that the trace is fixed.
fn fixed_trace(rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut matrix: Vec<f64> = (0..4).map(|_| rng.random_range(-10.0..=10.0)).collect();
    let shift = 0.5 * (FIXED_TRACE - matrix[0] - matrix[3]);
    matrix[0] += shift;
    matrix[3] += shift;
    matrix
}

fn antisymmetric_minors(rng: &mut ChaCha8Rng) -> Row {
    let anchor = antisymmetric([normal(rng), normal(rng), normal(rng)]);
    let positive = conjugate(&orthogonal(rng), &anchor);
    let negative = antisymmetric([normal(rng), normal(rng), normal(rng)]);
    // Rounding leaves the positive antisymmetric to the last digit only; it is made exact.
    let positive = antisymmetric([positive[0][1], positive[0][2], positive[1][2]]);
    Row { anchor: flat(&anchor), positive: flat(&positive), negative: flat(&negative) }
}

/// The antisymmetric matrix with those entries above the diagonal.
pub(crate) fn antisymmetric([a, b, c]: [f64; 3]) -> Matrix3 {
    [[0.0, a, b], [-a, 0.0, c], [-b, -c, 0.0]]
}

pub(crate) fn flat(matrix: &Matrix3) -> Vec<f64> {
    matrix.iter().flatten().copied().collect()
}

/// The anchor's field seen from another frame; the published negatives are half as strong.
fn field_strength(rng: &mut ChaCha8Rng) -> Row {
    let anchor: Vec<f64> = uniform(rng, 6).iter().map(|x| 2.0 * x).collect();
    let positive = fields(&conjugate(&lorentz(rng), &tensor(&anchor)));
    Row { anchor, positive, negative: uniform(rng, 6) }
}

/// The field strength tensor of E and B.
fn tensor(field: &[f64]) -> Matrix4 {
    let [ex, ey, ez, bx, by, bz] = std::array::from_fn(|i| field[i]);
    [[0.0, -ex, -ey, -ez], [ex, 0.0, -bz, by], [ey, bz, 0.0, -bx], [ez, -by, bx, 0.0]]
}

/// E and B of a field strength tensor.
fn fields(f: &Matrix4) -> Vec<f64> {
    vec![f[1][0], f[2][0], f[3][0], f[3][2], f[1][3], f[2][1]]
}

fn interval(rng: &mut ChaCha8Rng) -> Row {
    let anchor = uniform(rng, 4);
    let transformation = lorentz(rng);
    let component = |row: &[f64; 4]| row.iter().zip(&anchor).map(|(l, x)| l * x).sum();
    let positive = transformation.iter().map(component).collect();
    Row { anchor, positive, negative: uniform(rng, 4) }
}

fn forced(rng: &mut ChaCha8Rng, force: Force) -> Option<Row> {
    oscillator(rng, |start, time| oscillate(force, start, time))
}

/// Two random moments of one trajectory, and one of another.
fn oscillator(rng: &mut ChaCha8Rng, flow: impl Fn(State, f64) -> Option<State>) -> Option<Row> {
    let start = [rng.random(), rng.random()];
    let (first, second) = (moment(rng), moment(rng));
    let earlier = flow(start, first.min(second))?;
    let later = flow(earlier, (second - first).abs())?;
    let (anchor, positive) = if first < second { (earlier, later) } else { (later, earlier) };
    let negative = flow([rng.random(), rng.random()], moment(rng))?;
    Some(Row { anchor: anchor.into(), positive: positive.into(), negative: negative.into() })
}

/// Two random moments of one orbit; the published negatives are drawn like the starts.
fn central(rng: &mut ChaCha8Rng) -> Option<Row> {
    let start = std::array::from_fn(|_| rng.random());
    let (anchor, positive) = (orbit(start, moment(rng))?, orbit(start, moment(rng))?);
    Some(Row { anchor: anchor.into(), positive: positive.into(), negative: uniform(rng, 4) })
}

fn moment(rng: &mut ChaCha8Rng) -> f64 {
    rng.random_range(0.0..=LONGEST)
}

/// Numbers uniform in [0, 1).
fn uniform(rng: &mut ChaCha8Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| rng.random()).collect()
}
