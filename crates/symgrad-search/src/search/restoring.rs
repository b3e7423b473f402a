//! Searches that are saved, and gone on with.

use std::time::Instant;

use super::state::State;
use super::{Search, screen};
use crate::config::SearchError;
use crate::inputs::order::Order;
use crate::outcome::StopReason;
use crate::score::objective::Objective;

impl Search {
    /// Goes on with a search that [`save`](Self::save) has written, on the same objective.
    ///
    /// What comes out is what would have come out without the interruption, bit for bit.
    pub fn resume(objective: Objective, saved: &[u8]) -> Result<Self, SearchError> {
        let started = Instant::now();
        let (objective, order) = Order::of(objective);
        let state = State::read(saved, objective.digest())?;
        if state.is_only_a_result() {
            let reason = "the search has ended, and nothing but its result was kept".into();
            return Err(SearchError::NotResumable { reason });
        }
        state.config.check(objective.dim())?;
        Self::of(objective, order, state, started)
    }

    /// The same for a search that was set up as the saved one was, and has not begun.
    pub fn restore(&mut self, saved: &[u8]) -> Result<(), SearchError> {
        let mut state = State::read(saved, self.state.objective)?;
        // The one setting on which no result depends.
        state.config.threads = self.state.config.threads;
        if (&state.config, &state.ops) != (&self.state.config, &self.state.ops) {
            let reason = "it was made with other settings".into();
            return Err(SearchError::NotResumable { reason });
        }
        let folded = std::mem::take(&mut state.folded);
        self.state = state;
        self.screen = screen(&self.objective, &self.state).in_unit(self.unit);
        if folded {
            self.unfold();
        }
        self.refresh_palette();
        Ok(())
    }

    /// The whole state, to be written to a file: [`resume`](Self::resume) reads it. The points
    /// are not part of it.
    pub fn save(&self) -> Result<Vec<u8>, SearchError> {
        self.state.write()
    }

    /// What [`restore`](Self::restore) needs: of a search that has ended no more than its result
    /// depends on.
    pub fn save_briefly(&self) -> Result<Vec<u8>, SearchError> {
        if self.state.stop.is_none() { self.save() } else { self.state.result().write() }
    }

    /// Why the search has ended, if the last step was its last.
    pub fn stopped(&self) -> Option<StopReason> {
        self.state.stop
    }

    /// A number that tells searches of other points, gradients or losses apart.
    pub fn objective_digest(&self) -> u64 {
        self.state.objective
    }
}
