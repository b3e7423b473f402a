//! Laws of many inputs: chains of ten particles, whose places and velocities are twenty.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Groups, Table};
use symgrad_expr::Expr;
use symgrad_laws::{LawSettings, Source, find_laws, independence};

const PARTICLES: usize = 10;

/// Moments of a trajectory, steps of the integrator between two of them, and the time of a step.
const MOMENTS: usize = 25;
const STEPS: usize = 60;
const STEP: f64 = 0.004;

/// What binds the particles to their places and to their neighbours: the potential is
/// Σ hold·x⁴/4 + Σ (stiff·d²/2 + bend·d⁴/4), d being the differences of neighbours.
struct Chain {
    hold: f64,
    stiff: Vec<f64>,
    bend: f64,
}

impl Chain {
    fn forces(&self, x: &[f64]) -> Vec<f64> {
        let pull = |k: usize| {
            let d = x[k + 1] - x[k];
            self.stiff[k] * d + self.bend * d.powi(3)
        };
        let from_right = |k: usize| if k + 1 < PARTICLES { pull(k) } else { 0.0 };
        let from_left = |k: usize| if k > 0 { pull(k - 1) } else { 0.0 };
        (0..PARTICLES).map(|k| from_right(k) - from_left(k) - self.hold * x[k].powi(3)).collect()
    }

    /// Forty trajectories, with errors of a share of each input's standard deviation.
    fn groups(&self, noise: f64) -> Groups {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let (mut columns, mut labels, mut time) = (vec![vec![]; 2 * PARTICLES], vec![], vec![]);
        for group in 0..40 {
            let mut draw =
                || -> Vec<f64> { (0..PARTICLES).map(|_| rng.random_range(-1.5..1.5)).collect() };
            let (mut x, mut v) = (draw(), draw());
            for moment in 0..MOMENTS {
                columns.iter_mut().zip(x.iter().chain(&v)).for_each(|(column, x)| column.push(*x));
                labels.push(f64::from(group));
                time.push(STEP * (STEPS * moment) as f64);
                for _ in 0..STEPS {
                    self.advance(&mut x, &mut v);
                }
            }
        }
        for column in &mut columns {
            let square = column.iter().map(|x: &f64| x * x).sum::<f64>() / column.len() as f64;
            for x in column {
                // Twelve draws are nearly normal.
                let error = (0..12).map(|_| rng.random_range(-0.5..0.5)).sum::<f64>();
                *x += noise * square.sqrt() * error;
            }
        }
        let names = (1..=2 * PARTICLES).map(|k| format!("x{k}")).collect();
        let points = Table::new(names, columns).expect("a table");
        Groups::new(&points, &labels, Some(time)).expect("groups")
    }

    /// A step of the symplectic method of fourth order.
    fn advance(&self, x: &mut [f64], v: &mut [f64]) {
        let third = 2.0_f64.cbrt();
        let outer = (2.0 - third).recip();
        for part in [outer, -third * outer, outer] {
            let h = STEP * part;
            x.iter_mut().zip(&*v).for_each(|(x, v)| *x += 0.5 * h * v);
            let forces = self.forces(x);
            v.iter_mut().zip(forces).for_each(|(v, f)| *v += h * f);
            x.iter_mut().zip(&*v).for_each(|(x, v)| *x += 0.5 * h * v);
        }
    }

    fn energy(&self) -> Expr {
        let mut terms = vec![];
        for k in 1..=PARTICLES {
            terms.push(format!("x{}^2/2 + {}*x{k}^4/4", PARTICLES + k, self.hold));
        }
        for (k, stiff) in (1..).zip(&self.stiff) {
            let d = format!("(x{} - x{k})", k + 1);
            terms.push(format!("{stiff}*{d}^2/2 + {}*{d}^4/4", self.bend));
        }
        terms.join(" + ").parse().expect("a formula")
    }
}

/// The energy is among so many laws, and exact.
fn energy_comes_out(chain: &Chain, laws: usize) {
    let groups = chain.groups(0.0);
    let points = groups.points().clone();
    let settings = LawSettings { most: Some(laws), ..LawSettings::default() };
    let found = find_laws(&Source::Groups(groups), &settings, &mut ()).expect("enough groups");
    let exprs: Vec<Expr> = found.laws.iter().map(|law| law.expr.clone()).collect();
    let sine = independence(&chain.energy(), &exprs, &points).expect("sound data");
    assert!(sine < 1e-9 && exprs.len() == laws, "{sine} {exprs:?}");
}

/// Each particle in a trough of the fourth degree, and springs that all differ.
#[test]
fn the_energy_of_a_held_chain_comes_out() {
    let stiff = (1..PARTICLES).map(|k| 0.5 + 0.25 * (k % 4) as f64).collect();
    energy_comes_out(&Chain { hold: 1.0, stiff, bend: 0.0 }, 1);
}

/// Springs with a part of the fourth degree, of a chain that moves freely: its momentum is constant, too.
/// Differences of neighbours are distributed normally, so that their fourth powers are steep at few points.
#[test]
fn the_energy_of_a_free_chain_comes_out() {
    let stiff = vec![1.0; PARTICLES - 1];
    energy_comes_out(&Chain { hold: 0.0, stiff, bend: 1.0 }, 2);
}

/// Springs that differ, at 1 % noise: the law is the energy, and each spring's stiffness for the particles'
/// mass is read off it, as exactly as the noise leaves it.
#[test]
fn the_stiffness_of_springs_comes_out_of_noise() {
    let stiff: Vec<f64> = (1..PARTICLES).map(|k| 0.5 + 0.25 * (k % 4) as f64).collect();
    let chain = Chain { hold: 1.0, stiff, bend: 0.0 };
    let settings = LawSettings { most: Some(1), ..LawSettings::default() };
    let source = Source::Groups(chain.groups(0.01));
    let found = find_laws(&source, &settings, &mut ()).expect("enough groups");
    let law = &found.laws.first().expect("a law").expr;
    let sine = independence(&chain.energy(), std::slice::from_ref(law), chain.groups(0.0).points());
    assert!(sine.is_some_and(|sine| sine < 1e-3), "{sine:?} {law}");
    // Second derivatives at rest, by differences.
    let second = |j: usize, k: usize| {
        let at = |signs: [f64; 2]| {
            let mut point = vec![0.0; 2 * PARTICLES];
            point[j] += 0.01 * signs[0];
            point[k] += 0.01 * signs[1];
            law.eval(&point)
        };
        (at([1.0, 1.0]) - at([1.0, -1.0]) - at([-1.0, 1.0]) + at([-1.0, -1.0])) / 4e-4
    };
    let mass = (PARTICLES..2 * PARTICLES).map(|v| second(v, v)).sum::<f64>() / PARTICLES as f64;
    for (k, stiff) in chain.stiff.iter().enumerate() {
        let found = -second(k, k + 1) / mass;
        assert!((found - stiff).abs() < 0.05 * stiff, "{k}: {found} for {stiff} in {law}");
    }
}
