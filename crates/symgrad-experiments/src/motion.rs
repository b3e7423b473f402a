//! Trajectories: oscillators by quadrature, the attractive centre by Kepler's equation.

use ode_solvers::{Dop853, OutputType, System, Vector2};
use std::f64::consts::TAU;

/// The force on a particle of mass 1 at a position.
pub(crate) type Force = fn(f64) -> f64;

/// Position and velocity.
pub(crate) type State = [f64; 2];

/// Tolerance of a step of the integration, relative and absolute; a trajectory takes about ten.
const TOLERANCE: f64 = 1e-9;

/// More steps than any of the trajectories takes in a time of 3.
const MOST_STEPS: u32 = 10_000;

/// Newton's equation of motion x″ = force(x).
struct Newton(Force);

impl System<f64, Vector2<f64>> for Newton {
    fn system(&self, _time: f64, state: &Vector2<f64>, derivative: &mut Vector2<f64>) {
        derivative[0] = state[1];
        derivative[1] = (self.0)(state[0]);
    }
}

/// The state after some time ≥ 0, by the Runge–Kutta method of order 8(5,3); nothing if the
/// integration fails.
pub(crate) fn oscillate(force: Force, start: State, time: f64) -> Option<State> {
    // A step of length zero is none.
    if time <= f64::EPSILON {
        return Some(start);
    }
    let mut solver = Dop853::from_param(
        Newton(force),
        0.0,
        time,
        0.0,
        Vector2::from(start),
        TOLERANCE,
        TOLERANCE,
        0.9,
        0.0,
        0.333,
        6.0,
        time,
        0.0,
        MOST_STEPS,
        1000,
        OutputType::Sparse,
    );
    solver.integrate().ok()?;
    let arrived = solver.x_out().last()? == &time;
    solver.y_out().last().filter(|_| arrived).map(|state| [state[0], state[1]])
}

/// The state of a harmonic oscillator (force −x) after some time: a rotation.
pub(crate) fn rotate([x, v]: State, time: f64) -> State {
    let (sin, cos) = time.sin_cos();
    [x * cos + v * sin, v * cos - x * sin]
}

/// The state (x, y, vx, vy) under the force −r/r³ after some time ≥ 0.
///
/// Kepler's equation in universal variables (Danby, *Fundamentals of Celestial Mechanics*,
/// §6.9) holds for ellipses, parabolas and hyperbolas alike and stays regular in close
/// approaches. Nothing if the start is at the centre, or if rounding spoils the energy or the
/// angular momentum by more than 10⁻⁸ (relative, or absolute below 1), as it does at the very
/// bottom of a nearly radial plunge.
pub(crate) fn orbit(start: [f64; 4], time: f64) -> Option<[f64; 4]> {
    let [x, y, vx, vy] = start;
    let kepler = Kepler::new(start);
    let anomaly = kepler.anomaly(time)?;
    let [g1, g2, _] = stumpff(kepler.beta, anomaly);
    let radius = kepler.radius_at(anomaly);

    // Gauss' f and g, free of the time: whatever anomaly was found, the state is on the orbit.
    let (f, g) = (1.0 - g2 / kepler.radius, kepler.radius * g1 + kepler.radial * g2);
    let (df, dg) = (-g1 / (kepler.radius * radius), 1.0 - g2 / radius);
    let end = [f * x + g * vx, f * y + g * vy, df * x + dg * vx, df * y + dg * vy];
    conserved(start, end).then_some(end)
}

/// Kepler's equation for one start.
struct Kepler {
    /// Distance from the centre at the start.
    radius: f64,
    /// Position times velocity at the start.
    radial: f64,
    /// Minus twice the energy.
    beta: f64,
}

impl Kepler {
    fn new([x, y, vx, vy]: [f64; 4]) -> Self {
        let radius = x.hypot(y);
        Self { radius, radial: x * vx + y * vy, beta: 2.0 / radius - (vx * vx + vy * vy) }
    }

    /// The universal anomaly at a time: the root of a monotone function, by Newton's method
    /// within a shrinking bracket.
    fn anomaly(&self, time: f64) -> Option<f64> {
        if !(self.beta.is_finite() && self.radius > 0.0 && time >= 0.0) {
            return None;
        }
        let turn = TAU / self.beta.abs().sqrt();
        let (time, mut high) = if self.beta > 0.0 {
            (time % (turn / self.beta), turn)
        } else {
            (time, (0..64).map(|n| 2.0_f64.powi(n)).find(|&high| self.time_at(high) >= time)?)
        };
        let mut low = 0.0;
        let mut anomaly = 0.5 * high;
        for _ in 0..100 {
            let excess = self.time_at(anomaly) - time;
            if excess > 0.0 {
                high = anomaly;
            } else {
                low = anomaly;
            }
            let newton = anomaly - excess / self.radius_at(anomaly);
            let next = if low < newton && newton < high { newton } else { 0.5 * (low + high) };
            if (next - anomaly).abs() <= 4.0 * f64::EPSILON * high {
                return Some(next);
            }
            anomaly = next;
        }
        Some(anomaly)
    }

    fn time_at(&self, anomaly: f64) -> f64 {
        let [g1, g2, g3] = stumpff(self.beta, anomaly);
        self.radius * g1 + self.radial * g2 + g3
    }

    /// The distance from the centre, which is the derivative of the time.
    fn radius_at(&self, anomaly: f64) -> f64 {
        let [g1, g2, _] = stumpff(self.beta, anomaly);
        self.radius * (1.0 - self.beta * g2) + self.radial * g1 + g2
    }
}

