//! One sentence on what to do where nothing was found, by what the search has seen.

use symgrad_search::{Evidence, LossKind, StopReason, Trust, Verdict};

use crate::{Findings, Outer};

/// Fewer points than this, for each input, show little.
const FEW: usize = 25;

/// A held-out loss of so many times the search's own is a fit of the points, not of the function.
const FITTED: f64 = 2.0;

/// Loss that explains next to nothing.
const NOTHING: f64 = 0.3;

/// Share of the loss that is noise, if noise is to blame.
const MOSTLY: f64 = 0.5;

/// A loss, 1 − mean cos, of ordinary networks about a concept that they have learned: up to
/// about 10 degrees.
const ORDINARY: f64 = 0.015;

impl Findings {
    /// What to do about an answer that is *not found*, in one sentence; `None` for others. How
    /// the neuron depends on the answer tells more, if that is known.
    pub fn advice(&self, outer: Option<&Outer>) -> Option<String> {
        let trust = self.trust.as_ref()?;
        let Verdict::NotFound { .. } = trust.verdict else { return None };
        let entry = trust.entries.get(self.answer);
        let evidence = entry.and_then(|entry| entry.evidence);
        let loss = self.answer().loss;
        let dim = self.inputs.len();
        let held_out = entry.and_then(|entry| entry.held_out);
        Some(if evidence.is_none() && self.is_of_one_direction() {
            "a single input has the same level sets whatever the formula is: fit the values \
             instead, with --values"
                .to_owned()
        } else if let Some(strays) = self.about_strays() {
            strays
        } else if (1..FEW * dim).contains(&self.points) {
            format!(
                "{} points are few for {dim} inputs: give more of them, some hundred for two inputs \
                 and some thousand for ten",
                self.points
            )
        } else if held_out.is_some_and(|held| held.low > FITTED * loss.max(1e-10)) {
            "the formula fits the points that it was made from and no others: give more points, \
             or allow less with --max-complexity"
                .to_owned()
        } else if loss > NOTHING {
            self.nothing_comes_near().to_owned()
        } else if let Some(Evidence { noise, .. }) = evidence.filter(|e| e.noise > MOSTLY * loss) {
            self.noise_hides(noise, loss)
        } else if self.is_close() {
            self.may_be_right(trust, outer)
        } else if matches!(self.stopped, Some(StopReason::Budget | StopReason::Seconds)) {
            "the search ended with its budget or time: more of it, --budget or --seconds, may find \
             more"
                .to_owned()
        } else {
            "allow other operators with --ops or a larger --budget, or say what you know of the \
             formula, with --units, --structure, --require or --guess"
                .to_owned()
        })
    }

    pub(crate) fn is_of_values(&self) -> bool {
        matches!(self.measure, Some(LossKind::Values | LossKind::ScaledValues))
    }

    fn is_of_one_direction(&self) -> bool {
        self.inputs.len() == 1 && !self.is_of_values()
    }

    fn is_close(&self) -> bool {
        let fold = self.measure == Some(LossKind::LocalSign);
        !self.is_of_values() && !fold && self.answer().loss < ORDINARY
    }

    fn nothing_comes_near(&self) -> &'static str {
        if self.is_of_values() {
            "no formula explains much of the values: they may not depend on these inputs alone, or \
             need other operators, --ops"
        } else {
            "no formula comes near: the gradients may hold several concepts at once (several \
             neurons of one layer, --neuron 0,1, tell them apart), need other operators, --ops, or \
             be noise"
        }
    }

    fn noise_hides(&self, noise: f64, loss: f64) -> String {
        let share = (100.0 * noise / loss).min(100.0);
        let way = if self.is_of_values() {
            "more points, or more precise values, would show more"
        } else {
            "more points, double precision or a network without kinks would show more"
        };
        format!("{share:.0} % of the loss differ from point to point like noise: {way}")
    }

    /// What networks with an ordinary training look like about a concept that they have learned.
    fn may_be_right(&self, trust: &Trust, outer: Option<&Outer>) -> String {
        let answer = trust.entries.get(self.answer).and_then(|entry| entry.held_out);
        let loss = answer.map_or(self.answer().loss, |held| held.estimate);
        let degrees = (1.0 - loss).clamp(-1.0, 1.0).acos().to_degrees();
        let explains = outer.map_or_else(String::new, |outer| {
            format!(" and explains {:.1} % of the variance", 100.0 * outer.r_squared)
        });
        format!(
            "the guess follows the gradients to {degrees:.1} degrees{explains}, as close as \
             ordinary networks come to a concept that they have learned, so that it may be right: \
             look whether a longer training, or another network on the same data, gives it again"
        )
    }
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_search::EntryTrust;

    use super::*;
    use crate::{Error, SearchSettings, search_field};

    fn found() -> Result<Findings, Error> {
        let x: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
        let y: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
        let points = Table::new(vec!["x".into(), "y".into()], vec![x.clone(), y.clone()])?;
        let field = DirectionField::from_gradients(points, &[y, x], &FieldOptions::default())?;
        let mut settings = SearchSettings::default();
        settings.config.budget = 5_000;
        search_field(&field, &settings, &mut ())
    }

    /// The findings as they would be with other numbers.
    fn with(findings: &Findings, loss: f64, noise: f64, held: f64) -> Findings {
        let mut changed = findings.clone();
        changed.front[changed.answer].loss = loss;
        let trust = changed.trust.as_mut().expect("a verdict");
        trust.verdict = Verdict::NotFound { reason: "for a test".into() };
        let interval = symgrad_search::Interval { estimate: held, low: held, high: held };
        let evidence = Evidence {
            description: 9.0,
            chance: 1.0,
            misfit: loss,
            typical: loss,
            smooth: false,
            noise,
        };
        trust.entries[changed.answer] = EntryTrust {
            held_out: Some(interval),
            shell: Some(interval),
            evidence: Some(evidence),
        };
        changed
    }

    #[test]
    fn advice_fits_the_case() -> Result<(), Error> {
        let findings = found()?;
        assert_eq!(findings.advice(None), None, "what is identified needs none");
        let spent =
            Findings { stopped: Some(StopReason::Budget), ..with(&findings, 0.1, 0.01, 0.1) };
        assert!(spent.advice(None).is_some_and(|advice| advice.contains("ended with its budget")));
        let findings = Findings { stopped: Some(StopReason::Settled), ..findings };
        for (loss, noise, held, words) in [
            (0.002, 1e-4, 0.002, "may be right"),
            (0.002, 0.0018, 0.002, "like noise"),
            (0.002, 1e-4, 0.2, "no others"),
            (0.8, 0.1, 0.8, "no formula comes near"),
            (0.1, 0.01, 0.1, "--units"),
        ] {
            let advice = with(&findings, loss, noise, held).advice(None).expect("advice");
            assert!(advice.contains(words), "{advice}");
            assert_eq!(advice.lines().count(), 1);
        }
        let few = Findings { points: 30, ..with(&findings, 0.002, 1e-4, 0.002) };
        assert!(few.advice(None).is_some_and(|advice| advice.starts_with("30 points are few")));
        Ok(())
    }
}
