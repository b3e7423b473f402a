//! An order of points that follows from the points alone.

use crate::Table;

/// The rows in an order that depends neither on theirs nor on that of the columns, and that is as
/// good as at random: neighbours that are equally far, and points that stand for all, are the same
/// whatever order a table comes in.
pub(crate) fn canonical(points: &Table) -> Vec<usize> {
    let mut hashes = vec![0_u64; points.rows()];
    for column in points.columns() {
        let print = column.iter().fold(0, |sum: u64, x| sum.wrapping_add(mix(bits(*x))));
        for (hash, x) in hashes.iter_mut().zip(column) {
            *hash = hash.wrapping_add(mix(print ^ bits(*x)));
        }
    }
    let mut order: Vec<(u64, usize)> = hashes.into_iter().zip(0..).collect();
    // Columns of the same numbers cannot be told apart: of their points that come in pairs the
    // first is the smaller.
    let smaller = |a: usize, b: usize| {
        let compare = |column: &Vec<f64>| column[a].total_cmp(&column[b]);
        points.columns().iter().map(compare).find(|order| order.is_ne()).unwrap_or(a.cmp(&b))
    };
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| smaller(a.1, b.1)));
    order.into_iter().map(|(_, row)| row).collect()
}

/// Where each row is in that order.
pub(crate) fn inverse(order: &[usize]) -> Vec<usize> {
    undo(order, (0..order.len()).collect())
}

/// What belongs to the rows in that order, in the order of the rows.
pub(crate) fn undo<T>(order: &[usize], ordered: Vec<T>) -> Vec<T> {
    let mut rows: Vec<(usize, T)> = order.iter().copied().zip(ordered).collect();
    rows.sort_unstable_by_key(|(row, _)| *row);
    rows.into_iter().map(|(_, one)| one).collect()
}

/// Zero and minus zero are one number.
fn bits(x: f64) -> u64 {
    (x + 0.0).to_bits()
}

/// Steele, Lea and Flood's `SplitMix64`.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// The same points come in the same order, however rows and columns are turned.
        #[test]
        fn the_order_follows_from_the_points(
            numbers in prop::collection::vec(-3..4_i8, 3..90),
            turn in 0..90_usize,
        ) {
            let rows = numbers.len() / 3;
            let of = |column: usize, row: usize| f64::from(numbers[row * 3 + column]);
            let turned = |by: usize| -> Table {
                let column = |k: usize| {
                    (0..rows).map(|row| of((k + by) % 3, (row + by) % rows)).collect()
                };
                let names = ["a", "b", "c"].map(String::from).to_vec();
                Table::new(names, (0..3).map(column).collect()).unwrap()
            };
            let points = |by: usize| -> Vec<Vec<u64>> {
                let table = turned(by);
                let mut found = Vec::new();
                for row in canonical(&table) {
                    let mut point: Vec<u64> =
                        (0..3).map(|k| bits(table.column((k + 3 - by % 3) % 3)[row])).collect();
                    // Equal columns may change places.
                    point.sort_unstable();
                    found.push(point);
                }
                found
            };
            prop_assert_eq!(points(0), points(turn));
            let order = canonical(&turned(0));
            let places = inverse(&order);
            prop_assert!(order.iter().enumerate().all(|(place, &row)| places[row] == place));
        }
    }
}
