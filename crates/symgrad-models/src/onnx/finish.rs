//! What is made of a graph that has been walked: which tensor is the output, and whether a graph
//! that mixes points in its steps mixes them in its results.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::proto::{ValueInfoProto, element};
use super::value::{Value, count};
use crate::plan::{Plan, Slot};
use crate::{Layer, ModelError, Network};

/// A graph's tensors.
pub(crate) struct Walked {
    pub(super) plan: Plan,
    pub(super) input_shape: Vec<usize>,
    /// The tensors that can be read, with their shapes as the graph has them.
    pub(super) layers: Vec<(Layer, Slot, Vec<usize>)>,
    pub(super) outputs: Vec<(ValueInfoProto, Value)>,
    /// The tensors that cannot be read, and why.
    pub(super) unread: Vec<(String, Arc<str>)>,
    /// Operators that are not known, with how often each occurs.
    pub(super) unknown: BTreeMap<String, usize>,
    pub(super) problems: Vec<ModelError>,
    /// The numbers of each input for one point.
    pub(super) sizes: Vec<usize>,
}

impl Walked {
    /// Whether a step could not be computed because it may use the batch axis like any other.
    pub(crate) fn mixes(&self) -> bool {
        self.problems.iter().any(|problem| matches!(problem, ModelError::MixesPoints { .. }))
    }

    /// The network, if any of its tensors can be read.
    pub(crate) fn network(mut self) -> Result<Network, ModelError> {
        let output = self.output();
        if self.layers.is_empty() {
            return Err(self.refusal());
        }
        let why = match &output {
            Some((name, why)) if !why.is_empty() => {
                let mut unread = std::mem::take(&mut self.unread);
                unread.retain(|(other, _)| other != name);
                unread.push((name.clone(), self.explained(why).into()));
                unread
            }
            _ => std::mem::take(&mut self.unread),
        };
        let output = output.map(|(name, _)| name).unwrap_or_default();
        let layers = self.layers.into_iter().map(|(layer, slot, _)| (layer, slot)).collect();
        Ok(Network::new(self.plan, self.input_shape, layers, &output).with_unread(why))
    }

    /// The first output that is no label, and why it cannot be read, if it cannot.
    fn output(&self) -> Option<(String, String)> {
        let label = |(info, value): &&(ValueInfoProto, Value)| {
            let whole = matches!(value, Value::Row(row) if row.whole);
            let label = matches!(value, Value::Unread(unread) if unread.label);
            whole || label || matches!(value, Value::Integers(_)) || !may_be_float(info)
        };
        let first = self.outputs.iter().find(|output| !label(output));
        let (info, value) = first.or(self.outputs.first())?;
        let name = info.name.clone();
        if self.layers.iter().any(|(layer, ..)| layer.name == name) {
            return Some((name, String::new()));
        }
        let why = match value {
            Value::Unread(unread) => unread.why.to_string(),
            Value::Row(row) if row.slot == 0 => "it is the input itself".into(),
            Value::Row(row) if row.whole => {
                "it holds whole numbers or truth values, which have no gradient".into()
            }
            Value::Row(_) => "its steps round or compare, so that it is constant almost \
                              everywhere and has no gradient"
                .into(),
            Value::Numbers(_) | Value::Integers(_) => "it does not depend on the inputs".into(),
        };
        Some((name, why))
    }

    /// Why nothing can be read.
    fn refusal(mut self) -> ModelError {
        if self.unknown.len() > 1 || self.unknown.values().any(|&times| times > 1) {
            return ModelError::UnsupportedOperators { operators: self.listed() };
        }
        if self.problems.is_empty() {
            return ModelError::NothingComputed;
        }
        self.problems.remove(0)
    }

    /// The reason, with all operators that are not known if there are several.
    fn explained(&self, why: &str) -> String {
        if self.unknown.len() > 1 || self.unknown.values().any(|&times| times > 1) {
            return format!("{why}; not supported in this model: {}", self.listed());
        }
        why.into()
    }

    fn listed(&self) -> String {
        let times = |(operator, times): (&String, &usize)| match times {
            1 => format!("{operator} (once)"),
            2 => format!("{operator} (twice)"),
            times => format!("{operator} ({times} times)"),
        };
        self.unknown.iter().map(times).collect::<Vec<_>>().join(", ")
    }

