//! One run: laws from trajectories, and what the truth says of them.

use std::fmt;
use std::time::Instant;

use clap::ValueEnum;
use cpu_time::ProcessTime;
use serde::Serialize;
use symgrad::{
    DiscoverSettings, DiscoveryKind, Latents, LawRecord, NetworkSettings, discover,
    discover_with_network,
};
use symgrad_expr::{Expr, Names};
use symgrad_laws::{Source, independence};

use crate::error::Error;
use crate::system::System;

/// A law is found if the mean squared sine between its gradient and the span of the gradients of
/// what was found is below this, at fresh points without noise; what was found is wrong if its own
/// gradient is farther from the span of the laws'.
const SAME: f64 = 1e-3;

/// Added to the seed, for points that nothing was fitted on.
const FRESH: u64 = 1 << 40;

/// Who proposes formulas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Road {
    #[default]
    Direct,
    Network,
    Both,
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "direct",
            Self::Network => "network",
            Self::Both => "both",
        })
    }
}

/// The result of a run: a row of `results.csv`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) road: Road,
    /// In per cent of each input's standard deviation.
    pub(crate) noise: f64,
    pub(crate) groups: usize,
    pub(crate) seed: u64,
    pub(crate) laws: usize,
    pub(crate) recovered: usize,
    pub(crate) wrong: usize,
    pub(crate) verdict: String,
    pub(crate) found: String,
    /// Formulas of which the data do not tell whether they, or others, are laws.
    pub(crate) ambiguous: String,
    /// The best that was not called a law.
    pub(crate) next: String,
    /// What the network has learned by itself: ρ of its latents on groups that were held out.
    pub(crate) latents: String,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
}

impl Record {
    /// Whether all laws were found and nothing else.
    pub(crate) fn is_right(&self) -> bool {
        self.recovered == self.laws && self.wrong == 0
    }
}

pub(crate) fn run(
    system: &System,
    noise: f64,
    count: usize,
    seed: u64,
    road: Road,
) -> Result<Record, Error> {
    let groups = system.groups(count, noise / 100.0, seed)?;
    let failed = |reason: String| Error::System { name: system.name.clone(), reason };
    let names =
        Names::new(groups.points().names().to_vec()).map_err(|error| failed(error.to_string()))?;
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    let (source, settings) =
        (Source::Groups(groups), DiscoverSettings { seed, ..Default::default() });
    let network = NetworkSettings::new(Latents::Auto, road == Road::Both);
    let found = match road {
        Road::Direct => discover(&source, &settings, &mut ())?,
        Road::Network | Road::Both => discover_with_network(&source, &settings, &network, &mut ())?,
    };
    let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());

    let fresh = system.groups(20, 0.0, seed + FRESH)?;
    let truths = system.truths()?;
    let told = found.laws.iter().map(|law| &law.expression);
    let parse =
        |text: &String| Expr::parse(text, &names).map_err(|error| failed(error.to_string()));
    let claimed: Vec<Expr> =
        found.parameters.iter().chain(told).map(parse).collect::<Result<_, _>>()?;
    let within = |one: &&Expr, span: &[Expr]| {
        independence(one, span, fresh.points()).is_some_and(|sine| sine < SAME)
    };
    let text = |law: &LawRecord| format!("{} [{:.1e}]", law.expression, law.rho);
    let either = |law: &LawRecord| {
        let rival = law.rival.as_ref().map(|rival| format!(" or {}", rival.expression));
        text(law) + &rival.unwrap_or_default()
    };
    let rho = found.network.iter().flat_map(|network| &network.rho);
    Ok(Record {
        name: system.name.clone(),
        road,
        noise,
        groups: count,
        seed,
        laws: truths.len(),
        recovered: truths.iter().filter(|truth| within(truth, &claimed)).count(),
        wrong: claimed.iter().filter(|one| !within(one, &truths)).count(),
        verdict: match found.verdict.kind {
            DiscoveryKind::Laws => "laws",
            DiscoveryKind::Ambiguous => "ambiguous",
            DiscoveryKind::NoLaw => "no law",
        }
        .to_owned(),
        found: found.laws.iter().map(text).collect::<Vec<_>>().join("; "),
        ambiguous: found.ambiguous.iter().map(either).collect::<Vec<_>>().join("; "),
        next: found.next.as_ref().map_or_else(String::new, text),
        latents: rho.map(|rho| format!("{rho:.1e}")).collect::<Vec<_>>().join(" "),
        seconds,
        cpu_seconds,
    })
}
