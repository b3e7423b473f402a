//! Columns of points that tell nothing new: constant ones, multiples and sums of others.

use crate::Table;
use crate::tangent::{dot, standardise};
use std::fmt;

/// A column whose distance from what others make of it is less than this share of its standard
/// deviation is made of them: text files with six digits leave about 10⁻⁶.
const SAME: f64 = 1e-5;

/// Rows that are looked at for sums: as many for each column, and at least this many.
const ASKED: (usize, usize) = (4, 1000);

/// Parts of a sum of less than this share are none.
const PART: f64 = 1e-4;

/// A column that was left out, since nothing can be learnt from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: Superfluous,
}

/// Why a column tells nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Superfluous {
    /// It is the same everywhere.
    Constant {
        /// The number.
        value: f64,
    },
    /// It is a multiple of another column, or equal to it.
    Multiple {
        /// That column.
        of: String,
        /// The factor.
        factor: f64,
    },
}

/// "k is constant (2)", "b is 2*a".
impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Superfluous::Constant { value } => write!(f, "{} is constant ({value})", self.name),
            Superfluous::Multiple { of, factor } => {
                write!(f, "{} is {}", self.name, times(*factor, of))
            }
        }
    }
}

/// Points without the columns that tell nothing, and gradients to go with them.
///
/// ```
/// use symgrad_data::{Reduction, Table};
/// let columns = vec![vec![1.0, 2.0, 4.0], vec![7.0; 3], vec![2.0, 4.0, 8.0]];
/// let points = Table::new(["x", "k", "y"].map(String::from).to_vec(), columns)?;
/// let reduction = Reduction::of(&points);
/// let told: Vec<String> = reduction.dropped().iter().map(ToString::to_string).collect();
/// assert_eq!(told, ["k is constant (7)", "y is 2*x"]);
/// assert_eq!(reduction.points(&points).names(), ["x"]);
/// // Along x both x and y change: the gradients of h(x, k, y) become that of h(x, 7, 2x).
/// let gradients = [vec![1.0; 3], vec![5.0; 3], vec![10.0; 3]];
/// assert_eq!(reduction.gradients(&gradients), [[21.0; 3]]);
/// # Ok::<(), symgrad_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Reduction {
    /// The columns that are left.
    kept: Vec<usize>,
    /// What each column is of one that is left: its position among these, and a factor.
    of: Vec<Option<(usize, f64)>>,
    dropped: Vec<Dropped>,
}

/// Which columns may be left out.
pub struct Wanted<'a> {
    /// Of columns that are multiples of each other, one of least rank is kept, the first of these.
    pub rank: &'a dyn Fn(&str) -> u8,
    /// Whether one column can stand for another of which it is a multiple.
    pub alike: &'a dyn Fn(&str, &str) -> bool,
    /// Whether constant columns are kept.
    pub constants: bool,
}

impl Reduction {
    /// Leaves out constant columns, and multiples of earlier ones; nothing where no column varies.
    pub fn of(points: &Table) -> Self {
        Self::wanted(points, &Wanted { rank: &|_| 0, alike: &|_, _| true, constants: false })
    }

    /// As [`of`](Self::of), with a say in what is kept.
    pub fn wanted(points: &Table, wanted: &Wanted<'_>) -> Self {
        let names = points.names();
        let varying: Vec<usize> =
            (0..points.dim()).filter(|&index| varies(points.column(index))).collect();
        let mut order = varying.clone();
        order.sort_by_key(|&index| (wanted.rank)(&names[index]));
        // For each column the one that stands for it, and what it is of that.
        let mut stands: Vec<Option<(usize, f64)>> = vec![None; points.dim()];
        let mut kept: Vec<usize> = Vec::new();
        for index in order {
            let multiple = |&one: &usize| {
                let alike = (wanted.alike)(&names[one], &names[index]);
                let factor = factor(points.column(one), points.column(index)).filter(|_| alike);
                Some((one, factor?))
            };
            stands[index] = kept.iter().find_map(multiple);
            if stands[index].is_none() {
                stands[index] = Some((index, 1.0));
                kept.push(index);
            }
        }
        if varying.is_empty() || wanted.constants {
            for index in (0..points.dim()).filter(|index| !varying.contains(index)) {
                stands[index] = Some((index, 1.0));
                kept.push(index);
            }
        }
        kept.sort_unstable();
        let reason = |index: usize| match stands[index] {
            Some((one, _)) if one == index => None,
            Some((one, factor)) => Some(Superfluous::Multiple { of: names[one].clone(), factor }),
            None => Some(Superfluous::Constant { value: points.column(index)[0] }),
        };
        let dropped =
            |index: usize| Some(Dropped { name: names[index].clone(), reason: reason(index)? });
        let dropped = (0..points.dim()).filter_map(dropped).collect();
        let place = |(one, factor)| Some((kept.iter().position(|&index| index == one)?, factor));
        let of = stands.iter().map(|stands| stands.and_then(place)).collect();
        Self { kept, of, dropped }
    }

    /// The columns that are left out, in their order.
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// The points without them.
    ///
    /// # Panics
    /// If the table has fewer columns than that of which this was made.
    #[must_use]
    pub fn points(&self, points: &Table) -> Table {
        points.columns_of(&self.kept)
    }

