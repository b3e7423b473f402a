//! Formulas that hold but for a few points.
//!
//! A network that has not learned its concept at the rim of its data, or has a turn there, is
//! followed by the concept's formula everywhere else. Where one sign counts for all points, a few
//! that face the other way outweigh all others, and longer formulas bend to them. The same do a
//! few outliers among values.

use serde::{Deserialize, Serialize};
use symgrad_expr::{Aligned, Expr, Names};
use symgrad_search::{Evaluator, LossKind, Objective, Verdict};

use crate::Findings;

/// At most this share of the points are few.
const FEW: f64 = 0.05;

/// What the loss falls by without them, and by how much it lies below that of simpler formulas
/// then.
const FALL: f64 = 10.0;
const BETTER: f64 = 5.0;

/// The least part of a point's way that is seen.
const SEEN: f64 = 0.1;

/// Losses of less than twice each other are no different.
const ALIKE: f64 = 2.0;

/// A formula on a front with the few points that speak against it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Strays {
    /// Its index on the front.
    pub entry: usize,
    /// Number of the points.
    pub points: usize,
    /// Its loss at all others.
    pub loss: f64,
    /// The point that speaks most against it.
    pub worst: Vec<f64>,
}

impl Findings {
    /// Looks for a formula that few points speak against, if nothing was found. The objective is
    /// that of the search.
    pub fn look_for_strays(&mut self, objective: &Objective) {
        // By signs that are taken point by point no point faces the other way.
        let signed = self.measure != Some(LossKind::LocalSign);
        if signed && matches!(self.verdict(), Some(Verdict::NotFound { .. })) {
            self.strays = self.strays_of(objective);
        }
    }

    fn strays_of(&self, objective: &Objective) -> Option<Strays> {
        let names = Names::new(self.inputs.clone()).ok()?;
        let mut evaluator = Evaluator::new(objective);
        let mut misfit = |text: &str| Misfit::of(&Expr::parse(text, &names).ok()?, &mut evaluator);
        let found: Vec<Option<Misfit>> =
            self.front.iter().map(|entry| misfit(&entry.expression)).collect();
        let core = |misfit: &Option<Misfit>| misfit.as_ref().map_or(f64::INFINITY, |m| m.core);
        let least =
            |misfits: &[Option<Misfit>]| misfits.iter().map(core).fold(f64::INFINITY, f64::min);
        let entry = found.iter().position(|misfit| core(misfit) <= ALIKE * least(&found))?;
        let Misfit { losses, core } = found[entry].as_ref()?;
        // One point that goes quite another way adds about one in all of them.
        let visible = mean(losses) > SEEN / losses.len() as f64;
        if !visible || FALL * core >= mean(losses) || BETTER * core >= least(&found[..entry]) {
            return None;
        }
        // As many as it takes.
        let points = (1..losses.len()).find(|&n| mean(&losses[n..]) <= ALIKE * core)?;
        let row = losses.first()?.1;
        let units = objective.units();
        let given = |(input, column): (usize, &Aligned)| {
            units.origin(input) + units.scale(input) * column[row]
        };
        let worst = objective.columns().iter().enumerate().map(given).collect();
        Some(Strays { entry, points, loss: mean(&losses[points..]), worst })
    }

    /// What the strays, if there are any, say to a reader.
    pub(crate) fn about_strays(&self) -> Option<String> {
        let Strays { entry, points, loss, worst } = self.strays.as_ref()?;
        let at = self
            .inputs
            .iter()
            .zip(worst)
            .map(|(name, x)| format!("{name} = {x:.3}", x = Short(*x)));
        let at = at.collect::<Vec<String>>().join(", ");
        let (total, formula) = (self.points, &self.front.get(*entry)?.expression);
        let (odd, remedy) = if self.is_of_values() {
            ("have other values", "if they are outliers, leave them out")
        } else {
            (
                "go another way",
                "if the network has not learned its concept there, or turns there, leave such \
                 points out",
            )
        };
        Some(format!(
            "{points} of {total} points {odd}, most of all {at}; at the others {formula} has a loss \
             of {loss:.1e}, and nothing simpler comes near: {remedy}"
        ))
    }
}

