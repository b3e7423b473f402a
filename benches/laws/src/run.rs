//! One run: laws from trajectories, and what the truth says of them.

use std::time::Instant;

use cpu_time::ProcessTime;
use serde::Serialize;
use symgrad_expr::{Expr, Names};
use symgrad_laws::{Law, LawSettings, Source, Verdict, find_laws, independence};

use crate::error::Error;
use crate::system::System;

/// A law is found if the mean squared sine between its gradient and the span of the gradients of
/// what was found is below this, at fresh points without noise; what was found is wrong if its own
/// gradient is farther from the span of the laws'.
const SAME: f64 = 1e-3;

/// Added to the seed, for points that nothing was fitted on.
const FRESH: u64 = 1 << 40;

/// The result of a run: a row of `results.csv`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    /// In per cent of each input's standard deviation.
    pub(crate) noise: f64,
    pub(crate) groups: usize,
    pub(crate) seed: u64,
    pub(crate) laws: usize,
    pub(crate) recovered: usize,
    pub(crate) wrong: usize,
    pub(crate) verdict: String,
    pub(crate) found: String,
    /// The best that was not called a law.
    pub(crate) next: String,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
}

impl Record {
    /// Whether all laws were found and nothing else.
    pub(crate) fn is_right(&self) -> bool {
        self.recovered == self.laws && self.wrong == 0
    }
}

pub(crate) fn run(system: &System, noise: f64, count: usize, seed: u64) -> Result<Record, Error> {
    let groups = system.groups(count, noise / 100.0, seed)?;
    let names = Names::new(groups.points().names().to_vec())
        .map_err(|error| Error::System { name: system.name.clone(), reason: error.to_string() })?;
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    let settings = LawSettings { seed, ..LawSettings::default() };
    let found = find_laws(&Source::Groups(groups), &settings, &mut ())?;
    let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());

    let fresh = system.groups(20, 0.0, seed + FRESH)?;
    let truths = system.truths()?;
    let input = |&index: &usize| Some(Expr::var(u16::try_from(index).ok()?));
    let mut claimed: Vec<Expr> = found.parameters.iter().filter_map(input).collect();
    claimed.extend(found.laws.iter().map(|law| law.expr.clone()));
    let within = |one: &&Expr, span: &[Expr]| {
        independence(one, span, fresh.points()).is_some_and(|sine| sine < SAME)
    };
    let text = |law: &Law| {
        let rho = law.constancy.rho;
        format!("{} [{rho:.1e}]", law.expr.rounded(4).display(&names))
    };
    Ok(Record {
        name: system.name.clone(),
        noise,
        groups: count,
        seed,
        laws: truths.len(),
        recovered: truths.iter().filter(|truth| within(truth, &claimed)).count(),
        wrong: claimed.iter().filter(|one| !within(one, &truths)).count(),
        verdict: match found.verdict() {
            Verdict::Laws => "laws",
            Verdict::Ambiguous => "ambiguous",
            Verdict::NoLaw => "no law",
        }
        .to_owned(),
        found: found.laws.iter().map(text).collect::<Vec<_>>().join("; "),
        next: found.next.as_ref().map_or_else(String::new, text),
        seconds,
        cpu_seconds,
    })
}
