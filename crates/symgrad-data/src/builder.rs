//! How a direction field is made of points and what is known there.

use crate::field::{self, check_threshold, check_weights};
use crate::progress::Progress;
use crate::{
    DataError, DirectionField, EstimatedGradients, FieldOptions, Span, Table, Tangent, TangentMode,
    Units, estimate,
};

/// Points that get slopes estimated from values: a search looks at fewer, and each slope takes a
/// fit of its own.
const SLOPES: usize = 50_000;

/// Points that are to become a direction field.
///
/// ```
/// use symgrad_data::{FieldBuilder, Table};
/// let columns = vec![vec![3.0, 0.0, 1.0], vec![4.0, 2.0, 0.0]];
/// let points = Table::new(vec!["x".into(), "v".into()], columns)?;
/// // The gradients of x² + v², column by column.
/// let gradients = vec![vec![6.0, 0.0, 2.0], vec![8.0, 4.0, 0.0]];
/// let field = FieldBuilder::new(points).weights(Some(vec![1.0, 1.0, 0.5])).neurons(&[gradients])?;
/// assert_eq!(field.weights(), [1.0, 1.0, 0.5]);
/// # Ok::<(), symgrad_data::DataError>(())
/// ```
pub struct FieldBuilder<'a> {
    points: Table,
    weights: Option<Vec<f64>>,
    options: FieldOptions,
    surface: Surface,
    threads: Option<usize>,
    progress: &'a dyn Progress,
}

/// What is known of the surface on which points lie.
#[derive(Clone)]
pub(crate) enum Surface {
    /// It is to be found.
    Unknown,
    /// This one, or none: the points fill the space.
    Known(Option<Tangent>),
}

impl FieldBuilder<'_> {
    /// Points that weigh the same, with the default options.
    pub fn new(points: Table) -> Self {
        let options = FieldOptions::default();
        Self {
            points,
            weights: None,
            options,
            surface: Surface::Unknown,
            threads: None,
            progress: &(),
        }
    }

    /// A weight for each point, finite numbers ≥ 0.
    #[must_use]
    pub fn weights(self, weights: Option<Vec<f64>>) -> Self {
        Self { weights, ..self }
    }

    /// Which gradients count as weak, and how the surface of the points is found.
    #[must_use]
    pub fn options(self, options: &FieldOptions) -> Self {
        Self { options: *options, ..self }
    }

    /// The surface of these points, or that there is none, where [`find_surface`](Self::find_surface)
    /// has told it already: several
    /// fields on the same points need not look for it again.
    #[must_use]
    pub fn surface(self, surface: Option<Tangent>) -> Self {
        Self { surface: Surface::Known(surface), ..self }
    }

    /// Who is told of work that takes time for every point.
    #[must_use]
    pub fn progress(self, progress: &dyn Progress) -> FieldBuilder<'_> {
        let Self { points, weights, options, surface, threads, .. } = self;
        FieldBuilder { points, weights, options, surface, threads, progress }
    }

    /// The number of threads for work that takes time for every point; all cores unless it is
    /// given. The result does not depend on it.
    #[must_use]
    pub fn threads(self, threads: Option<usize>) -> Self {
        Self { threads, ..self }
    }

    /// The field of K neurons from the raw gradients of each, d columns of N:
    /// [`DirectionField::from_neurons`].
    pub fn neurons(self, gradients: &[Vec<Vec<f64>>]) -> Result<DirectionField, DataError> {
        let neurons: Vec<&[Vec<f64>]> = gradients.iter().map(Vec::as_slice).collect();
        self.build(&neurons)
    }

    /// The field of the span of K neurons: [`DirectionField::spanned`].
    pub fn spanned(
        self,
        gradients: &[Vec<Vec<f64>>],
        rank: Option<usize>,
    ) -> Result<(DirectionField, Span), DataError> {
        let Self { points, weights, options, surface, threads, progress } = self;
        check_threshold(options.weak)?;
        if let Some(weights) = &weights {
            check_weights(weights, points.rows())?;
        }
        let surface = |points: &Table| surface.on(points, options.tangent, threads, progress);
        crate::span::spanned(points, gradients, rank, weights, options.weak, surface)
    }

    /// The field of one neuron from its N values: [`DirectionField::from_values`]. Values count as
    /// much as their points weigh; points that weigh nothing are left out. Of more than 50 000
    /// points a choice gets gradients, from the values of all.
    pub fn values(self, values: &[f64]) -> Result<(DirectionField, EstimatedGradients), DataError> {
        let Self { points, weights, options, threads, progress, .. } = self;
        check_threshold(options.weak)?;
        crate::table::check_column("values", values, points.rows())?;
        let estimated = |points: &Table, values: &[f64], weights| {
            on_threads(threads, || estimated(points, values, weights, &options, progress))
        };
        let Some(weights) = weights else { return estimated(&points, values, None) };
        check_weights(&weights, points.rows())?;
        let kept: Vec<usize> = (0..points.rows()).filter(|&row| weights[row] > 0.0).collect();
        let pick = |column: &[f64]| crate::table::pick(column, &kept);
        let (values, weights) = (pick(values), pick(&weights));
        estimated(&points.select(&kept), &values, Some(&weights))
    }

    pub(crate) fn build(self, neurons: &[&[Vec<f64>]]) -> Result<DirectionField, DataError> {
        let Self { points, weights, options, surface, threads, progress } = self;
        field::check_gradients(&points, neurons)?;
        if let Some(weights) = &weights {
            check_weights(weights, points.rows())?;
        }
        check_threshold(options.weak)?;
        let surface = |points: &Table| surface.on(points, options.tangent, threads, progress);
        field::build(points, neurons, weights, options.weak, surface)
    }

    /// The surface on which the points lie, in the field's units: to be given to others with
    /// [`surface`](Self::surface).
    pub fn find_surface(&self) -> Result<Option<Tangent>, DataError> {
        let points = Units::of(&self.points).measured(self.points.clone());
        self.surface.clone().on(&points, self.options.tangent, self.threads, self.progress)
    }
}

impl Surface {
    /// The surface of measured points.
    fn on(
        self,
        points: &Table,
        mode: TangentMode,
        threads: Option<usize>,
        progress: &dyn Progress,
    ) -> Result<Option<Tangent>, DataError> {
        match self {
            Self::Known(known) => Ok(known),
            Self::Unknown => on_threads(threads, || Tangent::watched(points, mode, progress)),
        }
    }
}

/// Does work on that many threads or, where the system grants none, as it comes.
fn on_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let pool = threads.map(|count| rayon::ThreadPoolBuilder::new().num_threads(count).build());
    match pool {
        Some(Ok(pool)) => pool.install(work),
        _ => work(),
    }
}

fn estimated(
    points: &Table,
    values: &[f64],
    weights: Option<&[f64]>,
    options: &FieldOptions,
    progress: &dyn Progress,
) -> Result<(DirectionField, EstimatedGradients), DataError> {
    let (estimated, surface) =
        estimate::estimate(points, values, weights, SLOPES, options.tangent, progress)?;
    let mut trust = estimated.weights();
    if let Some(weights) = weights {
        trust.iter_mut().zip(estimated.rows()).for_each(|(trust, row)| *trust *= weights[*row]);
    }
    let points = points.select(estimated.rows());
    // It is the field's if that has the same units.
    let surface = if Units::of(&points).is_own() { surface } else { Surface::Unknown };
    let builder = FieldBuilder { surface, ..FieldBuilder::new(points) };
    let builder = builder.options(options).weights(Some(trust)).progress(progress);
    let field = builder.build(&[estimated.gradients()])?;
    Ok((field, estimated))
}
