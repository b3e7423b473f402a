//! Several neurons as one space: the concepts that they hold together.

use serde::{Deserialize, Serialize};
use symgrad_data::{Span, Table};
use symgrad_expr::Names;
use symgrad_models::Unit;
use symgrad_search::{Generators, Objective, SpanAgreement};

use super::ground::Ground;
use super::{InterpretSettings, Model};
use crate::{Error, Findings, Origin};

/// What several neurons have learned together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpaceInterpretation {
    /// The neurons' layer.
    pub layer: String,
    /// Which values of the layer they are.
    pub units: Vec<Unit>,
    /// Points given.
    pub points: usize,
    /// Points where the span of their gradients is determined.
    pub active: usize,
    /// The surface on which the data lie, if they do not fill the space, in words.
    pub surface: Option<String>,
    /// How many concepts they hold, and what speaks for that number.
    pub span: Span,
    /// The concepts, the simplest first; each is determined up to functions of those before it.
    /// The last may be what is left once nothing more is found: its verdict says so.
    pub concepts: Vec<Findings>,
    /// How many concepts of the span were not found.
    pub missing: usize,
    /// How far the span of the formulas' gradients lies from that of the neurons'; known once all
    /// concepts are found.
    pub agreement: Option<SpanAgreement>,
    /// How the run was started, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl SpaceInterpretation {
    /// What is the same whenever and wherever it is found: files hold that.
    #[must_use]
    pub fn without_seconds(&self) -> Self {
        let concepts = self.concepts.iter().map(Findings::without_seconds).collect();
        Self { concepts, ..self.clone() }
    }
}

/// Interprets several neurons of a layer as one space: all independent concepts that they hold,
/// whatever mixture of them each neuron is.
///
/// `rank` is the number of concepts; it is estimated unless it is given. Each concept takes a search
/// with the given settings.
pub fn interpret_space(
    model: &Model,
    points: &Table,
    layer: &str,
    units: &[Unit],
    rank: Option<usize>,
    settings: &InterpretSettings,
    observer: &mut dyn symgrad_search::Observer,
) -> Result<SpaceInterpretation, Error> {
    let gradients = model.gradients(points, layer, units)?;
    let (ground, settings) = Ground::of(points, settings, &())?;
    let gradients: Vec<_> = gradients.iter().map(|neuron| ground.gradients(neuron)).collect();
    let (field, span) = ground.span(&gradients, rank, &settings)?;
    let names = Names::new(field.names().to_vec())?;
    let search = &settings.search;
    let config = search.resolved(&names)?;
    let objective = Objective::new(&field, search.measure);
    let seed = config.seed;
    let found = Generators::new(objective, search.ops.clone(), config).run(observer)?;
    let findings = |outcome| {
        let mut findings = Findings::new(outcome, &names, &search.ops, seed)?;
        findings.left_out = ground.left_out();
        Ok::<_, Error>(findings)
    };
    let missing = found.missing();
    Ok(SpaceInterpretation {
        layer: layer.into(),
        units: units.to_vec(),
        points: points.rows(),
        active: field.len(),
        surface: field.tangent().map(ToString::to_string),
        span,
        concepts: found.outcomes().iter().map(findings).collect::<Result<_, _>>()?,
        missing,
        agreement: found.agreement().filter(|_| missing == 0),
        origin: None,
    })
}
