//! How many concepts several neurons' gradients span, and a basis of that span.

use std::fmt;

use crate::field::{self, Measured, check_gradients, check_weights};
use crate::table::pick;
use crate::tangent::{dot, normalise, remove};
use crate::{DataError, DirectionField, FieldBuilder, FieldOptions, Table, Tangent};
use faer::{Mat, Side};
use serde::{Deserialize, Serialize};

/// Gradients below this share of their neuron's median count less, in proportion: their
/// directions are the less certain.
const SHORT: f64 = 0.25;

/// Neurons whose gradients stand at a smaller angle to those of the others (as a sine) are taken
/// for functions of the same concepts: the gradients of trained networks are off by up to this.
const INDEPENDENT: f64 = 0.1;

/// A smaller sine counts as well, down to this, if the next one is a decade below it: then the
/// gradients are exact enough.
const WEAK: f64 = 0.02;
const DECADE: f64 = 10.0;

/// The number of concepts is clear if the sines fall by this factor after it.
const CLEAR: f64 = 5.0;

/// Points where the span is not determined to this many times the error of its directions are
/// left out.
const DETERMINED: f64 = 3.0;

/// How many concepts the gradients of K neurons span.
///
/// At each point the gradient that stands out most from the span of those taken before is
/// taken next; the sine of its angle with that span tells how independent it is. A neuron
/// that is a function of the others has a sine of 0, up to the errors of the gradients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    rank: usize,
    sines: Vec<Sines>,
    clear: bool,
}

/// The sines at all points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sines {
    /// A tenth of the points have less.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// A tenth of the points have more.
    pub high: f64,
}

impl Span {
    /// Number of concepts.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Number of neurons K.
    pub fn neurons(&self) -> usize {
        self.sines.len()
    }

    /// How far the first, second, … gradient stands out from those before: K entries, falling
    /// but for scatter. The first is 1 but for points where all gradients are short.
    pub fn sines(&self) -> &[Sines] {
        &self.sines
    }

    /// Whether the sines leave no doubt about the number of concepts.
    pub fn is_clear(&self) -> bool {
        self.clear
    }

    fn of(mut sines: Vec<Vec<f64>>, given: Option<usize>) -> Self {
        let sines: Vec<Sines> = sines
            .iter_mut()
            .map(|sines| {
                sines.sort_unstable_by(f64::total_cmp);
                let at = |percent: usize| sines[(sines.len() - 1) * percent / 100];
                Sines { low: at(10), median: at(50), high: at(90) }
            })
            .collect();
        let median = |k: usize| sines.get(k).map_or(0.0, |s| s.median);
        let mut rank = (1..sines.len()).take_while(|&k| median(k) >= INDEPENDENT).count() + 1;
        while rank + 1 < sines.len()
            && median(rank) >= WEAK
            && median(rank) >= DECADE * median(rank + 1)
        {
            rank += 1;
        }
        let rank = given.unwrap_or(rank);
        let clear = (rank == 1 || median(rank - 1) >= INDEPENDENT)
            && median(rank - 1) >= CLEAR * median(rank);
        Self { rank, sines, clear }
    }
}

/// "2 of 3 neurons are independent: median sine 0.41, 0.003 for the next".
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rank, neurons) = (self.rank, self.neurons());
        match (rank, neurons) {
            (_, 1) => return write!(f, "one neuron"),
            (1, _) => write!(f, "the {neurons} neurons are functions of one concept")?,
            _ => write!(f, "{rank} of {neurons} neurons are independent")?,
        }
        let median =
            |k: usize| format!("{:.1$}", self.sines[k].median, digits(self.sines[k].median));
        match (rank > 1, rank < neurons) {
            (true, true) => {
                let (last, next) = (median(rank - 1), median(rank));
                write!(f, ": median sine {last}, {next} for the next")?;
            }
            (true, false) => write!(f, ": median sine {}", median(rank - 1))?,
            (false, _) => write!(f, ": median sine {}", median(rank))?,
        }
        if self.clear { Ok(()) } else { write!(f, " (this is not clear)") }
    }
}

/// Decimals that show one digit at least.
fn digits(number: f64) -> usize {
    match number {
        0.1.. => 2,
        0.01.. => 3,
        0.001.. => 4,
        _ => 6,
    }
}

