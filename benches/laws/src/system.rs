//! Systems, their laws, and what is measured of them.

use clap::ValueEnum;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Deserialize;
use symgrad_data::{Groups, Table};
use symgrad_expr::Expr;
use symgrad_laws::Equations;

use crate::error::Error;
use crate::noise::add_noise;

/// Catalogues of systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Set {
    /// Usual systems with all their laws, and controls without any.
    Laws,
    /// Systems with laws that other formulas come near to.
    LookAlikes,
}

impl Set {
    fn catalogue(self) -> &'static str {
        match self {
            Self::Laws => include_str!("../laws.toml"),
            Self::LookAlikes => include_str!("../look-alikes.toml"),
        }
    }
}

/// Moments of a trajectory.
const MOMENTS: usize = 50;

/// Steps of the integrator between two moments.
const STEPS: usize = 40;

/// Draws of a start after which `require` counts as impossible.
const DRAWS: usize = 10_000;

/// A system as the catalogue has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    pub(crate) name: String,
    motion: String,
    start: Vec<(f64, f64)>,
    span: f64,
    #[serde(default)]
    require: Vec<String>,
    #[serde(default)]
    pub(crate) laws: Vec<String>,
    #[serde(default)]
    hidden: Vec<String>,
    #[serde(default)]
    kind: Kind,
}

/// What happens in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The equations of motion hold.
    #[default]
    Motion,
    /// Every input goes its own way.
    Walk,
    /// The points of a group are independent draws.
    Unrelated,
    /// Points are put into groups at random.
    Shuffled,
}

#[derive(Deserialize)]
struct Catalogue {
    system: Vec<System>,
}

pub(crate) fn systems(set: Set) -> Result<Vec<System>, Error> {
    let catalogue: Catalogue = toml::from_str(set.catalogue())?;
    Ok(catalogue.system)
}

impl System {
    fn bad(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::System { name: self.name.clone(), reason: reason.to_string() }
    }

    fn equations(&self) -> Result<Equations, Error> {
        Equations::parse(&self.motion).map_err(|error| self.bad(&error))
    }

    /// The true laws.
    pub(crate) fn truths(&self) -> Result<Vec<Expr>, Error> {
        let names = self.equations()?.names;
        let parse = |text: &String| Expr::parse(text, &names).map_err(|error| self.bad(&error));
        self.laws.iter().map(parse).collect()
    }

    /// Trajectories, with noise as a share of each input's standard deviation.
    pub(crate) fn groups(&self, count: usize, noise: f64, seed: u64) -> Result<Groups, Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let equations = self.equations()?;
        let dim = equations.rates.len();
        let parse =
            |text: &String| Expr::parse(text, &equations.names).map_err(|error| self.bad(&error));
        let require = self.require.iter().map(parse).collect::<Result<Vec<Expr>, Error>>()?;
        let (mut columns, mut labels, mut time) = (vec![vec![]; dim], vec![], vec![]);
        for group in 0..count {
            let mut state = self.start(&require, &mut rng)?;
            for moment in 0..MOMENTS {
                columns.iter_mut().zip(&state).for_each(|(column, x)| column.push(*x));
                labels.push(group as f64);
                time.push(self.span * moment as f64 / (MOMENTS - 1) as f64);
                self.advance(&mut state, &equations, &require, &mut rng)?;
            }
        }
        if self.kind == Kind::Shuffled {
            let mut order: Vec<usize> = (0..labels.len()).collect();
            order.shuffle(&mut rng);
            for column in &mut columns {
                *column = order.iter().map(|&row| column[row]).collect();
            }
        }
        add_noise(&mut columns, noise, &mut rng);
        let names: Vec<String> = equations.names.iter().map(str::to_owned).collect();
        let table = Table::new(names.clone(), columns)?;
        let shown: Vec<usize> =
            (0..dim).filter(|&index| !self.hidden.contains(&names[index])).collect();
        Ok(Groups::new(&table.columns_of(&shown), &labels, Some(time))?)
    }

    fn start(&self, require: &[Expr], rng: &mut ChaCha8Rng) -> Result<Vec<f64>, Error> {
        for _ in 0..DRAWS {
            let draw = |&(low, high): &(f64, f64)| rng.random_range(low..high);
            let state: Vec<f64> = self.start.iter().map(draw).collect();
            if require.iter().all(|expr| expr.eval(&state) > 0.0) {
                return Ok(state);
            }
        }
        Err(self.bad(&"no start is as required"))
    }

    /// On to the next moment.
    fn advance(
        &self,
        state: &mut Vec<f64>,
        equations: &Equations,
        require: &[Expr],
        rng: &mut ChaCha8Rng,
    ) -> Result<(), Error> {
        match self.kind {
            Kind::Motion | Kind::Shuffled => {
                let step = self.span / ((MOMENTS - 1) * STEPS) as f64;
                for _ in 0..STEPS {
                    *state = equations.step(state, step);
                }
            }
            Kind::Walk => {
                for x in state {
                    let step: f64 = StandardNormal.sample(rng);
                    *x += 0.15 * step;
                }
            }
            Kind::Unrelated => *state = self.start(require, rng)?,
        }
        Ok(())
    }
}
