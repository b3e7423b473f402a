//! Searches for gradients, values, or values whose gradients are estimated.

use pyo3::prelude::*;
use symgrad::{Findings, Outer, open_search, run_search};

use super::asked::{Asked, Call, read};
use super::errors::raised;
use super::follow::{Watch, follow};

/// Searches as `symgrad search` does; returns what it writes to `result.json`.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
pub(super) fn search(
    py: Python<'_>,
    call: Call<'_>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let asked = Asked::of(call)?;
    let found = follow(py, asked.threads(), progress.as_ref(), None, move |following| {
        asked.searched(|objective, settings| {
            let search = open_search(objective, settings, None)?;
            let mut findings = run_search(search, &mut Watch::new(following))?;
            findings.look_for_strays(objective);
            Ok(findings)
        })
    })?;
    found.map_err(raised)?
}

/// What else can be said of findings, as they are in `result.json`: what to do where nothing was
/// found, and what the field alone tells of the formula, line by line.
#[pyfunction]
pub(super) fn remarks(
    findings: &str,
    outer: Option<&str>,
) -> PyResult<(Option<String>, Vec<String>)> {
    let findings: Findings = read("findings", findings)?;
    let outer = outer.map(|outer| read::<Outer>("outer function", outer)).transpose()?;
    let hints = findings.hints.to_string().lines().map(str::to_owned).collect();
    Ok((findings.advice(outer.as_ref()), hints))
}
