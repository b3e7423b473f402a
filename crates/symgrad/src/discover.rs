//! Laws out of groups of points, in the form that is written to `result.json`.

#[cfg(feature = "training")]
mod network;
mod powers;
mod words;
mod written;

#[cfg(feature = "training")]
pub(crate) use words::varies_by;

#[cfg(feature = "training")]
pub use network::{
    Latents, NetworkAnswer, NetworkObserver, NetworkRecord, NetworkSettings, discover_with_network,
};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use symgrad_data::{Reduction, Table};
use symgrad_expr::{Expr, Language, Names, OpSet, Spelling};
use symgrad_laws::{Equations, LawObserver, LawSettings, Source, find_laws};

use self::written::Written;
use crate::findings::{formula_of_columns, to_milliseconds};
use crate::{Error, Origin, Seconds, Stage};

/// How laws are looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DiscoverSettings {
    /// What formulas are made of.
    pub ops: OpSet,
    /// Decides which groups are held out.
    pub seed: u64,
    /// The noise of the inputs as a share of their standard deviation, where it is known.
    pub noise: Option<f64>,
    /// Formulas over the inputs' names that compete with the others, such as the front of what a search
    /// has found for a network. Their numbers are fitted anew.
    pub proposals: Vec<String>,
}

impl DiscoverSettings {
    /// The settings for a source of which these inputs are used. A proposal with another one of its inputs
    /// is left out.
    fn of_laws(&self, source: &Source, used: &Names) -> Result<LawSettings, Error> {
        let mut proposals = vec![];
        for text in &self.proposals {
            formula_of_columns(source.points().names(), text)?;
            proposals.extend(Expr::parse(text, used).ok());
        }
        let Self { ops, seed, noise, .. } = self.clone();
        Ok(LawSettings { ops, seed, noise, proposals, ..LawSettings::default() })
    }
}

/// The laws, and what the data say of each: what `result.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Discovery {
    /// [`SCHEMA_VERSION`](crate::SCHEMA_VERSION).
    pub schema_version: u32,
    /// The inputs' names.
    pub inputs: Vec<String>,
    /// Inputs that were left out, since they are constant or multiples of others, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Inputs that do not change within groups: each is a law that says nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<String>,
    /// Equations that hold at all points: how the inputs are related.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<String>,
    /// Functionally independent laws, the simplest first.
    pub laws: Vec<LawRecord>,
    /// Formulas that are as constant as laws, but each has a [`rival`](LawRecord::rival) of another kind: one
    /// of both is a law.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ambiguous: Vec<LawRecord>,
    /// The best of what would have come next, which is no law.
    pub next: Option<LawRecord>,
    /// What the network's road has shown by itself, where it was taken.
    #[cfg(feature = "training")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRecord>,
    /// Why the network's road led nowhere, where it was taken beside the direct one and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_failure: Option<String>,
    /// What the data say as a whole.
    pub verdict: DiscoveryVerdict,
    /// What the inputs are called in each notation.
    pub spelling: BTreeMap<Language, Spelling>,
    /// Points given.
    pub points: usize,
    /// Groups that nothing was fitted or chosen on.
    pub held_out: usize,
    /// Points that were left out, since they lie far outside all others.
    #[serde(default, skip_serializing_if = "is_none")]
    pub far: usize,
    /// The standard deviation of each input's noise, where it could be told from how it changes in
    /// time; no more than an upper bound where the motion is fast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<BTreeMap<String, f64>>,
    /// Wall-clock seconds by stage; the one part that differs from run to run.
    #[serde(default, skip_serializing_if = "Seconds::is_empty")]
    pub seconds: Seconds,
    /// How the run was started, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The seed.
    pub seed: u64,
    /// Version of symgrad.
    pub version: String,
}

/// What the data say as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscoveryVerdict {
    /// Which of the three it is.
    pub kind: DiscoveryKind,
    /// The same in a sentence.
    pub summary: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What data can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryKind {
    /// There are laws.
    #[serde(rename = "laws")]
    Laws,
    /// Something is nearly constant.
    #[serde(rename = "ambiguous")]
    Ambiguous,
    /// None was found.
    #[serde(rename = "no law")]
    NoLaw,
}

/// A formula, and how constant it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LawRecord {
    /// The formula, over the inputs' names.
    pub expression: String,
    /// For `SymPy`.
    pub sympy: String,
    /// For LaTeX.
    pub latex: String,
    /// For `NumPy`, imported as `np`.
    pub numpy: String,
    /// For Rust, with inputs of type `f64`.
    pub rust: String,
    /// Its complexity.
    pub complexity: u32,
    /// Variance within groups over the variance of all values, on the groups that were held out;
    /// where derivatives in time are given, the mean squared cosine of gradient and motion.
    pub rho: f64,
    /// What the noise of the inputs contributes to it, where that is known.
    pub noise_floor: Option<f64>,
    /// The part of `rho` that lasts from moment to moment, with its standard error: noise has no
    /// part in it.
    pub lasting: Option<[f64; 2]>,
    /// The least `rho` in several shuffles of the points among the groups, or of the motions among
    /// the points.
    pub shuffled: Option<f64>,
    /// What that amounts to.
    pub verdict: LawVerdictRecord,
    /// Which way it was found.
    pub found_by: FoundBy,
    /// Formulas of which none is both simpler and more constant on the groups by which the law was
    /// chosen.
    pub front: Vec<LawAlternative>,
    /// A formula of another kind that is about as short and explains the held-out groups as well, if there
    /// is one; with its ρ on these groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rival: Option<LawAlternative>,
}

