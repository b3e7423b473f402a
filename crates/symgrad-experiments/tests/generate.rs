//! Every generator, by what it promises: the concept is kept, and rows depend on nothing but
//! seed, split and row.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use symgrad_data::{Table, Tangent, TangentMode, Triplets};
use symgrad_experiments::{Concept, Experiment, Recipe, Splits, generate, isolated_triplets};

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
            (Experiment::Determinant2x2, Recipe::Published)
            | (Experiment::AntisymmetricMinors3x3, _) => Some(3),
            _ => None,
        };
        assert_eq!(rank(triplets), wanted, "{experiment} {recipe:?}");
    });
}

/// Published data share whatever their transformation conserves; isolated data do not.
#[test]
fn recipes_share_what_they_should() {
    type ByProduct = fn(&[f64]) -> f64;
    let trace = |a: &[f64]| a[0] + a[3];
    let field = |f: &[f64]| -> f64 { f.iter().zip([1, 1, 1, -1, -1, -1]).map(signed_square).sum() };
    let energy = |s: &[f64]| 0.5 * (s[2] * s[2] + s[3] * s[3]) - 1.0 / s[0].hypot(s[1]);
    let by_products: [(Experiment, ByProduct); 3] = [
        (Experiment::Determinant2x2, trace),
        (Experiment::FieldStrengthEDotB, field),
        (Experiment::CentralPotential, energy),
    ];
    for (experiment, by_product) in by_products {
        let shared = |recipe| {
            let triplets = generate(experiment, recipe, SMALL, 7).unwrap().train;
            let of = |table: &Table| -> Vec<f64> {
                (0..table.rows()).map(|row| by_product(&table.row(row))).collect()
            };
            let apart = differences(&of(triplets.anchor()), &of(triplets.positive()));
            apart.iter().filter(|&&d| d < 1e-6).count()
        };
        assert!(shared(Recipe::Published) > 990, "{experiment}");
        assert!(shared(Recipe::Isolated) < 10, "{experiment}");
    }
}

fn signed_square((x, sign): (&f64, i32)) -> f64 {
    f64::from(sign) * x * x
}

#[test]
fn published_draws_have_the_published_ranges() {
    let published = |experiment| generate(experiment, Recipe::Published, SMALL, 7).unwrap().train;
    let range = |table: &Table| {
        let all = || table.columns().iter().flatten().copied();
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max))
    };
    let fills = |(low, high): (f64, f64), wanted: (f64, f64)| {
        let slack = 0.01 * (wanted.1 - wanted.0);
        (wanted.0..=wanted.0 + slack).contains(&low)
            && (wanted.1 - slack..=wanted.1).contains(&high)
    };
    let traces = published(Experiment::Trace4x4);
    assert!(
        fills(range(traces.anchor()), (0.0, 1.0)) && fills(range(traces.negative()), (0.0, 1.0))
    );
    let fields = published(Experiment::FieldStrengthEDotB);
    assert!(
        fills(range(fields.anchor()), (0.0, 2.0)) && fills(range(fields.negative()), (0.0, 1.0))
    );
    let intervals = published(Experiment::SpacetimeInterval);
    assert!(fills(range(intervals.anchor()), (0.0, 1.0)));
    let central = published(Experiment::CentralPotential);
    assert!(fills(range(central.negative()), (0.0, 1.0)));
    let determinants = published(Experiment::Determinant2x2);
    for row in 0..determinants.len() {
        let anchor = determinants.anchor().row(row);
        assert!((anchor[0] + anchor[3] - 5.0).abs() < 1e-12);
    }
}

#[test]
fn trimming_removes_the_tail_of_published_positives() {
    let data = generate(Experiment::Trace3x3, Recipe::Published, SMALL, 7).unwrap();
    let (trimmed, dropped) = data.train.trimmed(100.0).unwrap();
    assert!(0 < dropped && dropped < 100, "{dropped}");
    assert_eq!(trimmed.len() + dropped, data.train.len());
    assert!(trimmed.positive().columns().iter().flatten().all(|x| x.abs() <= 100.0));
    let isolated = generate(Experiment::Trace3x3, Recipe::Isolated, SMALL, 7).unwrap();
    assert_eq!(isolated.train.trimmed(10.0).unwrap().1, 0);
}

/// Bounds, names, sizes and concepts that cannot work.
#[test]
fn impossible_concepts_are_refused() {
    struct Constant(f64);
    impl Concept for Constant {
        fn dim(&self) -> usize {
            1
        }
        fn value(&self, x: &[f64]) -> f64 {
            self.0 * x[0]
        }
        fn gradient(&self, _: &[f64], out: &mut [f64]) {
            out[0] = self.0;
        }
    }
    let names = ["x".to_string()];
    let error = |value, names: &[String], bounds: &[(f64, f64)]| {
        isolated_triplets(&Constant(value), names, bounds, 3, 1).unwrap_err().to_string()
    };
    assert!(error(1.0, &[], &[(0.0, 1.0)]).contains("1 inputs, but there are 0 names"));
    for bounds in [(1.0, 1.0), (1.0, 0.0), (f64::NAN, 1.0), (f64::MIN, f64::MAX)] {
        assert!(error(1.0, &names, &[bounds]).contains("bounds of `x`"));
    }
    let nan = error(f64::NAN, &names, &[(0.0, 1.0)]);
    assert!(nan.contains("row 1: none of 10000 draws"), "{nan}");
    let empty = Splits { validation: 0, ..SMALL };
    let empty = generate(Experiment::Trace2x2, Recipe::Isolated, empty, 1).unwrap_err();
    assert!(empty.to_string().contains("the validation split has size 0"));
    assert!("trace".parse::<Experiment>().unwrap_err().to_string().contains("trace-2x2"));
}

/// The bits of the first entries: they must not change from one version to the next. Only
/// what the processor's arithmetic determines is pinned, no library's sine or solver.
#[test]
fn values_are_stable() {
    let bits = |experiment, recipe| {
        let sizes = Splits { train: 1, validation: 1, test: 1 };
        let data = generate(experiment, recipe, sizes, 1).unwrap();
        let train = &data.train;
        [train.anchor(), train.positive(), train.negative(), data.test.anchor()]
            .map(|table| table.column(0)[0].to_bits())
    };
    assert_eq!(
        bits(Experiment::Trace2x2, Recipe::Isolated),
        [
            0xbfc8_f6b3_1573_5c00,
            0xbfb4_a35e_7cf6_b2e0,
            0xbfdb_b006_d615_7220,
            0xbfc2_b2fe_ce9a_7ea0
        ]
    );
    assert_eq!(
        bits(Experiment::SpacetimeInterval, Recipe::Isolated),
        [
            0xbfc8_f6b3_1573_5c00,
            0x3faa_6b8c_f68d_06f1,
            0xbfdb_b006_d615_7220,
            0xbfc2_b2fe_ce9a_7ea0
        ]
    );
    let published = bits(Experiment::Determinant2x2, Recipe::Published);
    assert_eq!(published[0], 0x4011_5391_ca36_8060);
    assert_eq!(published[2..], [0x4015_e722_fd64_012e, 0x4004_ca02_b11d_ff56]);
}
