//! One search by several islands: jobs and their reports travel as bytes.

use std::path::PathBuf;

use pyo3::prelude::*;
use symgrad::{Error, IslandJob, IslandReport};

use super::asked::{Asked, Call, Prepared, read};
use super::errors::raised;
use super::follow::{Patience, follow};

/// Whether there is something to be searched: a neuron that is dead or a weighted sum needs no search.
#[pyfunction]
pub(super) fn needs_search(py: Python<'_>, call: Call<'_>) -> PyResult<bool> {
    match Asked::of(call)? {
        Asked::Search(_) => Ok(true),
        asked @ Asked::Neuron(_) => {
            follow(py, asked.threads(), None, None, move |_| asked.prepared())?
                .map(|prepared| prepared.is_some())
                .map_err(raised)
        }
    }
}

/// Does a job, anywhere; returns its report. Ends early where a file that `leash` names is gone.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "as Python hands them over")]
pub(super) fn advance_island(
    py: Python<'_>,
    call: Call<'_>,
    job: &[u8],
    leash: Option<PathBuf>,
) -> PyResult<Vec<u8>> {
    let asked = Asked::of(call)?;
    let job = IslandJob::from_bytes(job).map_err(raised)?;
    let report = follow(py, asked.threads(), None, leash.as_deref(), move |following| {
        let Prepared { objective, settings, .. } = asked.prepared()?.ok_or(Error::NothingFound)?;
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

    /// What all have found, as `search` returns it, or for a neuron as `interpret` does.
    fn finish(&self, py: Python<'_>, call: Call<'_>) -> PyResult<String> {
        let asked = Asked::of(call)?;
        let islands = self.islands().clone();
        let found = follow(py, asked.threads(), None, None, move |_| {
            asked.searched(|objective, _| islands.finish(objective))
        })?;
        found.map_err(raised)?
    }
}
