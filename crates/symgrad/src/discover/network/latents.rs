//! How many latents an encoder has: as many as are asked for, or as hold.

use symgrad_data::{DataError, FieldBuilder, FieldOptions, Groups, Split};
use symgrad_siamese::{Encoder, Length, Quality, TrainConfig};

use super::{Follower, Latents, NetworkSettings, gradients, thinned};
use crate::Error;
use crate::discover::words::varies_by;

/// The encoder that is read, and what it took to train it.
pub(super) struct Learned {
    pub(super) encoder: Encoder,
    /// Of the groups that ended its training.
    quality: Quality,
    pub(super) steps: usize,
    pub(super) attempts: usize,
    pub(super) further: Option<String>,
}

/// Triplets of a step of training: few, since groups are.
const BATCH: usize = 256;

/// The variance within groups over all variance above which a latent is none of theirs, however
/// noisy they are; laws have the same limit.
pub(super) const HOLDS: f64 = 0.1;

/// Trains until the latents are as many as there should be.
pub(super) fn learn(
    split: &Split,
    seed: u64,
    network: &NetworkSettings,
    follower: &mut Follower<'_>,
) -> Result<Learned, Error> {
    let dim = split.fit.points().dim();
    let mut train = |latents: usize| trained(latents, split, seed, network.steps, follower);
    let mut learned = match network.latents {
        // As many directions as inputs would be all there are.
        Latents::Count(latents) if latents > 1 && latents >= dim => {
            return Err(Error::TooManyLatents { latents, inputs: dim });
        }
        Latents::Count(latents) => return train(latents),
        Latents::Auto => train(1)?,
    };
    if learned.quality.is_collapsed() {
        return Ok(learned);
    }
    for latents in 2..dim {
        let more = train(latents)?;
        let (steps, attempts) = (learned.steps + more.steps, learned.attempts + more.attempts);
        let further = missing(&more, &split.validation)?;
        if further.is_none() {
            learned = more;
        }
        (learned.steps, learned.attempts) = (steps, attempts);
        if further.is_some() {
            learned.further = further;
            break;
        }
    }
    Ok(learned)
}

fn trained(
    latents: usize,
    split: &Split,
    seed: u64,
    steps: usize,
    follower: &mut Follower<'_>,
) -> Result<Learned, Error> {
    let base = match latents {
        1 => TrainConfig::default(),
        latents => TrainConfig::independent(latents),
    };
    let config = TrainConfig { batch: BATCH, length: Length::Steps(steps), ..base };
    (follower.latents, follower.most) = (latents, steps);
    let (encoder, training) =
        Encoder::train_on_groups(&split.fit, &split.validation, &config, seed, follower)?;
    follower.go_on()?;
    let quality = match training.checks.last() {
        Some(quality) => quality.clone(),
        None => encoder.quality(&split.validation)?,
    };
    let (steps, attempts) = (training.steps, training.attempts);
    Ok(Learned { encoder, quality, steps, attempts, further: None })
}

/// Why the last of several latents is one too many, if it is: it is not constant, or a function of
/// the others.
fn missing(learned: &Learned, held_out: &Groups) -> Result<Option<String>, Error> {
    let latents = learned.quality.rho.len();
    let worst = learned.quality.rho.iter().copied().fold(0.0, f64::max);
    // Not a number is not constant, either.
    let holds = worst <= HOLDS && worst < learned.quality.shuffled;
    if !holds {
        let varies = varies_by(worst);
        return Ok(Some(format!("of {latents} latents one varies by {varies} within groups")));
    }
    let points = thinned(held_out);
    let gradients = gradients(&learned.encoder, &points)?;
    let builder = FieldBuilder::new(points).options(&FieldOptions::default());
    match builder.spanned(&gradients, None) {
        Ok((_, span)) if span.rank() < latents => {
            Ok(Some(format!("of {latents} latents one is a function of the others")))
        }
        Ok(_) => Ok(None),
        Err(DataError::TooManyNeurons { dim, .. }) => {
            Ok(Some(format!("the points extend in {dim} directions alone")))
        }
        Err(error) => Err(error.into()),
    }
}
