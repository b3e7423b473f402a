//! The points at which neurons are read, and what all neurons have in common there.

use symgrad_data::{
    DataError, DirectionField, FieldBuilder, Progress, Reduction, Span, Table, Tangent, Units,
};

use super::InterpretSettings;
use crate::Error;

/// Points without the inputs that tell nothing, and the surface on which they lie, which is looked
/// for once.
pub(super) struct Ground {
    points: Table,
    reduction: Reduction,
    surface: Option<Tangent>,
}

impl Ground {
    /// Of a network's points; and the settings for what is left of them.
    pub(super) fn of(
        points: &Table,
        settings: &InterpretSettings,
        progress: &dyn Progress,
    ) -> Result<(Self, InterpretSettings), Error> {
        let reduction = settings.search.reduction(points);
        let search = settings.search.without(reduction.dropped())?;
        let points = reduction.points(points);
        let builder = FieldBuilder::new(points.clone()).options(&settings.field);
        let surface = builder.threads(search.config.threads).progress(progress).find_surface()?;
        Ok((Self { points, reduction, surface }, InterpretSettings { search, ..settings.clone() }))
    }

    /// The points, by the inputs that are left.
    pub(super) fn points(&self) -> &Table {
        &self.points
    }

    /// The surface, for measured points.
    pub(super) fn surface(&self) -> Option<&Tangent> {
        self.surface.as_ref()
    }

    /// The inputs that are left out, in words.
    pub(super) fn left_out(&self) -> Vec<String> {
        self.reduction.dropped().iter().map(ToString::to_string).collect()
    }

    /// Gradients in all of a network's inputs as those in the inputs that are left.
    pub(super) fn gradients(&self, gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
        self.reduction.gradients(gradients)
    }

    /// Gradients in the inputs that are left, up to a factor as those in measured inputs.
    pub(super) fn measured(&self, gradients: &[Vec<f64>]) -> Vec<Vec<f64>> {
        Units::of(&self.points).measure_derivatives(gradients)
    }

    /// The directions of one neuron's gradients.
    pub(super) fn field(
        &self,
        gradients: &[Vec<f64>],
        settings: &InterpretSettings,
    ) -> Result<DirectionField, DataError> {
        self.builder(settings).neurons(&[gradients.to_vec()])
    }

    /// The span of several neurons' gradients.
    pub(super) fn span(
        &self,
        gradients: &[Vec<Vec<f64>>],
        rank: Option<usize>,
        settings: &InterpretSettings,
    ) -> Result<(DirectionField, Span), DataError> {
        self.builder(settings).spanned(gradients, rank)
    }

    fn builder(&self, settings: &InterpretSettings) -> FieldBuilder<'static> {
        FieldBuilder::new(self.points.clone())
            .weights(settings.weights.clone())
            .options(&settings.field)
            .surface(self.surface.clone())
    }
}