    /// The gradient of what a function of all columns is of those that are left: along a column
    /// its multiples change with it.
    ///
    /// # Panics
    /// If there are fewer columns than in the table of which this was made.
    #[must_use]
    pub fn gradients(&self, gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mut left: Vec<Vec<f64>> =
            self.kept.iter().map(|&index| gradients[index].clone()).collect();
        for (index, gradient) in gradients.iter().enumerate() {
            let Some((position, factor)) = self.of[index].filter(|_| !self.kept.contains(&index))
            else {
                continue;
            };
            left[position].iter_mut().zip(gradient).for_each(|(sum, g)| *sum += factor * g);
        }
        left
    }
}

fn varies(column: &[f64]) -> bool {
    standardise(column).0.iter().any(|x| *x != 0.0)
}

/// The factor by which a column is a multiple of another, if it is.
fn factor(one: &[f64], other: &[f64]) -> Option<f64> {
    let largest = |column: &[f64]| column.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let (unit, scale) = (largest(one), largest(other));
    // A few rows tell for nearly all columns.
    let at = |row: usize| (one[row] / unit, other[row] / scale);
    let far = (0..8)
        .map(|n| n * one.len() / 8)
        .max_by(|a, b| at(*a).0.abs().total_cmp(&at(*b).0.abs()))?;
    let ratio = at(far).1 / at(far).0;
    let agrees = |row: usize| (at(row).1 - ratio * at(row).0).abs() <= 1e-3;
    if !(0..8).map(|n| n * one.len() / 8).all(agrees) {
        return None;
    }
    let (mut both, mut square) = (0.0, 0.0);
    for row in 0..one.len() {
        let (a, b) = at(row);
        both += a * b;
        square += a * a;
    }
    let ratio = both / square;
    let off: f64 = (0..one.len()).map(|row| (at(row).1 - ratio * at(row).0).powi(2)).sum();
    let mean = other.iter().map(|x| x / scale).sum::<f64>() / other.len() as f64;
    let spread: f64 = other.iter().map(|x| (x / scale - mean).powi(2)).sum();
    let factor = ratio * (scale / unit);
    (off <= SAME * SAME * spread && factor.is_normal()).then(|| tidy(factor))
}

/// A column that is a sum of multiples of others and a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependence {
    /// Its name.
    pub name: String,
    /// The others with their factors.
    pub terms: Vec<(String, f64)>,
    /// The number.
    pub offset: f64,
}

/// "c = a + 2*b - 3".
impl fmt::Display for Dependence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} =", self.name)?;
        for (place, (name, factor)) in self.terms.iter().enumerate() {
            let sign = match (place, *factor < 0.0) {
                (0, false) => " ",
                (0, true) => " -",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            write!(f, "{sign}{}", times(factor.abs(), name))?;
        }
        match self.offset {
            0.0 => Ok(()),
            offset if offset < 0.0 => write!(f, " - {}", -offset),
            offset => write!(f, " + {offset}"),
        }
    }
}

/// The columns that are sums of multiples of those before them: with them, a formula can be
/// written in many ways. Constant columns are left to [`Reduction`].
pub fn dependences(points: &Table) -> Vec<Dependence> {
    let dim = points.dim();
    let asked = points.rows().min(ASKED.1.max(ASKED.0 * dim));
    if asked <= dim {
        return Vec::new();
    }
    let rows: Vec<usize> = (0..asked).map(|n| n * points.rows() / asked).collect();
    let standard = |column: &Vec<f64>| standardise(&crate::table::pick(column, &rows));
    let (columns, scales): (Vec<_>, Vec<_>) = points.columns().iter().map(standard).unzip();
    let unit = (asked as f64).sqrt();
    // Orthonormal directions, each with what it is of the columns.
    let mut basis: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    let mut found = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        if column.iter().all(|x| *x == 0.0) {
            continue;
        }
        let mut rest: Vec<f64> = column.iter().map(|x| x / unit).collect();
        let mut made_of = vec![0.0; dim];
        for _ in 0..2 {
            for (direction, of) in &basis {
                let along = dot(direction, &rest);
                rest.iter_mut().zip(direction).for_each(|(x, d)| *x -= along * d);
                made_of.iter_mut().zip(of).for_each(|(sum, x)| *sum += along * x);
            }
        }
        let left = dot(&rest, &rest).sqrt();
        if left > SAME {
            let of = (0..dim).map(|i| (f64::from(u8::from(i == index)) - made_of[i]) / left);
            let of = of.collect();
            for x in &mut rest {
                *x /= left;
            }
            basis.push((rest, of));
            continue;
        }
        let parts = (0..dim).filter(|&i| made_of[i].abs() > PART);
        let terms: Vec<(usize, f64)> =
            parts.map(|i| (i, tidy(made_of[i] * scales[index] / scales[i]))).collect();
        let mean = |i: usize| {
            let column = points.column(i);
            rows.iter().map(|&row| column[row] / rows.len() as f64).sum::<f64>()
        };
        let offset = mean(index) - terms.iter().map(|(i, factor)| factor * mean(*i)).sum::<f64>();
        let offset = if offset.abs() > PART * scales[index] { tidy(offset) } else { 0.0 };
        let name = |i: usize| points.names()[i].clone();
        let terms = terms.into_iter().map(|(i, factor)| (name(i), factor)).collect();
        found.push(Dependence { name: name(index), terms, offset });
    }
    found
}

fn times(factor: f64, name: &str) -> String {
    if factor == 1.0 { name.into() } else { format!("{factor}*{name}") }
}

/// A number without what rounding left on it.
fn tidy(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}
