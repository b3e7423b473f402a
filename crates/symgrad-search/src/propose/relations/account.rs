//! What decompositions of matrices cost, in evaluations, and what they may.

use crate::score::budget::Allowance;

/// Cells of a decomposition, thousand rows times columns squared, that take as long as an evaluation.
const CELLS: f64 = 60.0;

/// An allowance, and what was taken from it: never more.
pub(super) struct Account {
    allowance: Allowance,
    cells: f64,
}

impl Account {
    pub(super) fn new(allowance: &Allowance) -> Self {
        Self { allowance: allowance.clone(), cells: 0.0 }
    }

    /// Takes what the decomposition of a matrix costs; nothing, and false, if that is more than is left.
    pub(super) fn take(&mut self, rows: usize, columns: usize) -> bool {
        self.take_cells((columns * columns) as f64 * rows as f64 / 1_000.0)
    }

    /// The same of evaluations.
    pub(super) fn take_evaluations(&mut self, evaluations: u64) -> bool {
        self.take_cells(evaluations as f64 * CELLS)
    }

    fn take_cells(&mut self, cells: f64) -> bool {
        let after = self.cells + cells;
        let enough =
            !self.allowance.is_late() && after <= self.allowance.evaluations as f64 * CELLS;
        if enough {
            self.cells = after;
        }
        enough
    }

    pub(super) fn spent(&self) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let spent = (self.cells / CELLS) as u64;
        spent
    }

    pub(super) fn is_over(&self) -> bool {
        self.allowance.is_over_after(self.spent())
    }

    pub(super) fn left(&self) -> Allowance {
        self.allowance.after(self.spent())
    }
}
