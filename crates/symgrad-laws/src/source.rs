//! What laws are looked for in: groups, or a motion.

use symgrad_data::{DataError, Groups, Table};

/// What laws are looked for in.
#[derive(Clone, Debug)]
pub enum Source {
    /// Points in groups, within which a law is constant.
    Groups(Groups),
    /// Points at which the inputs' derivatives in time are known, along which a law is constant.
    Motion(Motion),
}

/// Points with the derivatives of their inputs in time.
#[derive(Clone, Debug)]
pub struct Motion {
    points: Table,
    pub(crate) rates: Vec<Vec<f64>>,
    /// Rows that belong together, if some do.
    labels: Option<Vec<f64>>,
    pub(crate) exact: bool,
}

/// Derivatives that do not fit the points.
#[derive(Debug, thiserror::Error)]
pub enum MotionError {
    /// Not one column for each input, or of another length.
    #[error("{found} derivatives for {expected} inputs, or of other lengths; give one of each")]
    Rates {
        /// Columns of derivatives.
        found: usize,
        /// Inputs.
        expected: usize,
    },
    /// Too few points.
    #[error("{found} points, and at least {needed} are needed")]
    FewPoints {
        /// Points given.
        found: usize,
        /// The fewest.
        needed: usize,
    },
    /// Nothing moves.
    #[error("all derivatives are zero, or one is not finite: there is no motion")]
    AtRest,
}

/// Fewest points of a motion.
const FEWEST_POINTS: usize = 40;

/// Blocks of points of a motion that are held out, or not, as a whole.
const BLOCKS: usize = 12;

impl Motion {
    /// `exact` says that the derivatives come from equations and not from measurements; rows with
    /// one label belong together.
    pub fn new(
        points: Table,
        rates: Vec<Vec<f64>>,
        labels: Option<Vec<f64>>,
        exact: bool,
    ) -> Result<Self, MotionError> {
        let rows = points.rows();
        let fits = rates.len() == points.dim()
            && rates.iter().chain(&labels).all(|column| column.len() == rows);
        if !fits {
            return Err(MotionError::Rates { found: rates.len(), expected: points.dim() });
        }
        if rows < FEWEST_POINTS {
            return Err(MotionError::FewPoints { found: rows, needed: FEWEST_POINTS });
        }
        let all = || rates.iter().flatten();
        if !all().all(|rate| rate.is_finite()) || all().all(|rate| *rate == 0.0) {
            return Err(MotionError::AtRest);
        }
        Ok(Self { points, rates, labels, exact })
    }

    /// The points.
    pub fn points(&self) -> &Table {
        &self.points
    }

    /// The same with some of the inputs alone.
    ///
    /// # Panics
    /// As [`Table::columns_of`].
    #[must_use]
    pub fn columns_of(&self, columns: &[usize]) -> Self {
        Self {
            points: self.points.columns_of(columns),
            rates: columns.iter().map(|&index| self.rates[index].clone()).collect(),
            ..self.clone()
        }
    }

    /// Groups of consecutive rows, or those of the labels if there are enough.
    pub(crate) fn blocks(&self) -> Result<Groups, DataError> {
        let rows = self.points.rows();
        let block = |row: usize| (row * BLOCKS / rows) as f64;
        // The rows' numbers go through the split with them.
        let numbered = Table::new(vec!["row".into()], vec![(0..rows).map(|n| n as f64).collect()])?;
        if let Some(labels) = &self.labels
            && let Ok(groups) = Groups::new(&numbered, labels, None)
            && groups.split(0).is_ok()
        {
            return Ok(groups);
        }
        Groups::new(&numbered, &(0..rows).map(block).collect::<Vec<_>>(), None)
    }
}

impl Source {
    /// The points, of all groups.
    pub fn points(&self) -> &Table {
        match self {
            Self::Groups(groups) => groups.points(),
            Self::Motion(motion) => motion.points(),
        }
    }

    /// The same with some of the inputs alone.
    ///
    /// # Panics
    /// As [`Table::columns_of`].
    #[must_use]
    pub fn columns_of(&self, columns: &[usize]) -> Self {
        match self {
            Self::Groups(groups) => Self::Groups(groups.columns_of(columns)),
            Self::Motion(motion) => Self::Motion(motion.columns_of(columns)),
        }
    }
}
