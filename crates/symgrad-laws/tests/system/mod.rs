//! Trajectories of systems with known laws, with noise.

#[path = "../../../../benches/laws/src/noise.rs"]
mod noise;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use symgrad_data::{Groups, Table};
use symgrad_expr::Names;
use symgrad_laws::Equations;

use self::noise::add_noise;

const MOMENTS: usize = 50;

/// Steps of the integrator between two moments.
const STEPS: usize = 40;

/// A system with its laws: equations of motion, where trajectories start, and how long they last.
pub(crate) struct System {
    pub(crate) motion: String,
    pub(crate) start: Vec<(f64, f64)>,
    pub(crate) span: f64,
    pub(crate) laws: Vec<String>,
}

impl System {
    pub(crate) fn names(&self) -> Names {
        Equations::parse(&self.motion).expect("equations").names
    }

    /// Trajectories, with noise as a share of each input's standard deviation.
    pub(crate) fn groups(&self, count: usize, noise: f64, seed: u64) -> Groups {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let motion = Equations::parse(&self.motion).expect("equations");
        let mut columns = vec![vec![]; self.start.len()];
        let (mut labels, mut time) = (vec![], vec![]);
        for group in 0..count {
            let mut state: Vec<f64> =
                self.start.iter().map(|&(low, high)| rng.random_range(low..high)).collect();
            for moment in 0..MOMENTS {
                columns.iter_mut().zip(&state).for_each(|(column, x)| column.push(*x));
                labels.push(group as f64);
                let step = self.span / (MOMENTS - 1) as f64;
                time.push(step * moment as f64);
                for _ in 0..STEPS {
                    state = motion.step(&state, step / STEPS as f64);
                }
            }
        }
        add_noise(&mut columns, noise, &mut rng);
        let names = self.names().iter().map(str::to_owned).collect();
        let points = Table::new(names, columns).expect("a table");
        Groups::new(&points, &labels, Some(time)).expect("groups")
    }
}
