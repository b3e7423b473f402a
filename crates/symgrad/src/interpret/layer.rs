//! A whole layer: neurons that hold one concept share a search.

use std::ops::ControlFlow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use symgrad_data::{Progress, Table, Tangent};
use symgrad_expr::Expr;
use symgrad_models::Unit;
use symgrad_search::{Effort, Search, Verdict};

use super::ground::Ground;
use super::neuron::Observed;
use super::{Activity, InterpretSettings, Interpretation, Model};
use crate::findings::formula_of_columns;
use crate::{Error, Findings, Origin};

/// What the neurons of a layer have learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerInterpretation {
    /// The neurons, the most certain first; where nothing is known, in the order asked for.
    pub neurons: Vec<Interpretation>,
    /// The concepts, those of most neurons first. Dead neurons belong to none.
    pub groups: Vec<Group>,
    /// How the run was started, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl LayerInterpretation {
    /// What is the same whenever and wherever it is found: files hold that.
    #[must_use]
    pub fn without_seconds(&self) -> Self {
        let neurons = self.neurons.iter().map(Interpretation::without_seconds).collect();
        Self { neurons, ..self.clone() }
    }

    /// The parts of a layer as one.
    pub fn merged(parts: Vec<Self>) -> Result<Self, Error> {
        let mut neurons: Vec<Interpretation> = vec![];
        let mut groups: Vec<Group> = vec![];
        // What was read is the same for all parts; the command is each part's own.
        let origin = parts.first().and_then(|part| part.origin.clone());
        let origin = origin.map(|origin| Origin { command: None, ..origin });
        for part in parts {
            for neuron in &part.neurons {
                let same = |known: &Interpretation| {
                    (&known.layer, known.unit) == (&neuron.layer, neuron.unit)
                };
                if neurons.iter().any(same) {
                    let (layer, unit) = (neuron.layer.clone(), neuron.unit);
                    return Err(Error::Twice { layer, unit });
                }
            }
            neurons.extend(part.neurons);
            groups.extend(part.groups);
        }
        neurons.sort_by_key(|neuron| neuron.unit);
        let mut whole = Self { neurons, groups, origin };
        whole.arrange();
        Ok(whole)
    }

    /// Groups of one formula are joined; the most certain neurons come first, and the largest groups.
    fn arrange(&mut self) {
        let mut joined: Vec<Group> = vec![];
        for group in std::mem::take(&mut self.groups) {
            match joined.iter_mut().find(|known| known.expression == group.expression) {
                Some(known) => {
                    known.units.extend(group.units);
                    known.spread = known.spread.max(group.spread);
                }
                None => joined.push(group),
            }
        }
        self.groups = joined;
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.units.len()));
        self.neurons
            .sort_by(|a, b| certainty(a).cmp(&certainty(b)).then(loss(a).total_cmp(&loss(b))));
    }
}

/// Neurons that hold one concept: their gradients have the same directions, or the same formula was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The neurons, the one that was searched first.
    pub units: Vec<Unit>,
    /// The largest 1 − |mean cos| between two of them that were searched together.
    pub spread: f64,
    /// The answer for the first.
    pub expression: String,
}

/// Follows the interpretation of a layer, and may stop it; the default does neither.
pub trait LayerObserver: Sync {
    /// That many of the searches are over. To break ends the interpretation with
    /// [`Error::Stopped`], once the searches that are going on are over, too.
    fn searched(&self, done: usize, total: usize) -> ControlFlow<()> {
        let _ = (done, total);
        ControlFlow::Continue(())
    }

    /// The search for a unit begins; see [`symgrad_search::Observer::begin`].
    fn begin(&self, unit: Unit, search: &mut Search) {
        let _ = (unit, search);
    }

    /// A step of the search for a unit is over. To break ends that search; the interpretation ends
    /// once [`searched`](Self::searched) breaks, too.
    fn step(&self, unit: Unit, search: &Search) -> ControlFlow<()> {
        let _ = (unit, search);
        ControlFlow::Continue(())
    }

    /// What the search for a unit has found; how it is judged may still change.
    fn found(&self, neuron: &Interpretation) {
        let _ = neuron;
    }

    /// The surface is known at that many of the points; see [`Progress`].
    fn looked_at(&self, done: usize, points: usize) {
        let _ = (done, points);
    }
}

