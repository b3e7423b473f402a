//! The points in parts: some to fit on, others to choose by, the rest to judge.

use symgrad_data::DataError;

use crate::LawSettings;
use crate::far::without_far;
use crate::noise::noise_of;
use crate::sample::{Sample, deviation};
use crate::source::Source;

/// Points on which single sums are fitted, chosen and judged.
const SUM_POINTS: usize = 6_000;

/// Points on which libraries are fitted: the work grows with their number.
const LIBRARY_POINTS: usize = 1_500;

/// The points in the three parts.
pub(crate) struct Parts {
    /// Few, for the libraries.
    pub(crate) few: Sample,
    pub(crate) fit: Sample,
    pub(crate) validation: Sample,
    pub(crate) test: Sample,
    /// The three together.
    pub(crate) all: Sample,
    pub(crate) noise: Option<Vec<f64>>,
    pub(crate) exact: bool,
    /// Points that were left out since they are far outside.
    pub(crate) far: usize,
}

impl Parts {
    pub(crate) fn of(source: &Source, settings: &LawSettings) -> Result<Self, DataError> {
        let near = match source {
            Source::Groups(groups) => without_far(groups)?,
            Source::Motion(_) => None,
        };
        let (near, far) = near.map_or((None, 0), |(near, far)| (Some(Source::Groups(near)), far));
        let source = near.as_ref().unwrap_or(source);
        let points = source.points();
        let deviations: Vec<f64> = points.columns().iter().map(|c| deviation(c)).collect();
        let (fit, validation, test, noise, exact) = match source {
            Source::Groups(groups) => {
                let noise = match settings.noise {
                    Some(share) => Some(deviations.iter().map(|s| s * share).collect()),
                    None => noise_of(groups),
                };
                let scales = scales(&deviations, noise.as_deref());
                let split = groups.split(settings.seed)?;
                let [fit, validation, test] = [split.fit, split.validation, split.test]
                    .map(|part| Sample::of_groups(&part, &scales));
                (fit, validation, test, noise, false)
            }
            Source::Motion(motion) => {
                let split = motion.blocks()?.split(settings.seed)?;
                let [fit, validation, test] =
                    [split.fit, split.validation, split.test].map(|part| {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "numbers of rows"
                        )]
                        let rows: Vec<usize> =
                            part.points().column(0).iter().map(|row| *row as usize).collect();
                        let rate = |rate: &Vec<f64>| rows.iter().map(|&row| rate[row]).collect();
                        let rates: Vec<Vec<f64>> = motion.rates.iter().map(rate).collect();
                        let blocks = (0..part.len()).map(|block| part.rows(block)).collect();
                        Sample::of_motion(&points.select(&rows), &rates, blocks, &deviations)
                    });
                (fit, validation, test, None, motion.exact)
            }
        };
        let [fit, validation, test] = [fit, validation, test].map(|part| part.thinned(SUM_POINTS));
        let few = fit.thinned(LIBRARY_POINTS);
        let all = fit.joined(&validation).joined(&test);
        Ok(Self { few, fit, validation, test, all, noise, exact, far })
    }

    /// The mean squared noise of the inputs in their measures, where it is known.
    pub(crate) fn squared_noise(&self) -> Option<f64> {
        let noise = self.noise.as_ref()?;
        let squares = noise.iter().zip(&self.fit.scales).map(|(n, s)| (n / s).powi(2));
        Some(squares.sum::<f64>() / noise.len() as f64)
    }
}

/// Errors are measured by the inputs' noise where it is known, but none is taken for that much more
/// exact than the others; else all alike by how far they extend.
fn scales(deviations: &[f64], noise: Option<&[f64]>) -> Vec<f64> {
    const LEAST: f64 = 0.1;
    let Some(noise) = noise else { return deviations.to_vec() };
    let shares: Vec<f64> = noise.iter().zip(deviations).map(|(n, s)| n / s).collect();
    let most = shares.iter().copied().fold(0.0, f64::max);
    if !(most > 0.0 && most.is_finite()) {
        return deviations.to_vec();
    }
    deviations.iter().zip(&shares).map(|(s, share)| s * (share / most).max(LEAST)).collect()
}
