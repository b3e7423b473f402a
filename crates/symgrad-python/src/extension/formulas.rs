//! Formulas: their notations, simpler forms, derivatives.

use std::collections::BTreeMap;
use std::path::Path;

use pyo3::prelude::*;
use symgrad::SearchSettings;
use symgrad::expr::{Expr, Language, Names, OpSet, Spelling, derivative as derived};
use symgrad::search::Effort;
use symgrad::simplify::{Domain, Interval, Simplifier};

use super::asked::written;
use super::errors::{bad_input, raised};

/// Reads a formula over named inputs.
fn parsed(text: &str, names: Vec<String>) -> PyResult<(Expr, Names)> {
    let names = Names::new(names).map_err(raised)?;
    let expr = Expr::parse(text, &names)
        .map_err(|error| bad_input(format!("`{text}` cannot be read\n{}", error.render())))?;
    Ok((expr, names))
}

fn printed(expr: &Expr, names: &Names) -> String {
    expr.natural().display(names).to_string()
}

/// A formula in every notation, and what the inputs are called there.
#[pyfunction]
pub(super) fn spell(text: &str, names: Vec<String>) -> PyResult<String> {
    let (expr, names) = parsed(text, names)?;
    let natural = expr.natural();
    let spelling = Language::TYPED.map(|language| (language, Spelling::new(language, &names)));
    let spelling: BTreeMap<Language, Spelling> = spelling.into();
    let spelt: BTreeMap<Language, String> = spelling
        .iter()
        .map(|(&language, spelling)| (language, natural.spelt(language, spelling)))
        .collect();
    written(&(natural.display(&names).to_string(), spelt, spelling))
}

/// The shortest form that is the same function where the inputs are in their ranges, or with
/// `level_sets` one of the same level sets.
#[pyfunction]
pub(super) fn simplify(
    py: Python<'_>,
    text: &str,
    names: Vec<String>,
    ranges: Vec<(f64, f64)>,
    level_sets: bool,
) -> PyResult<String> {
    let (expr, names) = parsed(text, names)?;
    let inputs = ranges.into_iter().map(|(low, high)| Interval::new(low, high)).collect();
    let simplifier = Simplifier::new(OpSet::default(), Domain::new(inputs));
    let simple = py.detach(|| {
        if level_sets { simplifier.simplify_level_set(&expr) } else { simplifier.simplify(&expr) }
    });
    Ok(printed(&simple, &names))
}

/// The derivative along an input.
#[pyfunction]
pub(super) fn derivative(text: &str, names: Vec<String>, input: &str) -> PyResult<String> {
    let (expr, names) = parsed(text, names)?;
    let place = names.index_of(input);
    let place = place.ok_or_else(|| bad_input(format!("there is no input `{input}`")))?;
    let slope = derived(&expr, place);
    let inputs = names.len();
    let slope = Simplifier::new(OpSet::default(), Domain::unbounded(inputs)).arranged(&slope);
    Ok(printed(&slope, &names))
}

/// The same formula with other names for its inputs.
#[pyfunction]
pub(super) fn rename(text: &str, names: Vec<String>, others: Vec<String>) -> PyResult<String> {
    let (expr, _) = parsed(text, names)?;
    Ok(printed(&expr, &Names::new(others).map_err(raised)?))
}

/// The evaluations that an effort stands for.
#[pyfunction]
pub(super) fn effort(name: &str) -> PyResult<u64> {
    let known = Effort::ALL.into_iter().find(|effort| effort.name() == name);
    let unknown = || bad_input(format!("effort `{name}`: write quick, normal or thorough"));
    Ok(known.ok_or_else(unknown)?.budget())
}

/// The settings in a TOML file.
#[pyfunction]
pub(super) fn settings(path: &str) -> PyResult<String> {
    written(&SearchSettings::read(Path::new(path)).map_err(raised)?)
}