/// The part of the observer that the search for a surface knows.
struct Looking<'a>(&'a dyn LayerObserver);

impl Progress for Looking<'_> {
    fn looked_at(&self, done: usize, points: usize) {
        self.0.looked_at(done, points);
    }
}

/// The part of the observer that each of the searches knows.
struct Stepping<'a> {
    observer: &'a dyn LayerObserver,
    unit: Unit,
}

impl symgrad_search::Observer for Stepping<'_> {
    fn begin(&mut self, search: &mut Search) {
        self.observer.begin(self.unit, search);
    }

    fn step(&mut self, search: &Search) -> ControlFlow<()> {
        self.observer.step(self.unit, search)
    }
}

impl LayerObserver for () {}

/// Interprets units of a layer.
///
/// Units that hold one concept ([`InterpretSettings::alike`]) are searched once, as the unit that
/// is closest to the others; its front is then judged for each of them, and with it the answers found
/// elsewhere in the layer. Searches go on side by side; the result does not depend on
/// the number of threads.
pub fn interpret_layer(
    model: &Model,
    points: &Table,
    layer: &str,
    units: &[Unit],
    settings: &InterpretSettings,
    observer: &dyn LayerObserver,
) -> Result<LayerInterpretation, Error> {
    let values = model.values_of(points, layer, units)?;
    let gradients = model.gradients(points, layer, units)?;
    let (ground, settings) = Ground::of(points, settings, &Looking(observer))?;
    let observed: Vec<Observed<'_>> = units
        .iter()
        .zip(values.into_iter().zip(gradients))
        .map(|(&unit, (values, gradients))| {
            let gradients = ground.gradients(&gradients);
            Observed { layer, unit, ground: &ground, values, gradients }
        })
        .collect();
    let clusters = clusters(&observed, &ground, &settings);

    // Whole searches side by side make better use of the cores than the threads of one.
    let mut alone = settings.clone();
    alone.search.config.threads = Some(1);
    alone.search.config.budget = share_of(alone.search.config.budget, clusters.len());
    let done = std::sync::atomic::AtomicUsize::new(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.search.config.threads.unwrap_or(0))
        .build()
        .map_err(|error| symgrad_search::SearchError::Threads { reason: error.to_string() })?;
    let searched: Vec<Interpretation> = pool.install(|| {
        let each = clusters.par_iter().map(|cluster| {
            let first = &observed[cluster.members[0]];
            let found = first.interpret(&alone, &mut Stepping { observer, unit: first.unit })?;
            observer.found(&found);
            let before = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            match observer.searched(before + 1, clusters.len()) {
                ControlFlow::Continue(()) => Ok(found),
                ControlFlow::Break(()) => Err(Error::Stopped),
            }
        });
        each.collect::<Result<_, Error>>()
    })?;
    let known = credible_answers(&searched)?;
    let interpreted: Vec<Vec<Interpretation>> = pool.install(|| {
        let each = clusters.par_iter().zip(searched);
        each.map(|(cluster, first)| cluster.judge(first, &known, &observed, &alone))
            .collect::<Result<_, Error>>()
    })?;

    let groups: Vec<Group> = clusters
        .iter()
        .zip(&interpreted)
        .filter_map(|(cluster, found)| {
            let expression = found.first()?.findings.as_ref()?.readable_answer();
            let units = found.iter().map(|neuron| neuron.unit).collect();
            Some(Group { units, spread: cluster.spread, expression })
        })
        .collect();
    let mut neurons: Vec<Interpretation> = interpreted.into_iter().flatten().collect();
    let place = |unit: Unit| units.iter().position(|&known| known == unit);
    neurons.sort_by_key(|neuron| place(neuron.unit));
    let mut layer = LayerInterpretation { neurons, groups, origin: None };
    layer.arrange();
    Ok(layer)
}

/// The rank of what is known about a neuron, the most certain first.
fn certainty(neuron: &Interpretation) -> u8 {
    let verdict = neuron.findings.as_ref().and_then(|findings| findings.verdict());
    match (neuron.activity, verdict) {
        (Activity::Dead, _) => 4,
        (_, Some(Verdict::Identified)) => 0,
        (_, Some(Verdict::Ambiguous { .. })) => 1,
        (_, Some(Verdict::NotFound { .. })) => 2,
        (_, None) => 3,
    }
}

