//! The pictures of a run.

use symgrad_data::Table;
use symgrad_report::{
    Curve, FrontLabels, FrontPoint, ScatterLabels, pareto_svg, scatter_svg, training_curve_svg,
};

use super::Run;
use crate::findings::formula_of_columns;
use crate::folder::{Folder, Owner};
use crate::statistics::{pearson, spearman};
use crate::steps::{CURVE, ENCODER, FRONT_PICTURE, SCATTER_PICTURE, TRAINING_PICTURE};
use crate::{Error, Findings, published_front};

impl Run<'_> {
    /// The pictures; returns the rank correlation of neuron and answer.
    pub(super) fn draw(
        &self,
        folder: &mut Folder,
        findings: &Findings,
        points: &Table,
        latent: &[f64],
    ) -> Result<f64, Error> {
        let title = self.case.id();
        let printed = published_front(self.config.experiment);
        let behind: Option<(&str, &[FrontPoint])> =
            printed.as_ref().map(|printed| ("published", printed.front.as_slice()));
        // The printed losses are paper MSE, so ours are drawn as such.
        let front: Vec<FrontPoint> = findings
            .front_points()
            .into_iter()
            .zip(&findings.front)
            .map(|(point, entry)| FrontPoint {
                loss: entry.paper_mse.unwrap_or(entry.loss),
                ..point
            })
            .collect();
        let mse = findings.front.iter().all(|entry| entry.paper_mse.is_some());
        let labels = FrontLabels {
            title: &title,
            loss: if mse { "paper MSE" } else { findings.loss_name() },
            reference: behind,
            ..Default::default()
        };
        let picture = pareto_svg(&front, Some(findings.answer), &labels)?;
        folder.write(FRONT_PICTURE, &picture)?;

        let answer = formula_of_columns(points.names(), &findings.answer().expression)?;
        let values = (0..points.rows()).map(|row| answer.eval(&points.row(row)));
        // Level sets do not mind values beyond all axes, pictures do.
        let drawable = |value: f64| value.abs() < 1e100;
        let (latent, formula): (Vec<f64>, Vec<f64>) =
            latent.iter().copied().zip(values).filter(|pair| drawable(pair.1)).unzip();
        let (r, rank) = (pearson(&latent, &formula), spearman(&latent, &formula));
        let shown = &front[findings.answer].expression;
        let labels = ScatterLabels {
            title: &title,
            formula: shown,
            latent: "neuron",
            r_squared: Some(r * r),
            spearman: Some(rank),
        };
        folder.write(SCATTER_PICTURE, scatter_svg(&latent, &formula, &labels)?)?;
        self.draw_training(folder, &title)?;
        Ok(rank)
    }

    fn draw_training(&self, folder: &mut Folder, title: &str) -> Result<(), Error> {
        // A user's own encoder comes without a curve, or with one of the user's.
        let own = folder.owner(ENCODER)? == Owner::User && folder.owner(CURVE)? != Owner::User;
        if own || !self.file(CURVE).is_file() {
            return Ok(());
        }
        let curve = Table::read(self.file(CURVE))?;
        let line = |index: usize| -> Vec<(f64, f64)> {
            curve.column(0).iter().copied().zip(curve.column(index).iter().copied()).collect()
        };
        let (training, validation) = (line(2), line(3));
        let curves = [
            Curve { name: "training", points: &training },
            Curve { name: "validation", points: &validation },
        ];
        folder.write(TRAINING_PICTURE, training_curve_svg(&curves, title, "step")?)
    }
}
