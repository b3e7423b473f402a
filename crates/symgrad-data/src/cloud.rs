//! Points and those nearest to each.

use crate::progress::{Progress, of_each};
use kdtree::KdTree;
use kdtree::distance::squared_euclidean;
use std::sync::OnceLock;

/// Points among which neighbours are looked for. More would be nearer than need be.
const CROWD: usize = 20_000;

/// In more dimensions a tree leaves nothing out, and looking at all points is faster.
const MOST_FOR_TREE: usize = 16;

/// Points that are asked of the tree in addition: the point itself, and some at equal distances.
const SPARE: usize = 8;

/// Points in coordinates in which they extend in all directions.
pub(crate) struct Cloud {
    rows: Vec<Vec<f64>>,
    dim: usize,
    tree: OnceLock<KdTree<f64, usize, Vec<f64>>>,
}

impl Cloud {
    /// The coordinates of columns of points along the given axes.
    pub(crate) fn of<'a>(columns: &[Vec<f64>], axes: impl Iterator<Item = &'a [f64]>) -> Self {
        let axes: Vec<&[f64]> = axes.collect();
        let rows = columns.first().map_or(0, Vec::len);
        let along = |row: usize, axis: &[f64]| {
            columns.iter().zip(axis).map(|(column, a)| column[row] * a).sum()
        };
        let coordinates = |row| axes.iter().map(|axis| along(row, axis)).collect();
        let rows = (0..rows).map(coordinates).collect();
        Self { rows, dim: axes.len(), tree: OnceLock::new() }
    }

    /// Number of points.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Number of coordinates.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// The steps from a point to the others nearest to it, by rising length.
    pub(crate) fn steps(&self, row: usize, count: usize) -> Vec<Vec<f64>> {
        self.nearest(row, count).into_iter().map(|other| self.step(row, other)).collect()
    }

    /// A point's coordinates.
    pub(crate) fn at(&self, row: usize) -> &[f64] {
        &self.rows[row]
    }

    /// The step from one point to another.
    pub(crate) fn step(&self, from: usize, to: usize) -> Vec<f64> {
        self.rows[to].iter().zip(&self.rows[from]).map(|(a, b)| a - b).collect()
    }

    /// The other points nearest to one, by rising distance and, where this is equal, in their
    /// order; those at no distance tell nothing.
    pub(crate) fn nearest(&self, row: usize, count: usize) -> Vec<usize> {
        if self.dim == 0 || self.dim > MOST_FOR_TREE {
            return self.nearest_of_all(row, count);
        }
        let tree = self.tree.get_or_init(|| self.plant());
        let mut asked = count.saturating_add(SPARE);
        loop {
            // Coordinates are finite, and as many as the tree has.
            let found = tree.nearest(&self.rows[row], asked, &squared_euclidean);
            let found = found.unwrap_or_default();
            let all = found.len() < asked;
            let farthest = found.last().map_or(0.0, |(square, _)| *square);
            let near = sorted(found.into_iter().map(|(square, other)| (square, *other)), count);
            // Of those at the farthest distance some may be missing.
            if all || near.len() == count && near.last().is_none_or(|last| last.0 < farthest) {
                return near.into_iter().map(|(_, other)| other).collect();
            }
            asked = asked.saturating_mul(2);
        }
    }

    fn nearest_of_all(&self, row: usize, count: usize) -> Vec<usize> {
        let squares = self
            .crowd()
            .map(|other| (squared_euclidean(&self.rows[row], &self.rows[other]), other));
        sorted(squares, count).into_iter().map(|(_, other)| other).collect()
    }

    fn crowd(&self) -> impl Iterator<Item = usize> {
        let (total, crowd) = (self.rows.len(), self.rows.len().min(CROWD));
        (0..crowd).map(move |index| index * total / crowd)
    }

    fn plant(&self) -> KdTree<f64, usize, Vec<f64>> {
        let mut tree = KdTree::new(self.dim);
        for row in self.crowd() {
            // It fails for none but numbers that are not finite, which are near to nothing.
            let _ = tree.add(self.rows[row].clone(), row);
        }
        tree
    }

    /// Whether all points hang together if each is joined to as many nearest ones.
    pub(crate) fn is_connected(&self, count: usize, progress: &dyn Progress) -> bool {
        let mut leaders: Vec<usize> = (0..self.rows.len()).collect();
        let mut parts = self.rows.len();
        let nearest = of_each(self.rows.len(), progress, |row| self.nearest(row, count));
        for (row, nearest) in nearest.into_iter().enumerate() {
            for other in nearest {
                let (a, b) = (lead(&mut leaders, row), lead(&mut leaders, other));
                parts -= usize::from(a != b);
                leaders[a] = b;
            }
        }
        parts == 1
    }
}

/// The nearest of points at some distance, by that and their order.
fn sorted(squares: impl Iterator<Item = (f64, usize)>, count: usize) -> Vec<(f64, usize)> {
    let mut near: Vec<(f64, usize)> = squares.filter(|(square, _)| *square > 0.0).collect();
    let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if near.len() > count {
        near.select_nth_unstable_by(count, order);
        near.truncate(count);
    }
    near.sort_unstable_by(order);
    near
}

/// The leader of a row's part, with the paths to it cut short.
fn lead(leaders: &mut [usize], mut row: usize) -> usize {
    while leaders[row] != row {
        leaders[row] = leaders[leaders[row]];
        row = leaders[row];
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// A tree finds the very points that a look at all finds, in the same order, among them
        /// lattices, where many are equally far, and points that coincide.
        #[test]
        fn a_tree_finds_what_a_look_at_all_finds(
            dim in 1..5_usize,
            numbers in prop::collection::vec(-4..4_i32, 4..400),
            fine in any::<bool>(),
            count in 1..40_usize,
        ) {
            let rows = numbers.len() / dim;
            let number = |at: usize| {
                let jitter = if fine { ((at as f64) * 0.618).fract() } else { 0.0 };
                f64::from(numbers[at]) + jitter
            };
            let column = |i: usize| (0..rows).map(|row| number(row * dim + i)).collect();
            let columns: Vec<Vec<f64>> = (0..dim).map(column).collect();
            let axes: Vec<Vec<f64>> =
                (0..dim).map(|i| (0..dim).map(|j| f64::from(u8::from(i == j))).collect()).collect();
            let cloud = Cloud::of(&columns, axes.iter().map(Vec::as_slice));
            for row in 0..rows {
                prop_assert_eq!(cloud.nearest(row, count), cloud.nearest_of_all(row, count));
            }
        }
    }
}
