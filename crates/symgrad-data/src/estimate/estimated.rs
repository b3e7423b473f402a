//! What is known after an estimate.

use crate::surface::median;
use crate::tangent::dot;
use std::fmt;

/// Gradients estimated from values, with the error of each one's direction.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimatedGradients {
    pub(super) rows: Vec<usize>,
    pub(super) of: usize,
    pub(super) gradients: Vec<Vec<f64>>,
    pub(super) angle_errors: Vec<f64>,
    pub(super) degree: usize,
    pub(super) reach: Reach,
    pub(super) influential: Option<Vec<String>>,
}

/// Which values went into each gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of that many neighbouring points, that of the point itself included.
    Neighbours(usize),
    /// All, through one polynomial.
    All,
}

impl EstimatedGradients {
    /// The N rows of the points that have a gradient here, rising: all of them, but of very many
    /// those of a choice that is as good as at random.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// The gradients: d columns of N. They lie in the data's tangent space; all are zero at a
    /// point where none can be told.
    pub fn gradients(&self) -> &[Vec<f64>] {
        &self.gradients
    }

    /// The standard error of each gradient's direction: an angle in radians from 0 to π/2, N of
    /// them. π/2 means that nothing is known.
    pub fn angle_errors(&self) -> &[f64] {
        &self.angle_errors
    }

    /// The median of the angle errors, in radians.
    pub fn median_angle_error(&self) -> f64 {
        median(&mut self.angle_errors.clone())
    }

    /// The share of points, from 0 to 1, whose angle error is above that many radians.
    pub fn share_above(&self, angle: f64) -> f64 {
        let above = self.angle_errors.iter().filter(|error| **error > angle).count();
        above as f64 / self.angle_errors.len() as f64
    }

    /// The level-set loss that a perfect formula would show because of the estimate: half the
    /// mean of the squared angle errors.
    pub fn level_set_loss(&self) -> f64 {
        0.5 * dot(&self.angle_errors, &self.angle_errors) / self.angle_errors.len() as f64
    }

    /// The degree of the polynomials: of local ones 2, or 1 where there were too few points; 3 or
    /// more of one through all values.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Which values went into each gradient.
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// The inputs along which there are gradients, where there were too many inputs to estimate
    /// them along all: those that show an influence on the values by themselves.
    pub fn influential(&self) -> Option<&[String]> {
        self.influential.as_deref()
    }

    /// A weight for each point: 1/(error² + floor) in units that give the median point 1, with
    /// the square of the median error as floor.
    pub(crate) fn weights(&self) -> Vec<f64> {
        let floor = self.median_angle_error().powi(2).max(f64::EPSILON);
        self.angle_errors.iter().map(|error| 2.0 * floor / (error * error + floor)).collect()
    }
}

/// "gradients estimated from the values of 24 neighbours: half of them are off by less than
/// 0.8°; a perfect formula would show a loss of about 2e-4".
impl fmt::Display for EstimatedGradients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reach {
            Reach::Neighbours(count) => {
                write!(f, "gradients estimated from the values of {count} neighbours")?;
            }
            Reach::All => {
                let degree = self.degree;
                write!(f, "gradients of a polynomial of degree {degree} through all values")?;
            }
        }
        let degrees = self.median_angle_error().to_degrees();
        let degrees =
            if degrees < 0.01 { format!("{degrees:.1e}") } else { format!("{degrees:.2}") };
        write!(
            f,
            ": half of them are off by less than {degrees}°; a perfect formula would show a loss of \
             about {:.1e}",
            self.level_set_loss()
        )?;
        if self.rows.len() < self.of {
            write!(f, "; they are estimated at {} of {} points", self.rows.len(), self.of)?;
        }
        let Some(names) = &self.influential else { return Ok(()) };
        write!(
            f,
            "; of {} inputs, too many for slopes along all, only {} by themselves show an \
             influence on the values: the others are taken to have none",
            self.gradients.len(),
            names.join(", ")
        )
    }
}
