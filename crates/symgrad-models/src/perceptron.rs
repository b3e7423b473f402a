//! Plain perceptrons: the order of their layers, from names and shapes.

use std::collections::BTreeMap;

use crate::ModelError;
use crate::note::{Basis, Note};
use crate::order;
use crate::proposal::quoted;
use crate::tensor::Tensor;

/// A layer of weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense<'a> {
    /// The weights' name without its last part.
    pub(crate) name: &'a str,
    pub(crate) weight: &'a str,
    pub(crate) bias: Option<&'a str>,
    /// Numbers that it takes, and those it gives.
    pub(crate) widths: (usize, usize),
}

/// Tensors as layers of weights, and what is left.
pub(crate) struct Perceptron<'a> {
    pub(crate) dense: Vec<Dense<'a>>,
    /// Tensors of no such layer, with their shapes.
    pub(crate) others: Vec<(&'a str, &'a [usize])>,
}

impl<'a> Perceptron<'a> {
    /// Sorts tensors out, and keeps their order.
    pub(crate) fn of(tensors: impl Iterator<Item = &'a (String, Tensor)>) -> Self {
        let tensors: Vec<(&str, &[usize])> =
            tensors.map(|(name, tensor)| (&name[..], &tensor.shape[..])).collect();
        let shapes: BTreeMap<&str, &[usize]> = tensors.iter().copied().collect();
        let shape = |base: &str, part: &str| {
            shapes.get_key_value(&format!("{base}{part}")[..]).map(|(&name, &shape)| (name, shape))
        };
        let (mut dense, mut others) = (Vec::new(), Vec::new());
        for (name, own) in tensors {
            match (own, name.strip_suffix("weight"), name.strip_suffix("bias")) {
                (&[n, k], Some(base), _) => dense.push(Dense {
                    name: match base.trim_end_matches(['.', '_']) {
                        "" => name,
                        base => base,
                    },
                    weight: name,
                    bias: shape(base, "bias").map(|(name, _)| name),
                    widths: (k, n),
                }),
                (&[_], _, Some(base))
                    if shape(base, "weight").is_some_and(|(_, shape)| shape.len() == 2) => {}
                _ => others.push((name, own)),
            }
        }
        Self { dense, others }
    }

    /// The layers in the order in which they are computed, and how that was found.
    pub(crate) fn layers(
        self,
        ordered: bool,
    ) -> Result<(Vec<Dense<'a>>, Option<Note>), ModelError> {
        let problem = |problem: String| ModelError::Architecture { problem };
        if !self.others.is_empty() {
            let (noun, verb) = match self.others.len() {
                1 => ("tensor", "does"),
                _ => ("tensors", "do"),
            };
            let named: Vec<String> =
                self.others.iter().take(20).map(|(n, s)| format!("`{n}` of shape {s:?}")).collect();
            let ignored: Vec<String> =
                self.others.iter().take(20).map(|(name, _)| quoted(name)).collect();
            return Err(problem(format!(
                "{noun} {} {verb} not belong to a plain perceptron; describe all `layers`, or, if \
                 nothing is computed with {}, add\n  ignore = [{}]",
                named.join(", "),
                if self.others.len() == 1 { "it" } else { "them" },
                ignored.join(", "),
            )));
        }
        let widths: Vec<(usize, usize)> = self.dense.iter().map(|layer| layer.widths).collect();
        let Some(chain) = order::chain(&widths) else {
            let shown = |layer: &Dense<'_>| {
                format!("{} ({} → {})", layer.name, layer.widths.0, layer.widths.1)
            };
            let shown: Vec<String> = self.dense.iter().take(40).map(shown).collect();
            return Err(problem(match &shown[..] {
                [] => "no layer has weights".into(),
                shown => format!(
                    "in no order do all layers take what the one before gives: {}; list `layers` \
                     as they are computed, or `ignore` what is not",
                    shown.join(", ")
                ),
            }));
        };
        let layers: Vec<Dense<'_>> = chain.order.iter().map(|&index| self.dense[index]).collect();
        let given = chain.order.is_sorted();
        let basis = match () {
            () if chain.only => Basis::Shapes,
            () if ordered && given => Basis::File,
            () => Basis::Names,
        };
        let names = layers.iter().map(|layer| layer.name.to_owned()).collect();
        let note = (layers.len() > 1).then_some(Note::Order { layers: names, basis });
        Ok((layers, note))
    }
}
