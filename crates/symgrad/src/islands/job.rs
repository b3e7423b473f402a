//! What travels between an island and those who wait for it.

use serde::{Deserialize, Serialize};
use symgrad_expr::Names;
use symgrad_search::{Finds, Objective, Observer, Search, Standing, StopReason};

use super::IslandError;
use crate::packed::{pack, unpack};
use crate::{Error, SearchSettings, open_search};

/// What packed jobs and reports begin with.
const JOB: &[u8] = concat!("symgrad-island-1 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();
const REPORT: &[u8] =
    concat!("symgrad-island-report-1 ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// One round of one island. Points and settings are not part of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IslandJob {
    pub(super) island: u16,
    pub(super) islands: u16,
    /// Evaluations of the island at which the round ends.
    pub(super) until: u64,
    /// Where it was at the end of the last round.
    pub(super) state: Option<Vec<u8>>,
    /// What the others had found by then.
    pub(super) heard: Vec<Finds>,
}

/// Where an island is after a round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IslandReport {
    pub(super) island: u16,
    pub(super) islands: u16,
    pub(super) until: u64,
    pub(super) state: Vec<u8>,
    pub(super) finds: Finds,
    pub(super) evaluations: u64,
    pub(super) stopped: Option<StopReason>,
    /// Whether its two replicates have come to the same formula.
    pub(super) agreed: bool,
    /// What it would choose, with its loss.
    pub(super) best: Option<(f64, String)>,
}

impl IslandJob {
    /// The island's number, counted from 0.
    pub fn island(&self) -> u16 {
        self.island
    }

    /// Does it: with the data and settings that the whole search was begun with.
    ///
    /// Fails with [`Error::Stopped`] if the observer stops it; it can then be done again.
    pub fn run(
        &self,
        objective: &Objective,
        settings: &SearchSettings,
        observer: &mut dyn Observer,
    ) -> Result<IslandReport, Error> {
        let mut search = self.begin(objective, settings)?;
        for finds in &self.heard {
            search.hear(finds)?;
        }
        while search.stopped().is_none() && search.evaluations() < self.until {
            search.step();
            if observer.step(&search).is_break() {
                return Err(Error::Stopped);
            }
        }
        self.report(&search)
    }

    fn begin(&self, objective: &Objective, settings: &SearchSettings) -> Result<Search, Error> {
        let mut settings = settings.clone();
        settings.config.budget /= u64::from(self.islands.max(1));
        // A clock of its own would make the result depend on the worker.
        settings.config.seconds = None;
        let mut search = open_search(objective, &settings, self.state.as_deref())?;
        if self.state.is_none() {
            search.join_as(self.island);
        }
        Ok(search)
    }

    fn report(&self, search: &Search) -> Result<IslandReport, Error> {
        let names = Names::new(search.names().to_vec())?;
        let best = search.best();
        let best = best.map(|best| (best.loss, best.expr.natural().display(&names).to_string()));
        Ok(IslandReport {
            island: self.island,
            islands: self.islands,
            until: self.until,
            state: search.save()?,
            finds: search.finds(),
            evaluations: search.evaluations(),
            stopped: search.stopped(),
            agreed: search.stopped() == Some(StopReason::Settled)
                && search.standing() == Standing::Agreed,
            best,
        })
    }

    /// With a checksum, to be sent elsewhere.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        pack(JOB, self)
    }

    /// What [`to_bytes`](Self::to_bytes) has written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        unpack(JOB, "job", bytes).map_err(|reason| IslandError::Foreign { reason }.into())
    }
}

impl IslandReport {
    /// The island's number, counted from 0.
    pub fn island(&self) -> u16 {
        self.island
    }

    /// With a checksum, to be sent back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        pack(REPORT, self)
    }

    /// What [`to_bytes`](Self::to_bytes) has written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        unpack(REPORT, "report", bytes).map_err(|reason| IslandError::Foreign { reason }.into())
    }
}