/// The losses of a formula at the points, each with its point, the largest first; and their mean
/// without the first few.
struct Misfit {
    losses: Vec<(f64, usize)>,
    core: f64,
}

impl Misfit {
    fn of(expr: &Expr, evaluator: &mut Evaluator<'_>) -> Option<Self> {
        let mut losses: Vec<(f64, usize)> =
            evaluator.point_losses(expr)?.into_iter().zip(0..).collect();
        losses.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let few = losses
            .iter()
            .enumerate()
            .take_while(|(n, _)| *n as f64 + 1.0 <= FEW * losses.len() as f64);
        let core = mean(&losses[few.count()..]);
        Some(Self { losses, core })
    }
}

/// A number with few digits, however large or small.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = f.precision().unwrap_or(3);
        let text = format!("{:.*e}", digits - 1, self.0);
        // What reads without an exponent is written so.
        let plain: f64 = text.parse().unwrap_or(self.0);
        if (1e-3..1e6).contains(&plain.abs()) || plain == 0.0 {
            write!(f, "{plain}")
        } else {
            write!(f, "{text}")
        }
    }
}

fn mean(losses: &[(f64, usize)]) -> f64 {
    losses.iter().map(|(loss, _)| loss).sum::<f64>() / losses.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_search::Measure;

    use super::*;
    use crate::{SearchSettings, search_field};

    /// The field of x·y, but for the points at which it turns back.
    fn field(turned: impl Fn(f64, f64) -> bool) -> Result<DirectionField, crate::Error> {
        let column = |step: f64| (1..=400).map(move |n| 0.5 + (step * f64::from(n)).fract() * 2.0);
        let x: Vec<f64> = column(0.754_878).collect();
        let y: Vec<f64> = column(0.569_840).collect();
        let sign = |(x, y): (&f64, &f64)| if turned(*x, *y) { -1.0 } else { 1.0 };
        let signs: Vec<f64> = x.iter().zip(&y).map(sign).collect();
        let along = |other: &[f64]| other.iter().zip(&signs).map(|(g, s)| g * s).collect();
        let gradients = [along(&y), along(&x)];
        let points = Table::new(vec!["x".into(), "y".into()], vec![x, y])?;
        Ok(DirectionField::from_gradients(points, &gradients, &FieldOptions::default())?)
    }

    #[test]
    fn a_formula_that_holds_but_for_a_corner_is_told() -> Result<(), crate::Error> {
        let mut settings = SearchSettings::default();
        settings.config.budget = 4_000;
        for (corner, told) in [(2.15, true), (9.0, false), (1.0, false)] {
            let field = field(|x, y| x > corner && y > corner)?;
            let mut findings = search_field(&field, &settings, &mut ())?;
            let trust = findings.trust.as_mut().expect("a verdict");
            trust.verdict = Verdict::NotFound { reason: "for a test".into() };
            findings.look_for_strays(&Objective::new(&field, Measure::LevelSet));
            let sentence = findings.about_strays();
            assert_eq!(sentence.is_some(), told, "{corner}: {sentence:?}");
            if let (Some(strays), Some(sentence)) = (&findings.strays, sentence) {
                assert_eq!(findings.front[strays.entry].expression, "x*y");
                assert!(strays.worst.iter().all(|x| *x > corner), "{:?}", strays.worst);
                assert!(sentence.contains("go another way"), "{sentence}");
            }
        }
        Ok(())
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in
            [(0.0, "0"), (1234.567, "1230"), (-4.5213e-27, "-4.52e-27"), (9.341e7, "9.34e7")]
        {
            assert_eq!(format!("{:.3}", Short(number)), text);
        }
    }
}
