//! Triplets as training takes them: standardised, in single precision, within reach.

use symgrad_data::{Table, Triplets};

use crate::SiameseError;
use crate::inverse_iteration::Pairs;
use crate::standardise::Standardisation;

/// Fewer triplets have no variance.
const FEWEST: usize = 2;

/// One triplet in this many is kept, however far it lies.
const LEAST: usize = 5;

/// What triplets are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    Training,
    Validation,
}

impl Split {
    const fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Validation => "validation",
        }
    }

    /// How errors name the tables.
    const fn tables(self) -> [&'static str; 3] {
        match self {
            Self::Training => {
                ["the training anchors", "the training positives", "the training negatives"]
            }
            Self::Validation => {
                ["the validation anchors", "the validation positives", "the validation negatives"]
            }
        }
    }
}

/// Standardised triplets.
pub(crate) struct Samples {
    /// Anchors, positives and, where the loss needs them, negatives, each row by row.
    pub(crate) branches: Vec<Vec<f32>>,
    /// Number of triplets.
    pub(crate) count: usize,
    /// Number of inputs.
    pub(crate) inputs: usize,
    /// Triplets beyond reach.
    pub(crate) left_out: usize,
}

impl Samples {
    pub(crate) fn new(
        triplets: &Triplets,
        standardisation: &Standardisation,
        negatives: bool,
        reach: f64,
        split: Split,
    ) -> Result<Self, SiameseError> {
        let tables = [triplets.anchor(), triplets.positive(), triplets.negative()];
        let branch = |(table, what): (&Table, &'static str)| {
            let rows = standardisation.rows(table, what)?;
            #[expect(clippy::cast_possible_truncation, reason = "the network computes in f32")]
            let narrow = rows.into_iter().map(|x| x as f32).collect();
            Ok(narrow)
        };
        let used = if negatives { 3 } else { 2 };
        let branches = tables.into_iter().zip(split.tables()).take(used).map(branch);
        let branches = branches.collect::<Result<_, SiameseError>>()?;
        let inputs = standardisation.inputs();
        let mut samples = Self { branches, count: triplets.len(), inputs, left_out: 0 };
        if reach > 0.0 {
            samples.keep_within(reach);
        }
        if samples.count < FEWEST {
            let Self { count, left_out, .. } = samples;
            return Err(SiameseError::TooFewTriplets { split: split.name(), count, left_out });
        }
        Ok(samples)
    }

    /// Leaves out triplets with a positive or negative beyond reach, which grows if too few
    /// would remain.
    fn keep_within(&mut self, reach: f64) {
        let distance = |row: usize| {
            let points = self.branches[1..].iter().flat_map(|branch| self.point(branch, row));
            points.fold(0.0, |farthest: f64, x| farthest.max(f64::from(x.abs())))
        };
        let distances: Vec<f64> = (0..self.count).map(distance).collect();
        let mut sorted = distances.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let least = self.count.div_ceil(LEAST).saturating_sub(1);
        let reach = sorted.get(least).map_or(reach, |least| reach.max(*least));
        let kept: Vec<usize> = (0..self.count).filter(|&row| distances[row] <= reach).collect();
        let pick = |branch: &Vec<f32>| {
            kept.iter().flat_map(|&row| self.point(branch, row)).copied().collect()
        };
        self.branches = self.branches.iter().map(pick).collect();
        self.left_out = self.count - kept.len();
        self.count = kept.len();
    }

    fn point<'a>(&self, branch: &'a [f32], row: usize) -> &'a [f32] {
        &branch[row * self.inputs..(row + 1) * self.inputs]
    }

    /// The first so many pairs.
    pub(crate) fn pairs(&self, count: usize) -> Pairs<'_> {
        let part = |branch: usize| &self.branches[branch][..count * self.inputs];
        Pairs { anchors: part(0), positives: part(1), inputs: self.inputs }
    }

    /// The rows of those triplets, one branch after another.
    pub(crate) fn gather(&self, branches: usize, rows: &[usize]) -> Vec<f32> {
        let mut batch = Vec::with_capacity(branches * rows.len() * self.inputs);
        for branch in &self.branches[..branches] {
            for &row in rows {
                batch.extend_from_slice(self.point(branch, row));
            }
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anchors 0 and 2, so that standard units are value − 1; positives as given.
    fn left_out(positives: &[f64], reach: f64) -> Result<usize, SiameseError> {
        let table = |values: Vec<f64>| Table::new(vec!["x".into()], vec![values]).unwrap();
        let anchors: Vec<f64> = (0..positives.len()).map(|i| 2.0 * (i % 2) as f64).collect();
        let anchors = table(anchors);
        let triplets =
            Triplets::new(anchors.clone(), table(positives.to_vec()), anchors.clone()).unwrap();
        let standardisation = Standardisation::of(&anchors);
        let samples = Samples::new(&triplets, &standardisation, true, reach, Split::Training)?;
        assert_eq!(samples.count + samples.left_out, positives.len());
        Ok(samples.left_out)
    }

    #[test]
    fn what_lies_beyond_reach_is_left_out() {
        let positives = [1.0, 2.0, 5.0, -3.0, 1.5, 0.0];
        assert_eq!(left_out(&positives, 3.5).unwrap(), 2);
        assert_eq!(left_out(&positives, 0.0).unwrap(), 0);
    }

    #[test]
    fn reach_grows_before_nothing_is_left() {
        let far: Vec<f64> = (0..20).map(|i| 100.0 + f64::from(i)).collect();
        assert_eq!(left_out(&far, 3.0).unwrap(), 16);
        let error = left_out(&far[..1], 3.0).unwrap_err();
        assert!(matches!(error, SiameseError::TooFewTriplets { count: 1, .. }), "{error}");
    }
}
