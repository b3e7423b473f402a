//! Systems with several invariants: what anchors and positives share, and what not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use symgrad_data::Table;
use symgrad_experiments::{
    Concept, Invariant, Recipe, Splits, System, isolated_triplets, shared_triplets,
};

const SMALL: Splits = Splits { train: 500, validation: 5, test: 5 };

/// The largest difference of a quantity between the rows of two tables, and how often they
/// differ by more than a thousandth.
fn apart(invariant: Invariant, left: &Table, right: &Table) -> (f64, usize) {
    let differences = (0..left.rows())
        .map(|row| (invariant.value(&left.row(row)) - invariant.value(&right.row(row))).abs());
    let differences: Vec<f64> = differences.collect();
    let many = differences.iter().filter(|&&difference| difference > 1e-3).count();
    (differences.iter().copied().fold(0.0, f64::max), many)
}

#[test]
fn positives_share_all_invariants_and_negatives_none() {
    for system in System::ALL {
        for recipe in [Recipe::Published, Recipe::Isolated] {
            let data = system.generate(recipe, SMALL, 7).unwrap().train;
            for &invariant in system.invariants(recipe) {
                let (worst, _) = apart(invariant, data.anchor(), data.positive());
                assert!(worst <= 1e-6, "{system} {recipe:?} {invariant:?}: {worst}");
                let (_, different) = apart(invariant, data.anchor(), data.negative());
                assert!(different > 480, "{system} {recipe:?} {invariant:?}: {different}");
            }
        }
    }
}

#[test]
fn only_one_orbit_keeps_its_direction() {
    let shares = |recipe, invariant| {
        let data = System::Kepler.generate(recipe, SMALL, 3).unwrap().train;
        apart(invariant, data.anchor(), data.positive()).1 < 20
    };
    for invariant in [Invariant::Energy, Invariant::AngularMomentum] {
        assert!(shares(Recipe::Published, invariant) && shares(Recipe::Isolated, invariant));
    }
    for invariant in [Invariant::EccentricityX, Invariant::EccentricityY] {
        assert!(shares(Recipe::Published, invariant) && !shares(Recipe::Isolated, invariant));
    }
}

#[test]
fn orbits_are_bound_and_keep_away_from_the_centre() {
    let data = System::Kepler.generate(Recipe::Isolated, SMALL, 5).unwrap().train;
    for table in [data.anchor(), data.positive(), data.negative()] {
        for row in 0..table.rows() {
            let point = table.row(row);
            let eccentricity = Invariant::EccentricityX
                .value(&point)
                .hypot(Invariant::EccentricityY.value(&point));
            assert!((0.2 - 1e-9..=0.6 + 1e-9).contains(&eccentricity));
            assert!((-0.625 - 1e-9..=-0.4 + 1e-9).contains(&Invariant::Energy.value(&point)));
            assert!(Invariant::AngularMomentum.value(&point) > 0.7);
            assert!((0.32 - 1e-9..=2.0 + 1e-9).contains(&point[0].hypot(point[1])));
        }
    }
}

#[test]
fn gradients_agree_with_central_differences() {
    for system in System::ALL {
        for recipe in [Recipe::Published, Recipe::Isolated] {
            let data = system.generate(recipe, SMALL, 11).unwrap().train;
            for &invariant in system.invariants(recipe) {
                let mut gradient = vec![0.0; invariant.dim()];
                for row in 0..20 {
                    let x = data.anchor().row(row);
                    invariant.gradient(&x, &mut gradient);
                    for i in 0..x.len() {
                        let at = |step: f64| {
                            let mut x = x.clone();
                            x[i] += step;
                            invariant.value(&x)
                        };
                        let numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
                        let error = (numeric - gradient[i]).abs();
                        assert!(error < 1e-6 * (1.0 + numeric.abs()), "{invariant:?} {i}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_larger_size_changes_no_earlier_row() {
    for system in System::ALL {
        for recipe in [Recipe::Published, Recipe::Isolated] {
            let few = Splits { train: 5, ..SMALL };
            let (few, many) = (system.generate(recipe, few, 3), system.generate(recipe, SMALL, 3));
            assert_eq!(few.unwrap().train, many.unwrap().train.select(&[0, 1, 2, 3, 4]));
        }
    }
}

/// One concept is shared as the isolated recipe shares it, by the same steps.
#[test]
fn one_concept_is_the_isolated_recipe() {
    let names = ["ex", "ey", "ez", "bx", "by", "bz"].map(String::from);
    let bounds = [(-1.0, 1.0); 6];
    let concept = Invariant::FieldProduct;
    let one = shared_triplets(&[&concept], &names, &bounds, 50, 1).unwrap();
    let other = isolated_triplets(&concept, &names, &bounds, 50, 1).unwrap();
    assert_eq!(one.anchor(), other.anchor());
    for row in 0..50 {
        for (a, b) in one.positive().row(row).iter().zip(other.positive().row(row)) {
            assert!((a - b).abs() < 1e-8);
        }
    }
}

#[test]
fn impossible_concepts_are_refused() {
    let names = ["a", "b", "c", "d"].map(String::from);
    let trace = Invariant::Trace;
    let error = |concepts: &[&dyn Concept], bounds: &[(f64, f64)]| {
        shared_triplets(concepts, &names, bounds, 3, 1).unwrap_err().to_string()
    };
    let narrow = error(&[&trace, &trace], &[(0.0, 1.0); 3]);
    assert!(narrow.contains("4 inputs, but there are 4 names and 3 bounds"), "{narrow}");
    // The same concept twice has no unique step.
    let twice = error(&[&trace, &trace], &[(0.0, 1.0); 4]);
    assert!(twice.contains("row 1: none of 10000 draws"), "{twice}");
}
