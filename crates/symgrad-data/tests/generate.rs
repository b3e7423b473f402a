//! Every generator, by what it promises: the concept is kept, and rows depend on nothing but
//! seed, split and row.

use symgrad_data::generate::{Concept, Experiment, Recipe, Splits, generate};
use symgrad_data::{Table, Tangent, TangentMode, Triplets};

const SMALL: Splits = Splits { train: 1000, validation: 20, test: 20 };

fn every(check: impl Fn(Experiment, Recipe, &Triplets)) {
    for experiment in Experiment::ALL {
        for recipe in [Recipe::Published, Recipe::Isolated] {
            let data = generate(experiment, recipe, SMALL, 7).unwrap();
            check(experiment, recipe, &data.train);
        }
    }
}

fn values(experiment: Experiment, table: &Table) -> Vec<f64> {
    (0..table.rows()).map(|row| experiment.value(&table.row(row))).collect()
}

/// How much two lists differ, each entry relative to the first (absolute below 1).
fn differences(first: &[f64], second: &[f64]) -> Vec<f64> {
    first.iter().zip(second).map(|(a, b)| (a - b).abs() / a.abs().max(1.0)).collect()
}

#[test]
fn positives_share_the_concept_and_negatives_do_not() {
    every(|experiment, recipe, triplets| {
        let anchor = values(experiment, triplets.anchor());
        let near = differences(&anchor, &values(experiment, triplets.positive()));
        assert!(near.iter().all(|&d| d <= 1e-7), "{experiment} {recipe:?}");
        let far = differences(&anchor, &values(experiment, triplets.negative()));
        let different = far.iter().filter(|&&d| d > 1e-3).count();
        assert!(different > 980, "{experiment} {recipe:?}: {different}");
    });
}

#[test]
fn positives_are_not_the_anchors() {
    every(|experiment, recipe, triplets| {
        let moved = (0..triplets.len())
            .filter(|&row| {
                let (a, p) = (triplets.anchor().row(row), triplets.positive().row(row));
                a.iter().zip(&p).any(|(a, p)| (a - p).abs() > 1e-3)
            })
            .count();
        assert!(moved > 980, "{experiment} {recipe:?}: {moved}");
    });
}

#[test]
fn gradients_agree_with_central_differences() {
    every(|experiment, recipe, triplets| {
        let mut gradient = vec![0.0; experiment.dim()];
        for row in 0..20 {
            let x = triplets.anchor().row(row);
            experiment.gradient(&x, &mut gradient);
            for i in 0..x.len() {
                let step = 1e-6 * x[i].abs().max(1e-2);
                let at = |delta: f64| {
                    let mut x = x.clone();
                    x[i] += delta;
                    experiment.value(&x)
                };
                let numeric = (at(step) - at(-step)) / (2.0 * step);
                let scale = gradient.iter().fold(1.0_f64, |m, g| m.max(g.abs()));
                // A thousandth leaves room for the curvature of 1/r very near the centre.
                assert!(
                    (numeric - gradient[i]).abs() < 1e-3 * scale,
                    "{experiment} {recipe:?}: {numeric} {gradient:?} at {x:?}"
                );
            }
        }
    });
}

#[test]
fn a_larger_size_and_other_splits_change_no_earlier_row() {
    for experiment in Experiment::ALL {
        for recipe in [Recipe::Published, Recipe::Isolated] {
            let few = Splits { train: 5, validation: 9, test: 3 };
            let many = Splits { train: 50, validation: 4, test: 30 };
            let (few, many) =
                (generate(experiment, recipe, few, 3), generate(experiment, recipe, many, 3));
            let (few, many) = (few.unwrap(), many.unwrap());
            assert_eq!(few.train, many.train.select(&[0, 1, 2, 3, 4]));
            assert_eq!(many.validation, few.validation.select(&[0, 1, 2, 3]));
            assert_eq!(few.test, many.test.select(&[0, 1, 2]));
        }
    }
}

#[test]
fn seeds_and_splits_differ() {
    let draw = |seed| generate(Experiment::Oscillator, Recipe::Isolated, SMALL, seed).unwrap();
    let (one, two) = (draw(1), draw(2));
    assert_ne!(one.train.anchor().row(0), two.train.anchor().row(0));
    assert_ne!(one.train.anchor().row(0), one.test.anchor().row(0));
    assert_eq!(one, draw(1));
}

fn rank(triplets: &Triplets) -> Option<usize> {
    let tangent = Tangent::of(triplets.anchor(), TangentMode::Auto).unwrap();
    tangent.map(|tangent| tangent.rank())
}

#[test]
fn tangent_ranks_are_those_of_the_construction() {
    every(|experiment, recipe, triplets| {
        let wanted = match (experiment, recipe) {
            (Experiment::Determinant2x2, Recipe::Published) => Some(3),
            (Experiment::AntisymmetricMinors3x3, _) => Some(3),
            _ => None,
        };
        assert_eq!(rank(triplets), wanted, "{experiment} {recipe:?}");
    });
}
