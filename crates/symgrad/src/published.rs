//! The numbers printed with arXiv 2409.05305.

use serde::Deserialize;
use symgrad_experiments::Experiment;
use symgrad_report::FrontPoint;

/// A front as it is printed, with the entry that is marked as the answer.
///
/// Losses are paper MSE; inputs are called x1, x2, ….
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedFront {
    /// The experiment.
    pub experiment: Experiment,
    /// Index of the answer in the front.
    pub answer: usize,
    /// The entries in rising complexity.
    pub front: Vec<FrontPoint>,
}

/// The printed front of an experiment; there are twelve.
///
/// ```
/// use symgrad::experiments::Experiment;
/// let front = symgrad::published_front(Experiment::SpacetimeInterval).unwrap();
/// assert_eq!(front.front[front.answer].complexity, 11);
/// assert!(symgrad::published_front(Experiment::Determinant3x3).is_none());
/// ```
pub fn published_front(experiment: Experiment) -> Option<PublishedFront> {
    #[derive(Deserialize)]
    struct File {
        fronts: Vec<PublishedFront>,
    }
    // The text is part of the program, and a test reads it.
    let file: File = serde_json::from_str(include_str!("published_fronts.json")).ok()?;
    file.fronts.into_iter().find(|front| front.experiment == experiment)
}

/// The paper MSE of the printed answer against the network, where there is one.
pub fn published_mse(experiment: Experiment) -> Option<f64> {
    let printed = published_front(experiment)?;
    Some(printed.front.get(printed.answer)?.loss)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twelve_can_be_read() {
        let printed = Experiment::ALL.into_iter().filter_map(published_front);
        assert_eq!(printed.filter(|front| front.answer < front.front.len()).count(), 12);
        assert_eq!(published_mse(Experiment::Oscillator), None);
    }
}
