//! Operators of `ai.onnx.ml`, in which scikit-learn's models are written.

use super::super::call::{Call, Operand, Outputs};
use super::super::value::Value;
use super::logic::choose;
use super::normalisation::quotient;
use crate::ModelError;
use crate::plan::{BinaryKind, Reduction, Unary};

type Made = Result<Operand, ModelError>;

/// `Scaler`: (x − offset) · scale.
pub(super) fn scaler(call: &mut Call<'_>) -> Outputs {
    let operand = call.operand(0)?;
    let offset = call.attributes.floats("offset")?.unwrap_or_else(|| vec![0.0]);
    let scale = call.attributes.floats("scale")?.unwrap_or_else(|| vec![1.0]);
    if offset.iter().chain(&scale).any(|x| !x.is_finite()) {
        return Err(call.wrong("an attribute is not finite"));
    }
    let shifted = call.binary(BinaryKind::Subtract, &operand, &list(offset))?;
    let result = call.binary(BinaryKind::Multiply, &shifted, &list(scale))?;
    if result.shape != operand.shape {
        return Err(call.wrong(format!("its attributes do not fit {:?}", operand.shape)));
    }
    Ok(vec![result.value])
}

/// `Normalizer`: divided by a norm.
pub(super) fn normalizer(call: &mut Call<'_>) -> Outputs {
    let norm = call.attributes.text("norm", "MAX")?;
    let operand = features(call)?;
    let axis = operand.shape.len() - 1;
    let length = match norm.as_str() {
        "MAX" => call.reduced(&Reduction::Maximum, &operand, &[axis], true)?,
        "L1" => super::normalisation::length(call, &operand, &[axis], 1)?,
        "L2" => super::normalisation::length(call, &operand, &[axis], 2)?,
        other => return Err(call.unsupported(format!("attribute `norm` = {other:?}"))),
    };
    Ok(vec![quotient(call, &operand, &length)?.value])
}

/// `Imputer`: missing numbers replaced.
pub(super) fn imputer(call: &mut Call<'_>) -> Outputs {
    let values = call.attributes.floats("imputed_value_floats")?;
    call.attributes.ignore(&["replaced_value_int64"]);
    // Missing is what is no number, unless a number is given.
    let missing = call.attributes.number("replaced_value_float")?;
    let operand = call.operand(0)?;
    let values = values.ok_or_else(|| call.unsupported("a list of integers"))?;
    let missing = match missing {
        Some(missing) if !missing.is_nan() => {
            call.binary(BinaryKind::Equal, &operand, &Operand::number(missing))?
        }
        _ => call.unary(Unary::IsNan, &operand)?,
    };
    Ok(vec![choose(call, missing, &list(values), &operand)?.value])
}

/// `Binarizer`: 1 above a threshold, else 0.
pub(super) fn binarizer(call: &mut Call<'_>) -> Outputs {
    let threshold = call.attributes.float("threshold", 0.0)?;
    let operand = call.operand(0)?;
    let above = call.binary(BinaryKind::Less, &Operand::number(threshold), &operand)?;
    let mut row = call.as_row(&above)?;
    row.whole = false;
    Ok(vec![Value::Row(row)])
}

/// `LinearRegressor`: products with coefficients, plus intercepts.
pub(super) fn linear_regressor(call: &mut Call<'_>) -> Outputs {
    let targets = usize::try_from(call.attributes.int("targets", 1)?).unwrap_or(0);
    let scores = linear(call, targets)?;
    Ok(vec![transformed(call, scores)?.value])
}

/// `LinearClassifier`: labels, which are not computed, and scores.
pub(super) fn linear_classifier(call: &mut Call<'_>) -> Outputs {
    call.attributes.ignore(&["multi_class"]);
    let classes = classes(call)?;
    let operand = features(call)?;
    let width = operand.shape[operand.shape.len() - 1];
    let coefficients = call.attributes.floats("coefficients")?.unwrap_or_default();
    let scores = coefficients.len() / width.max(1);
    let made = weighted(call, &operand, &coefficients, scores)?;
    let made =
        if scores == 1 && classes == 2 { both(call, &made)? } else { transformed(call, made)? };
    Ok(vec![Value::label(), made.value])
}

