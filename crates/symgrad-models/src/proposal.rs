//! What to write where an architecture is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::ModelError;
use crate::order::{self, Natural};
use crate::perceptron::{Dense, Perceptron};
use crate::tensor::Tensor;

/// Tensors that are listed at most.
const LISTED: usize = 60;

/// The error of weights without an architecture.
pub(crate) fn missing(tensors: &[(String, Tensor)], ordered: bool) -> ModelError {
    let width = tensors.iter().take(LISTED).map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or(0).min(80);
    let mut listed = String::new();
    for (name, tensor) in tensors.iter().take(LISTED) {
        let shape: Vec<String> = tensor.shape.iter().map(ToString::to_string).collect();
        let shape = if shape.is_empty() { "a number".to_owned() } else { shape.join(" × ") };
        let _ = writeln!(listed, "  {name:width$}  {shape}");
    }
    if tensors.len() > LISTED {
        let _ = writeln!(listed, "  … and {} more", tensors.len() - LISTED);
    }
    ModelError::NoArchitecture { tensors: listed, proposal: indent(&propose(tensors, ordered)) }
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { "\n".into() } else { format!("  {line}\n") })
        .collect()
}

/// A text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// An architecture that fits the tensors, as far as names and shapes tell it.
fn propose(tensors: &[(String, Tensor)], ordered: bool) -> String {
    let Perceptron { dense, others } = Perceptron::of(tensors.iter());
    let widths: Vec<(usize, usize)> = dense.iter().map(|layer| layer.widths).collect();
    let chain = order::chain(&widths);
    let norms = Norm::all(tensors);
    let normed: BTreeSet<&str> = norms.iter().flat_map(Norm::tensors).collect();
    let left: Vec<&str> = others
        .iter()
        .map(|&(name, _)| name)
        .filter(|name| !normed.contains(name) && !name.ends_with("num_batches_tracked"))
        .collect();
    let ignore = match &left[..] {
        [] => String::new(),
        left => {
            let names: Vec<String> = left.iter().map(|name| quoted(name)).collect();
            format!("ignore = [{}]\n", names.join(", "))
        }
    };
    let is_certain = chain.as_ref().is_some_and(|chain| chain.only || ordered);
    if chain.is_some() && norms.is_empty() && is_certain {
        let ends = "activation = \"tanh\"            # between the layers; or relu, silu, gelu, …\n\
                    # output_activation = \"tanh\"   # behind the last one, if there is one\n";
        return format!("{ends}{ignore}");
    }
    let order = chain.map_or_else(|| (0..dense.len()).collect(), |chain| chain.order);
    let layers: Vec<Dense<'_>> = order.into_iter().map(|index| dense[index]).collect();
    format!("{ignore}{}", listed(&layers, norms))
}

/// All layers in order: behind each layer of weights the first norm that fits it, then a function.
fn listed(layers: &[Dense<'_>], mut norms: Vec<Norm<'_>>) -> String {
    let mut text = String::new();
    let mut layer = |kind: &str, entries: &[(&str, &str)]| {
        let entries: Vec<String> =
            entries.iter().map(|(key, value)| format!("{key} = {}\n", quoted(value))).collect();
        let _ = write!(text, "\n[[layers]]\nkind = {kind:?}\n{}", entries.concat());
    };
    let first = layers.first().map(|dense| dense.widths.0);
    for (index, dense) in layers.iter().enumerate() {
        // A norm of the inputs comes before everything else.
        let before = norms.iter().position(|norm| {
            index == 0
                && Some(norm.size) == first
                && !layers.iter().any(|l| l.widths.1 == norm.size)
        });
        if let Some(norm) = before.map(|index| norms.remove(index)) {
            layer(norm.kind(), &norm.entries());
        }
        let bias = dense.bias.map(|bias| ("bias", bias));
        let entries: Vec<(&str, &str)> =
            [("weight", dense.weight)].into_iter().chain(bias).collect();
        layer("linear", &entries);
        let behind = norms.iter().position(|norm| norm.size == dense.widths.1);
        if let Some(norm) = behind.map(|index| norms.remove(index)) {
            layer(norm.kind(), &norm.entries());
        }
        if index + 1 < layers.len() {
            layer("activation", &[("function", "tanh")]);
        }
    }
    text.trim_start().to_owned()
}

/// Tensors of a layer norm or a batch norm.
struct Norm<'a> {
    size: usize,
    weight: Option<&'a str>,
    bias: Option<&'a str>,
    /// Mean and variance of a batch norm.
    moments: Option<(&'a str, &'a str)>,
}

impl<'a> Norm<'a> {
    /// All of them, in the order of the tensors.
    fn all(tensors: &'a [(String, Tensor)]) -> Vec<Self> {
        // The parts of a module: tensors of one size with one name but for its end.
        let mut modules: BTreeMap<&str, BTreeMap<&str, (&str, usize)>> = BTreeMap::new();
        for (name, tensor) in tensors {
            if let &[size] = &tensor.shape[..] {
                let (base, part) = name.rsplit_once('.').unwrap_or(("", name));
                modules.entry(base).or_default().insert(part, (name, size));
            }
        }
        let larger = tensors.iter().filter(|(_, tensor)| tensor.shape.len() > 1);
        let dense: BTreeSet<&str> =
            larger.map(|(name, _)| name.rsplit_once('.').map_or("", |(base, _)| base)).collect();
        let mut norms: Vec<(&str, Self)> = Vec::new();
        for (base, parts) in modules {
            let part = |part: &str| parts.get(part).map(|&(name, _)| name);
            let Some(&(_, size)) = parts.get("running_mean").or(parts.get("weight")) else {
                continue;
            };
            let moments = part("running_mean").zip(part("running_var"));
            if parts.values().all(|&(_, other)| other == size) && !dense.contains(base) {
                let (weight, bias) = (part("weight"), part("bias"));
                norms.push((base, Self { size, weight, bias, moments }));
            }
        }
        norms.sort_by_cached_key(|(base, _)| Natural::of(base));
        norms.into_iter().map(|(_, norm)| norm).collect()
    }

    fn kind(&self) -> &'static str {
        if self.moments.is_some() { "batch_norm" } else { "layer_norm" }
    }

    fn entries(&self) -> Vec<(&'static str, &'a str)> {
        let (mean, variance) = self.moments.unzip();
        let entries =
            [("weight", self.weight), ("bias", self.bias), ("mean", mean), ("variance", variance)];
        entries.into_iter().filter_map(|(key, name)| Some((key, name?))).collect()
    }

    fn tensors(&self) -> impl Iterator<Item = &'a str> {
        self.entries().into_iter().map(|(_, name)| name)
    }
}
