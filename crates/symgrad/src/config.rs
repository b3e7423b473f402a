//! Everything that decides a run, settled: what `config.toml` holds.

use std::path::Path;

use serde::{Deserialize, Serialize};
use symgrad_data::FieldOptions;
use symgrad_experiments::{Experiment, Recipe, Splits};
use symgrad_expr::OpSet;
use symgrad_search::{Effort, Measure, SearchConfig};
use symgrad_siamese::{Backend, Length, TrainConfig};

use crate::files::read_file;
use crate::{Case, Error, SearchSettings};

/// Everything that decides the result of one run. The number of threads is not part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Version of symgrad.
    pub version: String,
    /// What the data are.
    pub experiment: Experiment,
    /// How positives are made.
    pub recipe: Recipe,
    /// Seed of the data, the training and the search.
    pub seed: u64,
    /// Operators of the search; their complexities are the published ones.
    pub operators: Vec<symgrad_expr::Op>,
    /// What the search minimises.
    pub measure: Measure,
    /// Numbers of triplets; gradients are taken at the test anchors.
    pub triplets: Splits,
    /// From gradients to directions.
    pub field: FieldOptions,
    /// The training.
    pub training: TrainConfig,
    /// The search.
    pub search: SearchConfig,
}

impl RunConfig {
    /// The settings of a case; `quick` ones take seconds and suit the easy experiments.
    pub fn new(case: &Case, seed: u64, quick: bool, backend: Backend) -> Self {
        let preset = if quick { "quick" } else { "default" };
        let mut training = TrainConfig::preset(preset).unwrap_or_default();
        training.backend = backend;
        let mut triplets = Splits { train: 50_000, validation: 5_000, test: 5_000 };
        let budget = Effort::Quick.budget() / 4;
        let mut search = SearchConfig { seed, budget, ..SearchConfig::default() };
        if quick {
            triplets = Splits { train: 20_000, validation: 1_000, test: 2_000 };
            search.budget = 60_000;
        }
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            experiment: case.data,
            recipe: case.recipe,
            seed,
            operators: OpSet::default().ops().to_vec(),
            measure: Measure::LevelSet,
            triplets,
            field: FieldOptions::default(),
            training,
            search,
        }
    }

    /// The settings of the search, on that many threads.
    pub fn search_settings(&self, threads: usize) -> SearchSettings {
        let operators: Vec<&str> = self.operators.iter().map(|op| op.name()).collect();
        SearchSettings {
            ops: operators.join(" ").parse().unwrap_or_default(),
            measure: self.measure,
            config: SearchConfig { threads: Some(threads), ..self.search.clone() },
            ..SearchSettings::default()
        }
    }

    /// As TOML.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::Config { reason: error.to_string() })
    }

    /// Reads what [`to_toml`](Self::to_toml) wrote.
    pub fn read(path: &Path) -> Result<Self, Error> {
        toml::from_str(&read_file(path)?)
            .map_err(|error| Error::Content { path: path.into(), reason: error.to_string() })
    }

    /// Rough work of a run, to start long ones first: that of the training, and of more inputs there is more to do.
    pub(crate) fn work(&self) -> usize {
        let TrainConfig { encoder, length, batch, .. } = &self.training;
        let steps = match length {
            Length::Steps(steps) => *steps,
            Length::Epochs(epochs) => epochs * self.triplets.train / batch.max(&1),
        };
        steps
            * batch
            * encoder.width
            * encoder.width
            * encoder.depth
            * self.experiment.inputs().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;

    #[test]
    fn configurations_come_back_from_their_files() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("config.toml");
        for (case, quick) in Suite::All.cases().iter().zip([true, false].iter().cycle()) {
            let config = RunConfig::new(case, 7, *quick, Backend::Flex);
            crate::write_file(&path, &config.to_toml()?)?;
            assert_eq!(RunConfig::read(&path)?, config);
            assert_eq!(config.search_settings(3).ops, OpSet::default());
        }
        std::fs::write(&path, "seed = 1\ncolour = 'red'\n")?;
        assert!(matches!(RunConfig::read(&path), Err(Error::Content { .. })));
        Ok(())
    }
}
