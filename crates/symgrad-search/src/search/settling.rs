//! What the settings and the data leave a search to work with: operators, constraints, inputs.

use symgrad_expr::{Names, OpSet};

use crate::config::{SearchConfig, SearchError};
use crate::constraints::{ConstraintConfig, Constraints};
use crate::inputs::order::Order;
use crate::propose::evolution::tidy;
use crate::score::objective::Objective;

/// Operators with the complexities that the settings name, and the constraints.
pub(super) fn settle(
    config: &SearchConfig,
    names: &[String],
    ops: OpSet,
) -> Result<(OpSet, Constraints), SearchError> {
    let ops = config.templates.iter().try_fold(ops, |ops, template| {
        // Candidates are tidy, and so must be what they are compared with.
        let body = tidy(template.body());
        ops.with_template(template.clone().with_body(body))
    })?;
    if config.costs.is_empty() && config.constraints == ConstraintConfig::default() {
        // No setting names an input, so their names may be anything.
        return Ok((ops, Constraints::default()));
    }
    let names = Names::new(names.to_vec())?;
    let ops = ops.with_costs(&config.costs, &names)?;
    let constraints = Constraints::new(&config.constraints, &names, &ops)?;
    Ok((ops, constraints))
}

/// The inputs that formulas may use, those that matter most first.
pub(super) fn usable(
    config: &SearchConfig,
    constraints: &Constraints,
    objective: &Objective,
    order: &Order,
) -> Result<Vec<u16>, SearchError> {
    let mut inputs: Vec<u16> =
        config.inputs(objective.dim()).iter().map(|&given| order.own(given)).collect();
    inputs.sort_unstable();
    inputs.dedup();
    inputs.retain(|&input| objective.varies(usize::from(input)));
    constraints.narrow(&mut inputs, objective.names())?;
    if inputs.is_empty() {
        return Err(SearchError::NoInputs { names: objective.names().join(", ") });
    }
    Ok(inputs)
}

/// Inputs to build formulas of, and others to be tried once in a while: all that a field hardly
/// changes along at any point, and of many inputs those that matter least. A formula of the
/// usual length holds no more than these, and libraries of features grow with their cube.
pub(super) fn ranked(
    inputs: Vec<u16>,
    objective: &Objective,
    required: &[u16],
) -> (Vec<u16>, Vec<u16>) {
    let negligible = objective.negligible();
    let matters = |input: &u16| !negligible[usize::from(*input)];
    let bound = inputs.iter().filter(|input| matters(input)).take(WIDE).last().copied();
    let (kept, rest): (Vec<u16>, Vec<u16>) = inputs.iter().partition(|input| {
        required.contains(input) || matters(input) && bound.is_some_and(|last| **input <= last)
    });
    // If only such inputs may be used, they will have to do.
    if kept.is_empty() { (inputs, vec![]) } else { (kept, rest) }
}

/// Most inputs that formulas are built of, but for rare trials.
const WIDE: usize = 24;