/// Stumpff's functions G₁, G₂, G₃: s, s²/2, s³/6 for β = 0, otherwise of sines or hyperbolic
/// sines of √|β| s.
fn stumpff(beta: f64, s: f64) -> [f64; 3] {
    let z = beta * s * s;
    if z.abs() < 0.5 {
        // Horner's scheme for Σ (−z)ᵏ/(2k + 2)! and Σ (−z)ᵏ/(2k + 3)!; the ninth term is
        // below the last digit.
        let series = |first: f64| {
            (1..=8).rev().fold(1.0, |sum, k| {
                let n = first + 2.0 * f64::from(k);
                1.0 - sum * z / (n * (n - 1.0))
            })
        };
        let (g2, g3) = (s * s / 2.0 * series(2.0), s * s * s / 6.0 * series(3.0));
        return [s - beta * g3, g2, g3];
    }
    let root = beta.abs().sqrt();
    let (whole, half) = if beta > 0.0 {
        ((root * s).sin(), (0.5 * root * s).sin())
    } else {
        ((root * s).sinh(), (0.5 * root * s).sinh())
    };
    let g1 = whole / root;
    [g1, 2.0 * half * half / beta.abs(), (s - g1) / beta]
}

/// Whether energy and angular momentum agree.
fn conserved(start: [f64; 4], end: [f64; 4]) -> bool {
    let energy = |[x, y, vx, vy]: [f64; 4]| 0.5 * (vx * vx + vy * vy) - 1.0 / x.hypot(y);
    let momentum = |[x, y, vx, vy]: [f64; 4]| x * vy - y * vx;
    let agree = |a: f64, b: f64| (a - b).abs() <= 1e-8 * a.abs().max(1.0);
    agree(energy(start), energy(end)) && agree(momentum(start), momentum(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_quadrature_agrees_with_the_closed_form() {
        let start = [0.3, 0.8];
        for time in [0.0, 1e-18, 1e-9, 0.1, 2.9] {
            let (closed, numeric) = (rotate(start, time), oscillate(|x| -x, start, time).unwrap());
            assert!((closed[0] - numeric[0]).abs() < 1e-8, "{time}");
            assert!((closed[1] - numeric[1]).abs() < 1e-8, "{time}");
        }
    }

    #[test]
    fn a_circular_orbit_turns_uniformly() {
        let end = orbit([1.0, 0.0, 0.0, 1.0], 2.0).unwrap();
        let (sin, cos) = 2.0_f64.sin_cos();
        for (found, wanted) in end.into_iter().zip([cos, sin, -sin, cos]) {
            assert!((found - wanted).abs() < 1e-14);
        }
    }

    #[test]
    fn impossible_starts_give_nothing() {
        assert!(orbit([0.0; 4], 1.0).is_none());
        assert!(orbit([1.0, f64::NAN, 0.0, 0.0], 1.0).is_none());
    }

    proptest! {
        /// Two legs make one: only the true flow of time has this property along with the
        /// conserved quantities (bound, unbound and nearly parabolic orbits are all drawn).
        #[test]
        fn orbits_compose(
            x in 0.05..1.0_f64, y in 0.05..1.0_f64, vx in -2.0..2.0_f64, vy in -2.0..2.0_f64,
            first in 0.0..1.5_f64, second in 0.0..1.5_f64,
        ) {
            let start = [x, y, vx, vy];
            prop_assume!((x * vy - y * vx).abs() > 0.1);
            let middle = orbit(start, first).unwrap();
            let legs = orbit(middle, second).unwrap();
            let whole = orbit(start, first + second).unwrap();
            for (a, b) in legs.into_iter().zip(whole) {
                prop_assert!((a - b).abs() < 1e-7, "{legs:?} {whole:?}");
            }
        }

        /// Nearly radial plunges past the centre, at distances down to a thousandth and
        /// with up to thousands of turns: quadrature would lose the energy here.
        #[test]
        fn close_approaches_keep_the_energy(
            radius in 0.01..1.0_f64, inward in 0.0..1.0_f64, momentum in 0.05..0.1_f64,
            time in 0.0..3.0_f64,
        ) {
            let start = [radius, 0.0, -inward, momentum / radius];
            let end = orbit(start, time);
            prop_assert!(end.is_some_and(|end| conserved(start, end)), "{start:?} {time}");
        }

        /// An independent check of the equation of motion, by a central difference.
        #[test]
        fn orbits_obey_the_force(
            x in 0.3..1.0_f64, y in 0.3..1.0_f64, vx in -1.0..1.0_f64, vy in -1.0..1.0_f64,
            time in 0.1..2.0_f64,
        ) {
            prop_assume!((x * vy - y * vx).abs() > 0.3);
            let step = 1e-5;
            let at = |time| orbit([x, y, vx, vy], time).unwrap();
            let (before, now, after) = (at(time - step), at(time), at(time + step));
            let cube = now[0].hypot(now[1]).powi(3);
            for axis in 0..2 {
                let velocity = (after[axis] - before[axis]) / (2.0 * step);
                prop_assert!((velocity - now[axis + 2]).abs() < 1e-4);
                let force = (after[axis + 2] - before[axis + 2]) / (2.0 * step);
                prop_assert!((force + now[axis] / cube).abs() < 1e-2);
            }
        }
    }
}
