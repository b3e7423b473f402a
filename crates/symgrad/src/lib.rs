//! From triplets to formulas: what a neuron has learned, written down.
//!
//! A neuron h that encodes a concept g computes some h(x) = φ(g(x)). The function φ hides g from
//! fits of the output but not from gradients: up to length and sign they are those of g. So the
//! search compares unit gradients (arXiv 2409.05305):
//!
//! ```
//! use symgrad::data::{DirectionField, FieldOptions, Table};
//! use symgrad::{SearchSettings, search_field};
//!
//! // Points on a grid, and there the gradients of tanh(x·v²/100), as a neuron might give them.
//! let x: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
//! let v: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
//! let (mut along_x, mut along_v) = (vec![], vec![]);
//! for (x, v) in x.iter().zip(&v) {
//!     let slope = (x * v * v / 100.0).cosh().powi(-2);
//!     along_x.push(v * v * slope);
//!     along_v.push(2.0 * x * v * slope);
//! }
//! let points = Table::new(vec!["x".into(), "v".into()], vec![x, v])?;
//! let options = FieldOptions { weak: 0.0, ..FieldOptions::default() };
//! let field = DirectionField::from_gradients(points, &[along_x, along_v], &options)?;
//!
//! let mut settings = SearchSettings::default();
//! settings.config.budget = 5_000;
//! let findings = search_field(&field, &settings, &mut ())?;
//! assert_eq!(findings.answer().expression, "v^2*x");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`discover`] finds laws in trajectories, or in other groups of points that share something.
//!
//! [`reproduce`] runs whole experiments, from triplets to the check of the formula that comes
//! out; [`Suite::cases`] lists them. They and [`siamese`] are there with the feature `training`, which
//! is on by default. Their data and truths are in [`experiments`]. The parts can be used by themselves:
//! [`expr`], [`data`], [`search`], [`laws`], [`models`], [`simplify`], [`report`].

mod advice;
#[cfg(feature = "training")]
mod check;
#[cfg(feature = "training")]
mod concept;
#[cfg(feature = "training")]
mod config;
mod discover;
mod error;
mod files;
mod findings;
mod folder;
mod inputs;
mod interpret;
mod islands;
#[cfg(feature = "training")]
mod judged;
mod observer;
mod origin;
mod packed;
mod page;
mod pages;
#[cfg(feature = "training")]
mod pairs;
#[cfg(feature = "training")]
mod pipeline;
mod plane;
#[cfg(feature = "training")]
mod published;
#[cfg(feature = "training")]
mod reproduce;
mod settings;
mod states;
mod statistics;
#[cfg(feature = "training")]
mod steps;
mod strays;
#[cfg(feature = "training")]
mod suites;
#[cfg(feature = "training")]
mod summary;
mod verdict;

pub use symgrad_data as data;
#[cfg(feature = "training")]
pub use symgrad_experiments as experiments;
pub use symgrad_expr as expr;
pub use symgrad_laws as laws;
pub use symgrad_models as models;
pub use symgrad_report as report;
pub use symgrad_search as search;
#[cfg(feature = "training")]
pub use symgrad_siamese as siamese;
pub use symgrad_simplify as simplify;
// What settings and findings are made of.
pub use symgrad_expr::{Names, OpSet};

#[cfg(feature = "training")]
pub use check::{Alternative, Mixture, Record};
#[cfg(feature = "training")]
pub use concept::ExprConcept;
#[cfg(feature = "training")]
pub use config::RunConfig;
pub use discover::{
    DiscoverSettings, Discovery, DiscoveryKind, DiscoveryVerdict, FoundBy, LawAlternative, LawKind,
    LawRecord, LawVerdictRecord, box_of_points, discover,
};
#[cfg(feature = "training")]
pub use discover::{
    Latents, NetworkAnswer, NetworkObserver, NetworkRecord, NetworkSettings, discover_with_network,
};
pub use error::Error;
pub use files::write_file;
pub use findings::{
    Findings, FrontEntry, SCHEMA_VERSION, Seconds, open_search, run_search, search_field,
    search_values,
};
pub use folder::Folder;
pub use interpret::{
    Activity, Group, InterpretSettings, Interpretation, LayerInterpretation, LayerObserver, Model,
    Outer, Recorded, SpaceInterpretation, Trend, interpret_layer, interpret_neuron,
    interpret_neuron_by, interpret_space, neuron_objective,
};
pub use islands::{
    IslandError, IslandJob, IslandReport, Islands, IslandsObserver, run_islands, search_islands,
};
#[cfg(feature = "training")]
pub use judged::{PairsLaw, PairsRecord};
#[cfg(feature = "training")]
pub use observer::Observer;
pub use observer::Stage;
pub use origin::{Origin, Sample, Seen};
pub use pages::{INDEX, REPORT, RESULTS, SECONDS, link, write_index, write_report};
pub use plane::Plane;
#[cfg(feature = "training")]
pub use published::{PublishedFront, published_front, published_mse};
#[cfg(feature = "training")]
pub use reproduce::{Failure, Plan, Reproduction, reproduce};
pub use settings::SearchSettings;
pub use states::{Request, Restored, Resumable, States};
pub use strays::Strays;
#[cfg(feature = "training")]
pub use suites::{Case, Suite, recipe_name, select};
#[cfg(feature = "training")]
pub use summary::{SUMMARY, write_summary_page};
pub use symgrad_report::wilson;
pub use verdict::{VerdictKind, VerdictRecord};

/// The programs that the README and the documents show.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/gradients.md")]
    struct Gradients;
}
