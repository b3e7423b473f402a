//! One search by several islands: jobs and their reports travel as bytes.

use pyo3::prelude::*;
use symgrad::{Error, Findings, IslandJob, IslandReport};

use super::errors::raised;
use super::follow::{Patience, follow};
use super::search::{Asked, Prepared, read, written};

/// Does a job, anywhere; returns its report. What it needs besides is as for `search`.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "named by the only caller")]
#[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
pub(super) fn advance_island(
    py: Python<'_>,
    names: Vec<String>,
    points: Vec<Bound<'_, PyAny>>,
    gradients: Vec<Vec<Bound<'_, PyAny>>>,
    values: Option<Bound<'_, PyAny>>,
    weights: Option<Bound<'_, PyAny>>,
    settings: &str,
    options: &str,
    job: &[u8],
) -> PyResult<Vec<u8>> {
    let asked = Asked::new(
        names,
        &points,
        &gradients,
        values.as_ref(),
        weights.as_ref(),
        settings,
        options,
    )?;
    let job = IslandJob::from_bytes(job).map_err(raised)?;
    let report = follow(py, asked.threads(), None, move |following| {
        let Prepared { objective, settings, .. } = asked.prepared()?;
        job.run(&objective, &settings, &mut Patience::new(following))?.to_bytes()
    })?;
    report.map_err(raised)
}

/// The rounds of a search by several islands.
#[pyclass(frozen, module = "symgrad._symgrad")]
pub(super) struct Islands(std::sync::Mutex<symgrad::Islands>);

impl Islands {
    fn islands(&self) -> std::sync::MutexGuard<'_, symgrad::Islands> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[pymethods]
impl Islands {
    #[new]
    fn new(settings: &str, count: usize) -> PyResult<Self> {
        let settings = read("settings", settings)?;
        let islands = symgrad::Islands::new(&settings, count).map_err(raised)?;
        Ok(Self(islands.into()))
    }

    /// The jobs of this round that are not done, by the numbers of their islands; none at the end.
    fn jobs(&self) -> PyResult<Vec<(u16, Vec<u8>)>> {
        let jobs = self.islands().jobs().into_iter();
        jobs.map(|job| Ok((job.island(), job.to_bytes().map_err(raised)?))).collect()
    }

    /// Takes a report.
    fn take(&self, report: &[u8]) -> PyResult<()> {
        let report = IslandReport::from_bytes(report);
        report.and_then(|report| self.islands().take(report)).map_err(raised)
    }

    /// Evaluations so far and at most, and the best formula.
    fn progress(&self) -> (u64, u64, String) {
        let islands = self.islands();
        (islands.evaluations(), islands.budget(), islands.best().unwrap_or_default().to_owned())
    }

    /// What all have found, as `search` returns it.
    #[expect(clippy::too_many_arguments, reason = "named by the only caller")]
    #[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
    fn finish(
        &self,
        py: Python<'_>,
        names: Vec<String>,
        points: Vec<Bound<'_, PyAny>>,
        gradients: Vec<Vec<Bound<'_, PyAny>>>,
        values: Option<Bound<'_, PyAny>>,
        weights: Option<Bound<'_, PyAny>>,
        settings: &str,
        options: &str,
    ) -> PyResult<String> {
        let asked = Asked::new(
            names,
            &points,
            &gradients,
            values.as_ref(),
            weights.as_ref(),
            settings,
            options,
        )?;
        let islands = self.islands().clone();
        let found: Result<Findings, Error> = follow(py, asked.threads(), None, move |_| {
            let Prepared { objective, left_out, .. } = asked.prepared()?;
            let mut findings = islands.finish(&objective)?;
            findings.take_sample(&objective);
            findings.left_out = left_out;
            Ok(findings)
        })?;
        written(&found.map_err(raised)?)
    }
}