/// `SVMRegressor`: a sum of kernels at support vectors.
pub(super) fn vector_regressor(call: &mut Call<'_>) -> Outputs {
    let one_class = call.attributes.switch("one_class", false)?;
    let supports = usize::try_from(call.attributes.int("n_supports", 0)?).unwrap_or(0);
    let kernel = Kernel::new(call)?;
    let coefficients = call.attributes.floats("coefficients")?.unwrap_or_default();
    let vectors = call.attributes.floats("support_vectors")?.unwrap_or_default();
    let rho = call.attributes.floats("rho")?.unwrap_or_default();
    let operand = features(call)?;
    let (values, count) = if supports > 0 {
        (kernel.values(call, &operand, vectors, supports)?, supports)
    } else {
        let width = operand.shape[operand.shape.len() - 1];
        (operand, width)
    };
    let &[rho, ..] = &rho[..] else { return Err(call.wrong("it has no attribute `rho`")) };
    let sum = against(call, &values, coefficients, count, 1)?;
    let score = call.plus(&sum, rho)?;
    if one_class {
        let positive = call.binary(BinaryKind::Less, &Operand::number(0.0), &score)?;
        let doubled = call.times(&positive, 2.0)?;
        return Ok(vec![call.plus(&doubled, -1.0)?.value]);
    }
    Ok(vec![transformed(call, score)?.value])
}

/// `SVMClassifier` of two classes: labels, which are not computed, and scores.
pub(super) fn vector_classifier(call: &mut Call<'_>) -> Outputs {
    let classes = classes(call)?;
    let kernel = Kernel::new(call)?;
    let coefficients = call.attributes.floats("coefficients")?.unwrap_or_default();
    let vectors = call.attributes.floats("support_vectors")?.unwrap_or_default();
    let rho = call.attributes.floats("rho")?.unwrap_or_default();
    let each = call.attributes.ints("vectors_per_class")?.unwrap_or_default();
    let prob_a = call.attributes.floats("prob_a")?.unwrap_or_default();
    let prob_b = call.attributes.floats("prob_b")?.unwrap_or_default();
    let supports: i64 = each.iter().fold(0, |sum, &count| sum.saturating_add(count));
    let supports = usize::try_from(supports).unwrap_or(0);
    let operand = features(call)?;
    if classes != 2 || supports == 0 {
        return Err(call.unsupported(format!("{classes} classes and {supports} support vectors")));
    }
    let values = kernel.values(call, &operand, vectors, supports)?;
    let &[rho, ..] = &rho[..] else { return Err(call.wrong("it has no attribute `rho`")) };
    let sum = against(call, &values, coefficients, supports, 1)?;
    let score = call.plus(&sum, rho)?;
    let made = if let (&[a], &[b]) = (&prob_a[..], &prob_b[..]) {
        call.attributes.ignore(&["post_transform"]);
        // Platt's probabilities: 1 / (1 + exp(a · score + b)) of the first class.
        let exponent = call.times(&score, -a)?;
        let exponent = call.plus(&exponent, -b)?;
        let first = call.unary(Unary::Sigmoid, &exponent)?;
        let rest = call.times(&first, -1.0)?;
        let second = call.plus(&rest, 1.0)?;
        beside(call, &[first, second])?
    } else {
        let transform = call.attributes.text("post_transform", "NONE")?;
        if transform != "NONE" {
            return Err(call.unsupported(format!("attribute `post_transform` = {transform:?}")));
        }
        let minus = call.times(&score, -1.0)?;
        beside(call, &[minus, score])?
    };
    Ok(vec![Value::label(), made.value])
}

/// `FeatureVectorizer`: inputs side by side.
pub(super) fn vectorizer(call: &mut Call<'_>) -> Outputs {
    let widths = call.attributes.ints("inputdimensions")?.map(<[i64]>::to_vec);
    let parts: Vec<Operand> =
        (0..call.inputs.len()).map(|index| call.operand(index)).collect::<Result<_, _>>()?;
    let width = |part: &Operand| part.shape.last().and_then(|&size| i64::try_from(size).ok());
    let fits = widths.is_none_or(|widths| {
        widths.len() == parts.len() && parts.iter().zip(widths).all(|(p, w)| width(p) == Some(w))
    });
    if !fits || parts.iter().any(|part| part.shape.is_empty() || part.lead != call.lead) {
        return Err(call.wrong("its inputs do not have the sizes that it names"));
    }
    Ok(vec![beside(call, &parts)?.value])
}

/// A kernel of support vector machines.
struct Kernel {
    name: String,
    gamma: f64,
    shift: f64,
    degree: f64,
}

impl Kernel {
    fn new(call: &mut Call<'_>) -> Result<Self, ModelError> {
        let name = call.attributes.text("kernel_type", "LINEAR")?;
        let parameters = call.attributes.floats("kernel_params")?.unwrap_or_default();
        let at = |index: usize| parameters.get(index).copied().unwrap_or(0.0);
        Ok(Self { name, gamma: at(0), shift: at(1), degree: at(2) })
    }