impl DirectionField {
    /// The field of the span of K neurons' gradients, with as many directions as the neurons
    /// hold independent concepts; the number is estimated unless it is given. `gradients` holds
    /// d columns of N for each neuron.
    ///
    /// Other than [`from_neurons`](Self::from_neurons), which wants every neuron to be
    /// independent of the others, this takes any number of neurons, functions of one another
    /// among them: at each point the directions are the principal ones of the unit gradients.
    /// Points where the span is not determined are dropped and counted.
    ///
    /// ```
    /// use symgrad_data::{DirectionField, FieldOptions, Table};
    ///
    /// // Three neurons of two concepts, x + y and z.
    /// let column = |step: f64| (1..200).map(|n| (step * f64::from(n)).fract()).collect();
    /// let names = ["x", "y", "z"].map(String::from).to_vec();
    /// let points = Table::new(names, [0.618, 0.414, 0.732].map(column).to_vec())?;
    /// let z: Vec<f64> = points.column(2).to_vec();
    /// let constant = |a: f64| vec![a; 199];
    /// let neurons = [
    ///     vec![constant(1.0), constant(1.0), constant(0.0)],
    ///     vec![constant(1.0), constant(1.0), constant(-2.0)],
    ///     vec![constant(2.0), constant(2.0), z],
    /// ];
    /// let (field, span) =
    ///     DirectionField::spanned(points, &neurons, None, &FieldOptions::default())?;
    /// assert_eq!((field.neurons(), span.rank()), (2, 2));
    /// assert!(span.to_string().starts_with("2 of 3 neurons are independent"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spanned(
        points: Table,
        gradients: &[Vec<Vec<f64>>],
        rank: Option<usize>,
        options: &FieldOptions,
    ) -> Result<(Self, Span), DataError> {
        FieldBuilder::new(points).options(options).spanned(gradients, rank)
    }
}

/// The field of the span of neurons, on the surface that is found for the measured points.
pub(crate) fn spanned(
    points: Table,
    gradients: &[Vec<Vec<f64>>],
    rank: Option<usize>,
    weights: Option<Vec<f64>>,
    weak: f64,
    surface: impl FnOnce(&Table) -> Result<Option<Tangent>, DataError>,
) -> Result<(DirectionField, Span), DataError> {
    let neurons: Vec<&[Vec<f64>]> = gradients.iter().map(Vec::as_slice).collect();
    check_gradients(&points, &neurons)?;
    let measured = Measured::of(&points, &neurons);
    let neurons: Vec<&[Vec<f64>]> = measured.neurons.iter().map(|columns| &**columns).collect();
    let tangent = surface(&measured.points)?;
    let room = tangent.as_ref().map_or(points.dim(), Tangent::rank);
    if let Some(rank) = rank.filter(|&rank| rank == 0 || rank > neurons.len()) {
        return Err(DataError::SpanRank { rank, neurons: neurons.len() });
    }
    let vectors = Vectors::of(&neurons, tangent.as_ref(), points.rows());
    let none = || DataError::NoDirections { rows: points.rows(), neurons: neurons.len() };
    let seen: Vec<usize> = (0..points.rows()).filter(|&row| vectors.longest(row) > weak).collect();
    if seen.is_empty() {
        return Err(none());
    }
    let standing: Vec<Vec<f64>> = seen.iter().map(|&row| vectors.standing_out(row)).collect();
    let by_neuron = |k: usize| standing.iter().map(|sines| sines[k]).collect::<Vec<f64>>();
    let span = Span::of((0..neurons.len()).map(by_neuron).collect(), rank);
    if span.rank > 1 && span.rank >= room {
        return Err(DataError::TooManyNeurons { neurons: span.rank, dim: room });
    }
    let noise = span.sines.get(span.rank).map_or(0.0, |sines| sines.median);
    let floor = if span.rank > 1 { (DETERMINED * noise).max(weak) } else { 0.0 };
    let signs = vectors.signs();
    let mut kept = Vec::with_capacity(seen.len());
    let mut basis = vec![vec![vec![]; points.dim()]; span.rank];
    for (&row, sines) in seen.iter().zip(&standing) {
        if sines[span.rank - 1] <= floor {
            continue;
        }
        let Some(directions) = vectors.principal(row, span.rank, &signs) else { continue };
        kept.push(row);
        for (columns, direction) in basis.iter_mut().zip(directions) {
            columns.iter_mut().zip(direction).for_each(|(column, x)| column.push(x));
        }
    }
    if kept.is_empty() {
        return Err(none());
    }
    let weights = weights.map_or(vec![1.0; kept.len()], |all| pick(&all, &kept));
    check_weights(&weights, kept.len())?;
    let units = measured.units.clone();
    drop(measured);
    Ok((field::assembled((points, units), basis, weights, tangent, &kept), span))
}

/// All neurons' gradients on the tangent space, each of length 1 or, where it is short, less.
struct Vectors {
    /// By point, then neuron.
    rows: Vec<Vec<Vec<f64>>>,
}

impl Vectors {
    fn of(neurons: &[&[Vec<f64>]], tangent: Option<&Tangent>, points: usize) -> Self {
        let mut rows: Vec<Vec<Vec<f64>>> = vec![Vec::with_capacity(neurons.len()); points];
        for gradient in neurons {
            let mut lengths = Vec::with_capacity(points);
            for (row, vectors) in rows.iter_mut().enumerate() {
                let mut vector: Vec<f64> = gradient.iter().map(|column| column[row]).collect();
                if let Some(tangent) = tangent {
                    tangent.project(row, &mut vector);
                }
                lengths.push(normalise(&mut vector));
                vectors.push(vector);
            }
            let mut sorted: Vec<f64> = lengths.iter().copied().filter(|l| *l > 0.0).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let long = SHORT * sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
            for (vectors, length) in rows.iter_mut().zip(lengths) {
                if let Some(vector) = vectors.last_mut().filter(|_| length < long) {
                    for x in vector {
                        *x *= length / long;
                    }
                }
            }
        }
        Self { rows }
    }

