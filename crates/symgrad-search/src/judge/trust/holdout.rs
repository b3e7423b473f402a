//! Points that the search never sees.

use faer::{Mat, Side};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use symgrad_expr::Aligned;

use crate::score::objective::Objective;

/// Fewer points than this say nothing: a field too small to spare them is searched whole.
const FEWEST: usize = 5;

/// Stream of the generator that draws the points; islands use others.
const STREAM: u64 = 1 << 40;

/// Axes along which the data extend less than this share of their largest extent (as
/// variances) do not count for the distance from the centre.
const NO_EXTENT: f64 = 1e-10;

/// The points kept from the search, by the reason for which they are kept.
#[derive(Clone, Debug)]
pub(crate) struct HeldOut {
    /// All points, those of the search among them.
    pub(crate) whole: Objective,
    /// Drawn at random: does the formula generalise?
    pub(crate) random: Option<Objective>,
    /// The outermost: does it extrapolate?
    pub(crate) shell: Option<Objective>,
}

/// Parts a share of the points from the rest: half of them the outermost in the data's own
/// metric, half drawn from what is left. Returns the points to search on first.
pub(crate) fn split(objective: Objective, share: f64, seed: u64) -> (Objective, HeldOut) {
    let total = objective.points();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ share < 1")]
    let count = (total as f64 * share / 2.0) as usize;
    if count < FEWEST || 2 * count >= total {
        return (objective.clone(), HeldOut { whole: objective, random: None, shell: None });
    }
    let distances = distances(objective.columns());
    let mut order: Vec<usize> = (0..total).collect();
    order.sort_by(|&i, &j| distances[i].total_cmp(&distances[j]).then(i.cmp(&j)));
    let mut shell = order.split_off(total - count);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(STREAM);
    order.shuffle(&mut rng);
    let mut random = order.split_off(order.len() - count);
    // The order of the points means nothing, but thinning spreads evenly over it.
    for rows in [&mut order, &mut random, &mut shell] {
        rows.sort_unstable();
    }
    let held = |rows: &[usize]| {
        let part = objective.subset(rows);
        part.weights().iter().all(|w| w.is_finite()).then_some(part)
    };
    let (random, shell) = (held(&random), held(&shell));
    match held(&order) {
        Some(searched) => (searched, HeldOut { whole: objective, random, shell }),
        // All weight lies on the points held out.
        None => (objective.clone(), HeldOut { whole: objective, random: None, shell: None }),
    }
}

/// Squared Mahalanobis distances from the centre.
fn distances(columns: &[Aligned]) -> Vec<f64> {
    let rows = columns.first().map_or(0, |column| column.len());
    let centred: Vec<Vec<f64>> = columns.iter().map(|column| centred(column)).collect();
    let (dim, scale) = (columns.len(), (rows as f64).recip());
    let covariance = Mat::from_fn(dim, dim, |i, j| {
        scale * centred[i].iter().zip(&centred[j]).map(|(a, b)| a * b).sum::<f64>()
    });
    let Ok(eigen) = covariance.self_adjoint_eigen(Side::Lower) else { return vec![0.0; rows] };
    let (axes, variances) = (eigen.U(), eigen.S().column_vector());
    let largest = variances[dim - 1];
    let mut distances = vec![0.0; rows];
    for k in (0..dim).filter(|&k| variances[k] > NO_EXTENT * largest) {
        for (n, distance) in distances.iter_mut().enumerate() {
            let along: f64 = (0..dim).map(|i| centred[i][n] * axes[(i, k)]).sum();
            *distance += along * along / variances[k];
        }
    }
    distances
}

/// A column about its mean, in units of its largest magnitude so that nothing overflows.
fn centred(column: &[f64]) -> Vec<f64> {
    let largest = column.iter().fold(f64::MIN_POSITIVE, |largest, x| largest.max(x.abs()));
    let mean = column.iter().map(|x| x / largest).sum::<f64>() / column.len() as f64;
    column.iter().map(|x| x / largest - mean).collect()
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};

    use super::*;
    use crate::Measure;

    fn objective(points: u32) -> Objective {
        let column = |step: u32| {
            (0..points).map(|n| f64::from(n * step % 101) / 50.0 - 1.0).collect::<Vec<f64>>()
        };
        let columns = vec![column(37), column(61)];
        let names = ["x", "y"].map(String::from).to_vec();
        let gradients = vec![vec![1.0; points as usize]; 2];
        let table = Table::new(names, columns).unwrap();
        let options = FieldOptions::default();
        let field = DirectionField::from_gradients(table, &gradients, &options).unwrap();
        Objective::new(&field, Measure::LevelSet)
    }

    #[test]
    fn every_point_has_one_use() {
        let whole = objective(100);
        let (searched, held) = split(whole.clone(), 0.2, 7);
        let (random, shell) = (held.random.unwrap(), held.shell.unwrap());
        assert_eq!((searched.points(), random.points(), shell.points()), (80, 10, 10));
        let points = |part: &Objective| -> Vec<(u64, u64)> {
            let [x, y] = part.columns() else { panic!("two columns") };
            x.iter().zip(y).map(|(x, y)| (x.to_bits(), y.to_bits())).collect()
        };
        let mut parts: Vec<_> = [&searched, &random, &shell].into_iter().flat_map(points).collect();
        let mut all = points(&whole);
        parts.sort_unstable();
        all.sort_unstable();
        assert_eq!(parts, all);
        let radius = |part: &Objective| -> Vec<f64> {
            let [x, y] = part.columns() else { panic!("two columns") };
            x.iter().zip(y).map(|(x, y)| x.hypot(*y)).collect()
        };
        let inner = radius(&searched).into_iter().fold(0.0, f64::max);
        let outer = radius(&shell).into_iter().fold(f64::INFINITY, f64::min);
        assert!(outer > 0.9 * inner, "{outer} {inner}");
    }

    #[test]
    fn the_seed_decides_which_points_are_drawn() {
        let drawn = |seed| {
            let (_, held) = split(objective(100), 0.2, seed);
            held.random.unwrap().columns().to_vec()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }

    #[test]
    fn small_fields_keep_all_their_points() {
        let (searched, held) = split(objective(40), 0.2, 1);
        assert_eq!(searched.points(), 40);
        assert!(held.random.is_none() && held.shell.is_none());
    }
}
