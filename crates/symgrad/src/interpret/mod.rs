//! What the neurons of a trained network have learned: one, a layer of them, or several as one
//! space.

#[cfg(feature = "training")]
mod encoder;
mod ground;
mod layer;
mod model;
mod neuron;
mod outer;
mod recorded;
mod space;

use serde::{Deserialize, Serialize};
use symgrad_data::FieldOptions;

use crate::SearchSettings;

pub use layer::{Group, LayerInterpretation, LayerObserver, interpret_layer};
pub use model::Model;
pub use neuron::{
    Activity, Interpretation, interpret_neuron, interpret_neuron_by, neuron_objective,
};
pub use outer::{Outer, Trend};
pub use recorded::Recorded;
pub use space::{SpaceInterpretation, interpret_space};

/// How neurons are interpreted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InterpretSettings {
    /// The search for formulas.
    pub search: SearchSettings,
    /// Which gradients count as weak, and the surface of the data.
    pub field: FieldOptions,
    /// In a layer: neurons whose directions differ by less, 1 − |mean cos|, hold one concept and
    /// share one search. At the default, 0.01, directions differ by 8 degrees, as much as the
    /// errors of a network with kinks.
    pub alike: f64,
    /// A weight for each point, if they do not weigh the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
}

impl Default for InterpretSettings {
    fn default() -> Self {
        let (search, field) = (SearchSettings::default(), FieldOptions::default());
        Self { search, field, alike: 0.01, weights: None }
    }
}
