//! The networks of `models/models.toml`, which other frameworks trained.

use std::path::PathBuf;

use serde::Deserialize;
use symgrad::data::Table;
use symgrad::models::Unit;

#[derive(Deserialize)]
struct Index {
    model: Vec<Fixture>,
}

/// A network with its points and what it is known to hold.
#[derive(Deserialize)]
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) points: String,
    /// The network that its points are the inputs of.
    pub(crate) through: Option<String>,
    #[serde(rename = "target")]
    pub(crate) targets: Vec<Target>,
}

#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) layer: String,
    #[serde(default)]
    neurons: Vec<usize>,
    margin: Option<(usize, usize)>,
    pub(crate) truths: Vec<String>,
    /// What the training framework's own gradients give.
    pub(crate) cos: Vec<f64>,
    #[serde(default = "yes")]
    pub(crate) monotone: bool,
}

fn yes() -> bool {
    true
}

impl Target {
    pub(crate) fn units(&self) -> Vec<Unit> {
        match self.margin {
            Some((plus, minus)) => vec![Unit::Margin(plus, minus)],
            None => self.neurons.iter().map(|&neuron| Unit::Neuron(neuron)).collect(),
        }
    }
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models")
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let text = std::fs::read_to_string(folder().join("models.toml")).expect("the index");
    toml::from_str::<Index>(&text).expect("an index").model
}

pub(crate) fn read(file: &str) -> Table {
    Table::read(folder().join(file)).expect("a table")
}