    /// Whether this, the graph of one point, computes for each of two points what `pair`, the
    /// graph of two, computes for both: so that no point's result depends on the other.
    ///
    /// Both are evaluated at some points, and compared. Tensors in which the points meet are
    /// taken out.
    pub(crate) fn keeps_apart(&mut self, pair: &Self) -> bool {
        let Some((output, _)) = self.output().filter(|(_, why)| why.is_empty()) else {
            return false;
        };
        // Both graphs' tensors are kept for a point.
        if pair.plan.numbers() > LARGEST {
            return false;
        }
        let mut met = Vec::new();
        let mut same = false;
        for trial in 0..TRIALS {
            let inputs = [0, 1, 2, 3].map(|which| draw(trial, which, self.plan.inputs()));
            let [a, b, other_a, other_b] = &inputs;
            let joint = |first: &[f64], second: &[f64]| self.both(first, second);
            let [base, moved_a, moved_b] = [joint(a, b), joint(other_a, b), joint(a, other_b)]
                .map(|point| pair.plan.everything_at(&point));
            for (layer, slot, shape) in &pair.layers {
                let (base, by_a, by_b) = (&base[*slot], &moved_a[*slot], &moved_b[*slot]);
                let differ = |x: f64, y: f64| x.to_bits() != y.to_bits();
                let both = (0..base.len())
                    .any(|at| differ(base[at], by_a[at]) && differ(base[at], by_b[at]));
                if both {
                    met.push(layer.name.clone());
                }
                if layer.name != output {
                    continue;
                }
                let Some((_, own, own_shape)) =
                    self.layers.iter().find(|(own, ..)| own.name == output)
                else {
                    return false;
                };
                let halves = halves(base, shape, own_shape);
                let Some(halves) = halves else { return false };
                for (half, point) in halves.iter().zip([a, b]) {
                    let alone = self.plan.values_at(point, *own);
                    if !alike(half, &alone) {
                        return false;
                    }
                }
                same = true;
            }
        }
        if !same || met.contains(&output) {
            return false;
        }
        let why: Arc<str> = "a point's value would depend on other points".into();
        self.layers.retain(|(layer, ..)| {
            let apart = !met.contains(&layer.name);
            if !apart {
                self.unread.push((layer.name.clone(), why.clone()));
            }
            apart
        });
        true
    }

    /// The inputs of the graph of two points.
    fn both(&self, first: &[f64], second: &[f64]) -> Vec<f64> {
        let mut joint = Vec::with_capacity(2 * first.len());
        let mut start = 0;
        for size in &self.sizes {
            let part = start..start + size;
            joint.extend(&first[part.clone()]);
            joint.extend(&second[part]);
            start += size;
        }
        joint
    }
}

/// Numbers of a graph that is tried.
const LARGEST: usize = 1 << 23;

/// How many pairs of points are tried.
const TRIALS: u64 = 6;

/// A point for a trial: numbers around 0, or positive ones, of several sizes.
fn draw(trial: u64, which: u64, size: usize) -> Vec<f64> {
    // A splitmix generator: the same everywhere.
    let mut state = (trial * 4 + which).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 11
    };
    let scale = [1.0, 0.1, 3.0][usize::try_from(trial % 3).unwrap_or(0)];
    let shift = if trial.is_multiple_of(2) { 0.5 } else { -0.1 };
    (0..size).map(|_| scale * (next() as f64 / (1_u64 << 53) as f64 - shift)).collect()
}

/// The parts of a tensor of two points that belong to each: along the axis that is twice as long.
fn halves(values: &[f64], shape: &[usize], own: &[usize]) -> Option<[Vec<f64>; 2]> {
    if shape.len() != own.len() {
        return None;
    }
    let axis = (0..shape.len()).find(|&axis| shape[axis] != own[axis])?;
    let rest = (0..shape.len()).all(|other| other == axis || shape[other] == own[other]);
    if !rest || shape[axis] != 2 * own[axis] {
        return None;
    }
    let inner = count(&own[axis..])?;
    let part = |which: usize| {
        values.chunks_exact(2 * inner).flat_map(|c| c[which * inner..][..inner].to_vec()).collect()
    };
    Some([part(0), part(1)])
}

/// Whether values agree up to rounding; where one is no number neither is the other.
fn alike(a: &[f64], b: &[f64]) -> bool {
    let scale = a.iter().filter(|x| x.is_finite()).fold(1e-12, |top: f64, x| top.max(x.abs()));
    a.len() == b.len()
        && a.iter().zip(b).all(|(x, y)| {
            (x - y).abs() <= 1e-9 * scale
                || x.to_bits() == y.to_bits()
                || (x.is_nan() && y.is_nan())
        })
}

/// Whether an output's declared type may hold floating-point numbers.
fn may_be_float(info: &ValueInfoProto) -> bool {
    let tensor = info.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    tensor.is_none_or(|tensor| {
        matches!(
            tensor.elem_type,
            0 | element::FLOAT | element::DOUBLE | element::FLOAT16 | element::BFLOAT16
        )
    })
}