fn loss(neuron: &Interpretation) -> f64 {
    neuron.findings.as_ref().map_or(f64::INFINITY, |findings| findings.answer().loss)
}

/// Indices of units that hold one concept.
struct Cluster {
    /// The one closest to the others comes first.
    members: Vec<usize>,
    spread: f64,
}

impl Cluster {
    /// Judges the front found for the first member for all of them, and the formulas that are
    /// known from other clusters.
    fn judge(
        &self,
        first: Interpretation,
        known: &[Expr],
        observed: &[Observed<'_>],
        settings: &InterpretSettings,
    ) -> Result<Vec<Interpretation>, Error> {
        let Some(findings) = &first.findings else { return Ok(vec![first]) };
        let mut formulas = front(findings)?;
        let settled = matches!(findings.verdict(), Some(Verdict::Identified));
        if !settled {
            formulas.extend_from_slice(known);
        }
        let judge = |&member: &usize| observed[member].judge(&formulas, settings);
        let others = self.members[1..].iter().map(judge).collect::<Result<Vec<_>, _>>()?;
        // With one more formula to choose from, the first may be certain, too.
        let again = if settled { None } else { Some(judge(&self.members[0])?) };
        let first = again.filter(|again| certainty(again) < certainty(&first)).unwrap_or(first);
        Ok([vec![first], others].concat())
    }
}

/// The answers that chance does not explain, each once.
fn credible_answers(neurons: &[Interpretation]) -> Result<Vec<Expr>, Error> {
    let mut known: Vec<Expr> = vec![];
    for neuron in neurons.iter().filter(|neuron| neuron.activity == Activity::Nonlinear) {
        let Some(findings) = &neuron.findings else { continue };
        let credible = !matches!(findings.verdict(), None | Some(Verdict::NotFound { .. }));
        let answer = front(findings)?.into_iter().nth(findings.answer);
        known.extend(answer.filter(|answer| credible && !known.contains(answer)));
    }
    Ok(known)
}

/// The formulas of a front.
fn front(findings: &Findings) -> Result<Vec<Expr>, Error> {
    let entries = findings.front.iter();
    entries.map(|entry| formula_of_columns(&findings.inputs, &entry.expression)).collect()
}

/// Points at which the directions of units are compared.
const COMPARED: usize = 500;

/// Units whose directions can be compared are alive together at this share of those points.
const TOGETHER: f64 = 0.1;

/// The budget of each of so many searches that share a layer's: ten times that of one, but not less
/// than a quick search has.
fn share_of(budget: u64, searches: usize) -> u64 {
    let share = (LAYER * budget).checked_div(searches as u64).unwrap_or(budget);
    share.max(Effort::Quick.budget()).min(budget)
}

/// Searches that a layer may cost.
const LAYER: u64 = 10;

/// Complete linkage: the two closest clusters are joined as long as all their members are alike.
/// Dead units stay alone.
fn clusters(
    observed: &[Observed<'_>],
    ground: &Ground,
    settings: &InterpretSettings,
) -> Vec<Cluster> {
    let directions: Vec<Directions> = observed
        .par_iter()
        .map(|neuron| {
            let gradients = ground.measured(&neuron.gradients);
            Directions::of(&gradients, ground.surface(), settings.field.weak)
        })
        .collect();
    let count = directions.len();
    let distances: Vec<Vec<f64>> = (0..count)
        .into_par_iter()
        .map(|i| (0..count).map(|j| directions[i].distance(&directions[j])).collect())
        .collect();
    let mut clusters: Vec<Vec<usize>> = (0..count).map(|i| vec![i]).collect();
    let mut apart = distances.clone();
    loop {
        let pairs = (0..clusters.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let closest = pairs.min_by(|&(i, j), &(k, l)| apart[i][j].total_cmp(&apart[k][l]));
        let Some((i, j)) = closest.filter(|&(i, j)| apart[i][j] < settings.alike) else { break };
        let joined = clusters.remove(i);
        clusters[j].extend(joined);
        let row = apart.remove(i);
        for (k, other) in apart.iter_mut().enumerate() {
            other.remove(i);
            other[j] = other[j].max(row[if k < i { k } else { k + 1 }]);
        }
        apart[j] = (0..apart.len()).map(|k| apart[k][j]).collect();
    }
    let arrange = |mut members: Vec<usize>| {
        members.sort_unstable();
        let far =
            |member: usize| members.iter().map(|&other| distances[member][other]).sum::<f64>();
        let central = members.iter().copied().min_by(|&a, &b| far(a).total_cmp(&far(b)));
        let pairs = members.iter().flat_map(|&i| members.iter().map(move |&j| (i, j)));
        let spread =
            pairs.filter(|(i, j)| i != j).map(|(i, j)| distances[i][j]).fold(0.0, f64::max);
        members.sort_by_key(|&member| Some(member) != central);
        Cluster { members, spread }
    };
    clusters.into_iter().map(arrange).collect()
}

/// Unit gradients at some points, row by row; zero where the neuron is silent.
struct Directions {
    dim: usize,
    rows: Vec<f64>,
}

impl Directions {
    fn of(gradients: &[Vec<f64>], tangent: Option<&Tangent>, weak: f64) -> Self {
        let (dim, total) = (gradients.len(), gradients[0].len());
        let count = total.min(COMPARED);
        let mut rows = Vec::with_capacity(count * dim);
        let mut lengths = Vec::with_capacity(count);
        for n in (0..count).map(|n| n * total / count) {
            let mut row: Vec<f64> = gradients.iter().map(|column| column[n]).collect();
            if let Some(tangent) = tangent {
                tangent.project(n, &mut row);
            }
            lengths.push(row.iter().map(|g| g * g).sum::<f64>().sqrt());
            rows.extend(row);
        }
        let mut alive: Vec<f64> = lengths.iter().copied().filter(|&length| length > 0.0).collect();
        alive.sort_by(f64::total_cmp);
        let floor = weak * alive.get(alive.len() / 2).copied().unwrap_or(0.0);
        for (row, length) in rows.chunks_exact_mut(dim).zip(lengths) {
            let scale = if length > floor { 1.0 / length } else { 0.0 };
            for g in row {
                *g *= scale;
            }
        }
        Self { dim, rows }
    }

    /// 1 − |mean cos| over the points where both are alive; 1 if there are too few.
    fn distance(&self, other: &Self) -> f64 {
        let (mut sum, mut together) = (0.0, 0);
        let rows = self.rows.chunks_exact(self.dim).zip(other.rows.chunks_exact(self.dim));
        let count = rows.len() as f64;
        for (a, b) in rows {
            let alive = |row: &[f64]| row.iter().any(|&u| u != 0.0);
            if alive(a) && alive(b) {
                together += 1;
                sum += a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            }
        }
        let enough = f64::from(together) >= TOGETHER * count && together > 0;
        if enough { (1.0 - (sum / f64::from(together)).abs()).max(0.0) } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_one_concept_are_found_together() {
        let x: Vec<f64> = (0..300).map(|n| f64::from(n * 7 % 300) / 150.0 - 1.003).collect();
        let y: Vec<f64> = (0..300).map(|n| f64::from(n * 11 % 300) / 150.0 - 1.001).collect();
        let points = Table::new(vec!["x".into(), "y".into()], vec![x.clone(), y.clone()]).unwrap();
        let (ground, settings) = Ground::of(&points, &InterpretSettings::default(), &()).unwrap();
        let observed = |unit: usize, slope: &dyn Fn(f64, f64) -> [f64; 2]| {
            let both: Vec<[f64; 2]> = x.iter().zip(&y).map(|(&x, &y)| slope(x, y)).collect();
            let gradients = [0, 1].map(|i| both.iter().map(|g| g[i]).collect()).to_vec();
            let (values, unit) = (x.clone(), Unit::Neuron(unit));
            Observed { layer: "h", unit, ground: &ground, values, gradients }
        };
        let neurons = [
            observed(0, &|x, y| [y, x]),
            observed(1, &|x, y| [x, y]),
            observed(2, &|x, y| [-y * (x * y).exp(), -x * (x * y).exp()]),
            observed(3, &|_, _| [0.0, 0.0]),
            observed(4, &|x, y| [3.0 * x, 3.0 * y + 0.01]),
        ];
        let found = clusters(&neurons, &ground, &settings);
        let mut members: Vec<Vec<usize>> = found.iter().map(|c| c.members.clone()).collect();
        for cluster in &mut members {
            cluster.sort_unstable();
        }
        members.sort();
        assert_eq!(members, [vec![0, 2], vec![1, 4], vec![3]]);
    }
}