/// What the held-out groups say of a formula.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawVerdictRecord {
    /// Which of the three it is.
    pub kind: LawKind,
    /// The same in a sentence.
    pub summary: String,
}

/// What held-out groups can say of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LawKind {
    /// It is constant.
    #[serde(rename = "law")]
    Law,
    /// It is nearly constant.
    #[serde(rename = "ambiguous")]
    Ambiguous,
    /// It is not constant.
    #[serde(rename = "no law")]
    NoLaw,
}

/// Which way a law was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// By constancy within the groups themselves, without a network.
    Direct,
    /// By a search for what a network has learned of the groups.
    Network,
    /// Both ways.
    Both,
}

impl FoundBy {
    /// The name, as files spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Network => "network",
            Self::Both => "both",
        }
    }
}

/// A formula that was not chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LawAlternative {
    /// The formula.
    pub expression: String,
    /// Its complexity.
    pub complexity: u32,
    /// As [`LawRecord::rho`], on the groups by which the law was chosen.
    pub rho: f64,
}

/// Looks for formulas that are constant within groups, or along a motion.
///
/// Columns that are constant, or multiples of others, are left out. The result depends on the
/// arguments alone, not on the number of threads; only `seconds` differs.
///
/// ```
/// use symgrad::data::{Groups, Table};
/// use symgrad::{DiscoverSettings, DiscoveryKind, discover, laws::Source};
///
/// // Ten trajectories of a free fall, of twenty moments each.
/// let (mut h, mut v, mut run, mut time) = (vec![], vec![], vec![], vec![]);
/// for n in 0..200_u32 {
///     let (start, t) = (f64::from(n / 20), 0.05 * f64::from(n % 20));
///     h.push(10.0 + start + (3.0 + (5.0 * start).sin()) * t - 9.81 * t * t / 2.0);
///     v.push(3.0 + (5.0 * start).sin() - 9.81 * t);
///     run.push(start);
///     time.push(t);
/// }
/// let points = Table::new(vec!["h".into(), "v".into()], vec![h, v])?;
/// let source = Source::Groups(Groups::new(&points, &run, Some(time))?);
/// let found = discover(&source, &DiscoverSettings::default(), &mut ())?;
/// assert_eq!(found.verdict.kind, DiscoveryKind::Laws);
/// assert_eq!(found.laws.len(), 1);
/// # Ok::<(), symgrad::Error>(())
/// ```
pub fn discover(
    source: &Source,
    settings: &DiscoverSettings,
    observer: &mut dyn LawObserver,
) -> Result<Discovery, Error> {
    let start = std::time::Instant::now();
    let usable = Usable::of(source);
    let names = Names::new(usable.source.points().names().to_vec())?;
    let settings = settings.of_laws(source, &names)?;
    let found = find_laws(&usable.source, &settings, observer)?;
    let mut discovery = Written::new(&names).discovery(&found, source.points().rows());
    discovery.left_out = usable.left_out;
    discovery.seed = settings.seed;
    let seconds = to_milliseconds(start.elapsed().as_secs_f64());
    discovery.seconds.insert(Stage::Search, seconds);
    Ok(discovery)
}

/// What laws are looked for in without the columns that tell nothing, and what these are.
struct Usable {
    source: Source,
    left_out: Vec<String>,
}

impl Usable {
    fn of(source: &Source) -> Self {
        let reduction = Reduction::of(source.points());
        let dropped = reduction.dropped();
        let all = source.points().names();
        let is_kept = |index: &usize| dropped.iter().all(|one| one.name != all[*index]);
        let kept: Vec<usize> = (0..all.len()).filter(is_kept).collect();
        let left_out = dropped.iter().map(ToString::to_string).collect();
        Self { source: source.columns_of(&kept), left_out }
    }
}

/// Points at which equations of motion are looked at, where there are no data: a thousand, spread
/// evenly with every variable between 0.2 and 2.2, where roots and logarithms are finite.
pub fn box_of_points(equations: &Equations) -> Result<Table, Error> {
    const POINTS: u32 = 1_000;
    let names: Vec<String> = equations.names.iter().map(str::to_owned).collect();
    let dim = names.len() as f64;
    // The additive recurrence of the generalised golden ratio: the root of xᵈ⁺¹ = x + 1.
    let ratio = (0..60).fold(1.5_f64, |x, _| (1.0 + x).powf(1.0 / (dim + 1.0)));
    let column = |k: usize| {
        let step = ratio.powf(-(k as f64 + 1.0));
        (0..POINTS).map(|n| 0.2 + 2.0 * (0.5 + f64::from(n) * step).fract()).collect()
    };
    let columns = (0..names.len()).map(column).collect();
    Ok(Table::new(names, columns)?)
}