    /// Its values at all support vectors.
    fn values(
        &self,
        call: &mut Call<'_>,
        operand: &Operand,
        vectors: Vec<f64>,
        supports: usize,
    ) -> Made {
        let last = operand.shape.len() - 1;
        let width = operand.shape[last];
        if supports.checked_mul(width) != Some(vectors.len()) || vectors.is_empty() {
            return Err(call.wrong(format!("{} numbers in support vectors", vectors.len())));
        }
        if self.name == "RBF" {
            let mut shape = operand.shape.clone();
            shape.insert(last, 1);
            let apart = call.shaped(operand, shape)?;
            let vectors = Operand::constant(vec![supports, width], vectors);
            let difference = call.binary(BinaryKind::Subtract, &apart, &vectors)?;
            let squares = call.binary(BinaryKind::Multiply, &difference, &difference)?;
            let distance = call.reduced(&Reduction::Sum(None), &squares, &[last + 1], false)?;
            let exponent = call.times(&distance, -self.gamma)?;
            return call.unary(Unary::Exp, &exponent);
        }
        let turned = (0..width * supports).map(|at| vectors[at % supports * width + at / supports]);
        let product = against(call, operand, turned.collect(), width, supports)?;
        match self.name.as_str() {
            "LINEAR" => Ok(product),
            "POLY" | "SIGMOID" => {
                let scaled = call.times(&product, self.gamma)?;
                let shifted = call.plus(&scaled, self.shift)?;
                if self.name == "SIGMOID" {
                    return call.unary(Unary::Tanh, &shifted);
                }
                call.binary(BinaryKind::Power, &shifted, &Operand::number(self.degree))
            }
            other => Err(call.unsupported(format!("attribute `kernel_type` = {other:?}"))),
        }
    }
}

/// The first input with its features along the last axis.
fn features(call: &Call<'_>) -> Made {
    let operand = call.operand(0)?;
    if operand.shape.is_empty() {
        return Err(call.wrong("its input has no axis of features"));
    }
    Ok(operand)
}

fn list(numbers: Vec<f64>) -> Operand {
    Operand::constant(vec![numbers.len()], numbers)
}

/// A number of classes.
fn classes(call: &mut Call<'_>) -> Result<usize, ModelError> {
    let mut found = 0;
    for name in ["classlabels_ints", "classlabels_int64s"] {
        found = found.max(call.attributes.ints(name)?.map_or(0, <[i64]>::len));
    }
    Ok(found.max(call.attributes.texts("classlabels_strings")?.map_or(0, |texts| texts.len())))
}

/// Scores of linear functions with the coefficients of the attributes.
fn linear(call: &mut Call<'_>, targets: usize) -> Made {
    let coefficients = call.attributes.floats("coefficients")?.unwrap_or_default();
    let operand = features(call)?;
    weighted(call, &operand, &coefficients, targets)
}

fn weighted(call: &mut Call<'_>, operand: &Operand, weights: &[f64], targets: usize) -> Made {
    let width = operand.shape[operand.shape.len() - 1];
    if targets == 0 || width.checked_mul(targets) != Some(weights.len()) {
        let count = weights.len();
        return Err(call.wrong(format!("{count} coefficients for {width} features")));
    }
    let turned = (0..weights.len()).map(|at| weights[at % targets * width + at / targets]);
    let product = against(call, operand, turned.collect(), width, targets)?;
    match call.attributes.floats("intercepts")? {
        None => Ok(product),
        Some(intercepts) if intercepts.len() == targets => {
            call.binary(BinaryKind::Add, &product, &list(intercepts))
        }
        Some(intercepts) => Err(call.wrong(format!("{} intercepts", intercepts.len()))),
    }
}

/// The product with a constant matrix of that shape.
fn against(
    call: &mut Call<'_>,
    operand: &Operand,
    weights: Vec<f64>,
    rows: usize,
    columns: usize,
) -> Made {
    if rows.checked_mul(columns) != Some(weights.len()) {
        return Err(call.wrong(format!("{} coefficients", weights.len())));
    }
    call.product(operand, &Operand::constant(vec![rows, columns], weights))
}

/// Tensors side by side along their last axis.
fn beside(call: &mut Call<'_>, parts: &[Operand]) -> Made {
    let axis = parts.first().map_or(0, |part| part.shape.len().saturating_sub(1));
    call.joined(parts, axis)
}

/// What `post_transform` makes of scores.
fn transformed(call: &mut Call<'_>, scores: Operand) -> Made {
    match call.attributes.text("post_transform", "NONE")?.as_str() {
        "NONE" => Ok(scores),
        "LOGISTIC" => call.unary(Unary::Sigmoid, &scores),
        "SOFTMAX" => call.softmax(&scores, false),
        other => Err(call.unsupported(format!("attribute `post_transform` = {other:?}"))),
    }
}

/// The probabilities of both classes from the score of the second one.
fn both(call: &mut Call<'_>, score: &Operand) -> Made {
    let transform = call.attributes.text("post_transform", "NONE")?;
    if transform != "LOGISTIC" {
        return Err(call.unsupported(format!("attribute `post_transform` = {transform:?}")));
    }
    let minus = call.times(score, -1.0)?;
    let first = call.unary(Unary::Sigmoid, &minus)?;
    let second = call.unary(Unary::Sigmoid, score)?;
    beside(call, &[first, second])
}