    fn longest(&self, row: usize) -> f64 {
        self.rows[row].iter().map(|v| dot(v, v)).fold(0.0, f64::max).sqrt()
    }

    /// How far each vector stands out from those before, the most independent first.
    fn standing_out(&self, row: usize) -> Vec<f64> {
        let mut left = self.rows[row].clone();
        let mut sines = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let lengths: Vec<f64> = left.iter().map(|v| dot(v, v).sqrt()).collect();
            let most = (0..left.len()).max_by(|&i, &j| lengths[i].total_cmp(&lengths[j]));
            let mut taken = left.swap_remove(most.unwrap_or(0));
            sines.push(normalise(&mut taken));
            for vector in &mut left {
                remove(&taken, vector);
            }
        }
        sines
    }

    /// Signs that make the neurons' gradients agree with the first one's on the whole.
    fn signs(&self) -> Vec<f64> {
        let neurons = self.rows.first().map_or(0, Vec::len);
        let agreement =
            |k: usize| self.rows.iter().map(|vectors| dot(&vectors[0], &vectors[k])).sum::<f64>();
        (0..neurons).map(|k| if agreement(k) < 0.0 { -1.0 } else { 1.0 }).collect()
    }

    /// The principal directions of the vectors at one point, strongest first; a single one
    /// points the way the vectors do.
    fn principal(&self, row: usize, rank: usize, signs: &[f64]) -> Option<Vec<Vec<f64>>> {
        let vectors = &self.rows[row];
        // They lie in a space of no more dimensions than there are vectors, however many inputs.
        let frame = frame(vectors);
        let coordinates: Vec<Vec<f64>> =
            vectors.iter().map(|v| frame.iter().map(|axis| dot(axis, v)).collect()).collect();
        let size = frame.len();
        if rank > size {
            return None;
        }
        let products =
            Mat::from_fn(size, size, |i, j| coordinates.iter().map(|c| c[i] * c[j]).sum::<f64>());
        let eigen = products.self_adjoint_eigen(Side::Lower).ok()?;
        let axes = eigen.U();
        let direction = |k: usize| {
            let mut whole = vec![0.0; vectors[0].len()];
            for (i, axis) in frame.iter().enumerate() {
                let part = axes[(i, size - 1 - k)];
                whole.iter_mut().zip(axis).for_each(|(x, a)| *x += part * a);
            }
            whole
        };
        let mut found: Vec<Vec<f64>> = (0..rank).map(direction).collect();
        if let [only] = found.as_mut_slice() {
            let along: f64 = vectors.iter().zip(signs).map(|(v, s)| s * dot(v, only)).sum();
            if along < 0.0 {
                for x in only {
                    *x = -*x;
                }
            }
        }
        found.iter().flatten().all(|x| x.is_finite()).then_some(found)
    }
}

/// Orthonormal vectors that span the given ones, each time that which stands out most.
fn frame(vectors: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut left = vectors.to_vec();
    let mut frame: Vec<Vec<f64>> = vec![];
    while frame.len() < vectors[0].len() && !left.is_empty() {
        let length = |v: &Vec<f64>| dot(v, v);
        let most = (0..left.len()).max_by(|&i, &j| length(&left[i]).total_cmp(&length(&left[j])));
        let mut taken = left.swap_remove(most.unwrap_or(0));
        if normalise(&mut taken) <= ROUNDING {
            break;
        }
        // Once more, for what rounding left.
        for axis in &frame {
            remove(axis, &mut taken);
        }
        normalise(&mut taken);
        for vector in &mut left {
            remove(&taken, vector);
        }
        frame.push(taken);
    }
    frame
}

/// Of vectors of length 1 less than this is left where they depend on others.
const ROUNDING: f64 = 1e-12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_spans_the_vectors() {
        let vectors =
            vec![vec![1.0, 0.0, 0.0, 0.0], vec![0.8, 0.6, 0.0, 0.0], vec![0.2, 0.5, 0.0, 0.0]];
        let frame = frame(&vectors);
        assert_eq!(frame.len(), 2);
        for (i, a) in frame.iter().enumerate() {
            assert!((dot(a, a) - 1.0).abs() < 1e-14);
            assert!(frame[..i].iter().all(|b| dot(a, b).abs() < 1e-14));
        }
        for vector in vectors {
            let inside: f64 = frame.iter().map(|axis| dot(axis, &vector).powi(2)).sum();
            assert!((inside - dot(&vector, &vector)).abs() < 1e-14);
        }
    }
}
