//! What a search says of its own answer, as a run's record keeps it, and how often it is right.

use serde::{Deserialize, Serialize};
use symgrad_search::{Interval, Verdict};

use crate::Findings;

/// A [`Verdict`] with what it rests on, readable without the front it was made for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// Which of the three it is.
    pub kind: VerdictKind,
    /// The verdict and its reason in one line, for people.
    pub summary: String,
    /// Formulas that are as credible as the answer.
    pub alternatives: Vec<String>,
    /// Loss of the answer on points drawn at random and kept from the search, with its bootstrap
    /// interval; absent without such points, or if the answer is not finite there.
    pub held_out: Option<Interval>,
    /// Loss that a perfect formula would have at least.
    pub noise_floor: f64,
}

/// The kinds of a [`Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// The answer, and nothing else, explains the neuron.
    Identified,
    /// Something was found, but the data do not single the answer out.
    Ambiguous,
    /// Any smooth function would have been matched as well.
    NotFound,
}

impl VerdictKind {
    /// All of them, the strongest claim first.
    pub const ALL: [Self; 3] = [Self::Identified, Self::Ambiguous, Self::NotFound];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identified => "identified",
            Self::Ambiguous => "ambiguous",
            Self::NotFound => "not found",
        }
    }

    #[cfg(feature = "training")]
    pub(crate) fn badge(self) -> symgrad_report::Badge {
        use symgrad_report::Badge;
        match self {
            Self::Identified => Badge::Identified,
            Self::Ambiguous => Badge::Ambiguous,
            Self::NotFound => Badge::NotFound,
        }
    }
}

impl From<&Verdict> for VerdictKind {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Identified => Self::Identified,
            Verdict::Ambiguous { .. } => Self::Ambiguous,
            Verdict::NotFound { .. } => Self::NotFound,
        }
    }
}

impl VerdictRecord {
    /// The verdict of those findings; absent if an earlier version made them without one.
    pub fn of(findings: &Findings) -> Option<Self> {
        let trust = findings.trust.as_ref()?;
        let indices: &[usize] = match &trust.verdict {
            Verdict::Ambiguous { alternatives, .. } => alternatives,
            Verdict::Identified | Verdict::NotFound { .. } => &[],
        };
        let points = findings.front_points();
        let spelt = |&index: &usize| points.get(index).map(|point| point.expression.clone());
        Some(Self {
            kind: (&trust.verdict).into(),
            summary: trust.summary.clone(),
            alternatives: indices.iter().filter_map(spelt).collect(),
            held_out: trust.entries.get(findings.answer).and_then(|entry| entry.held_out),
            noise_floor: trust.noise_floor,
        })
    }
}

#[cfg(feature = "training")]
/// How often a verdict went with a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Absent for runs of earlier versions, which gave none.
    pub(crate) verdict: Option<VerdictKind>,
    pub(crate) recovered: usize,
    pub(crate) not_recovered: usize,
}

#[cfg(feature = "training")]
/// Each verdict and whether its run was recovered, counted. What has no verdict is counted if
/// there is such a run.
pub(crate) fn tallies(outcomes: &[(Option<VerdictKind>, bool)]) -> Vec<Tally> {
    let tally = |verdict: Option<VerdictKind>| {
        let count = |hit: bool| outcomes.iter().filter(|one| **one == (verdict, hit)).count();
        Tally { verdict, recovered: count(true), not_recovered: count(false) }
    };
    let without = tally(None);
    let unknown = without.recovered + without.not_recovered > 0;
    let known = VerdictKind::ALL.map(|kind| tally(Some(kind)));
    known.into_iter().chain(unknown.then_some(without)).collect()
}

#[cfg(test)]
mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};

    use super::*;
    use crate::{Error, SearchSettings, search_field};

    #[test]
    fn a_record_of_a_verdict_tells_it_without_the_front() -> Result<(), Error> {
        // The gradients of x·y.
        let x: Vec<f64> = (0..100).map(|n| 0.3 + f64::from(n % 10)).collect();
        let y: Vec<f64> = (0..100).map(|n| 0.5 + f64::from(n / 10)).collect();
        let points = Table::new(vec!["x".into(), "y".into()], vec![x.clone(), y.clone()])?;
        let field = DirectionField::from_gradients(points, &[y, x], &FieldOptions::default())?;
        let mut settings = SearchSettings::default();
        settings.config.budget = 5_000;
        let mut findings = search_field(&field, &settings, &mut ())?;
        let trust = findings.trust.clone().expect("a verdict");
        let record = VerdictRecord::of(&findings).expect("its record");
        assert_eq!(record.kind, VerdictKind::Identified);
        assert_eq!(record.summary, trust.summary);
        assert_eq!(record.held_out, trust.entries[findings.answer].held_out);
        assert!(record.alternatives.is_empty());

        // Alternatives are spelt; what is not on the front is no alternative.
        let verdict = Verdict::Ambiguous { alternatives: vec![0, 1_000], reason: "open".into() };
        findings.trust = Some(symgrad_search::Trust { verdict, ..trust });
        let record = VerdictRecord::of(&findings).expect("its record");
        assert_eq!(record.kind, VerdictKind::Ambiguous);
        assert_eq!(record.alternatives, [findings.front_points()[0].expression.clone()]);

        findings.trust = None;
        assert_eq!(VerdictRecord::of(&findings), None);
        Ok(())
    }

    #[test]
    fn every_run_is_counted_once() {
        use VerdictKind::{Ambiguous, Identified, NotFound};
        let tally = |verdict, recovered, not_recovered| Tally { verdict, recovered, not_recovered };
        let mut outcomes =
            vec![(Some(Identified), true), (Some(Ambiguous), false), (Some(Identified), true)];
        let known = [
            tally(Some(Identified), 2, 0),
            tally(Some(Ambiguous), 0, 1),
            tally(Some(NotFound), 0, 0),
        ];
        assert_eq!(tallies(&outcomes), known);
        outcomes.extend([(Some(NotFound), true), (None, false), (None, true)]);
        let all = [known[0], known[1], tally(Some(NotFound), 1, 0), tally(None, 1, 1)];
        assert_eq!(tallies(&outcomes), all);
    }
}
