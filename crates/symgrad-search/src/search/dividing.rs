//! Divide and conquer: a group of inputs that enters through one function of them alone is a search
//! of its own, on the field restricted to it; that function then takes the group's place, and what
//! is left is a search with fewer inputs, which may divide again.

use symgrad_expr::{Costs, Definitions, Expr};

use super::Search;
use crate::SearchConfig;
use crate::constraints::ConstraintConfig;
use crate::hints::HintKind;
use crate::propose::reduction::{Characteristic, Coordinates};
use crate::score::objective::Objective;

/// Points for these searches.
const POINTS: usize = 1_000;

/// Each gets at most one in so many of the evaluations that are left.
const PART: u64 = 3;

/// What a search of its own may spend, and how long its formulas may be.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    evaluations: u64,
    complexity: u32,
    /// Whether the first replicate alone is waited for.
    once: bool,
}

impl Default for Limits {
    /// What a group of inputs hides is short, or the division is of no use.
    fn default() -> Self {
        Self { evaluations: 400_000, complexity: u32::MAX, once: false }
    }
}

impl Limits {
    /// Level sets on slopes, in place of the values: as much as one part of a search may have.
    pub(super) const SLOPES: Self =
        Self { evaluations: u64::MAX, complexity: u32::MAX, once: true };

    /// A long coefficient is no more than a series.
    pub(super) const COEFFICIENT: Self = Self { evaluations: 100_000, complexity: 24, once: true };
}

/// Groups that are tried.
const GROUPS: usize = 3;

/// A function of a group of which more is left unexplained is none.
pub(super) const HOPELESS: f64 = 1e-2;

impl Search {
    /// Offers what comes of dividing the field, where hints or exact signs tell how; what is left
    /// are signs that are less sure.
    pub(super) fn divide(&mut self) -> Vec<Characteristic> {
        let Some(whole) = self.divisible() else { return vec![] };
        if whole.dim() > 2 {
            self.divide_by_hints(&whole);
        }
        if self.state.replicate.is_exact() || self.is_over() {
            return vec![];
        }
        self.integrate(&whole)
    }

    /// The same by signs that are less sure.
    pub(super) fn divide_by(&mut self, weak: Vec<Characteristic>) {
        if let Some(whole) = self.divisible() {
            self.follow(&whole, weak);
        }
    }

    fn divisible(&self) -> Option<Coordinates> {
        let possible = self.rules.level_sets && self.rules.constraints.is_empty();
        let points = self.screen.thinned(POINTS);
        let whole = Coordinates::new(&points, &self.palette.inputs);
        whole.filter(|whole| possible && whole.dim() > 1)
    }

    fn divide_by_hints(&mut self, whole: &Coordinates) {
        let mut found = vec![];
        if let Some(coordinates) = self.with_known_combinations(whole) {
            found.extend(self.solved(&coordinates));
        } else {
            for group in self.groups(whole).into_iter().take(GROUPS) {
                if let Some(coordinates) = self.with_function_of(&group, whole) {
                    found.extend(self.solved(&coordinates));
                }
                if self.is_over() {
                    break;
                }
            }
        }
        self.fit_and_offer(found);
    }

    /// The coordinates in which combinations that the hints name take the place of their inputs.
    fn with_known_combinations(&self, whole: &Coordinates) -> Option<Coordinates> {
        let variables = self.measured_hints.variables();
        let mut coordinates = whole.clone();
        for (k, variable) in variables.iter().enumerate() {
            let inputs = variable.inputs();
            let shares = |other: &Expr| other.inputs().iter().any(|input| inputs.contains(input));
            let apart = (0..variables.len()).all(|other| other == k || !shares(&variables[other]));
            if apart && inputs.len() > 1 {
                let places = coordinates.places_within(&inputs);
                if let Some(next) = coordinates.combined_as(&places, variable) {
                    coordinates = next;
                }
            }
        }
        (coordinates.dim() < whole.dim() && coordinates.dim() > 1).then_some(coordinates)
    }

    /// Groups of variables that enter through one function each, small ones first.
    fn groups(&self, whole: &Coordinates) -> Vec<Vec<u16>> {
        let mut found: Vec<Vec<u16>> = vec![];
        for hint in self.measured_hints.iter() {
            let groups = match &hint.kind {
                HintKind::Block { inputs } => vec![inputs.clone()],
                HintKind::Separable { blocks } => blocks.clone(),
                _ => vec![],
            };
            for group in groups {
                let proper = group.len() > 1 && group.len() < whole.dim();
                if proper && !found.contains(&group) {
                    found.push(group);
                }
            }
        }
        found.sort_by_key(Vec::len);
        found
    }

    /// The coordinates in which the function of a group that a search of its own finds takes its place.
    fn with_function_of(&mut self, group: &[u16], whole: &Coordinates) -> Option<Coordinates> {
        let places = whole.places_within(group);
        let part = whole.restricted(&places).filter(|_| places.len() == group.len())?;
        let (function, loss) = self.searched(part, Limits::default())?;
        if loss > HOPELESS {
            return None;
        }
        whole.combined(&places, &function)
    }

    /// The formula of coordinates in terms of the inputs.
    pub(super) fn solved(&mut self, coordinates: &Coordinates) -> Option<Expr> {
        if let [only] = coordinates.variables.as_slice() {
            return Some(only.clone());
        }
        let all: Vec<usize> = (0..coordinates.dim()).collect();
        let (formula, loss) = self.searched(coordinates.restricted(&all)?, Limits::default())?;
        (loss < HOPELESS).then(|| formula.substitute(&coordinates.variables))
    }

    /// What a search of its own within limits would answer, and the loss.
    pub(super) fn searched(&mut self, objective: Objective, limits: Limits) -> Option<(Expr, f64)> {
        let search = self.nested_search(objective, limits)?;
        search.best().map(|entry| (entry.expr, entry.loss))
    }

    /// A search of its own within limits, at its end.
    pub(super) fn nested_search(&mut self, objective: Objective, limits: Limits) -> Option<Self> {
        let allowance = self.allowance().part(PART);
        let own = &self.state.config;
        // What is said of inputs by their names or numbers holds for the whole search alone; templates
        // and complexities are among the operators.
        let config = SearchConfig {
            // The first replicate gets half.
            budget: (1 + u64::from(limits.once)) * allowance.evaluations.min(limits.evaluations),
            max_complexity: own.max_complexity.min(limits.complexity),
            seed: own.seed ^ (self.state.replicate.index + 1),
            held_out: 0.0,
            only_inputs: None,
            guesses: vec![],
            target_loss: None,
            seconds: None,
            templates: Definitions::default(),
            costs: Costs::default(),
            constraints: ConstraintConfig::default(),
            ..own.clone()
        };
        let mut search = Self::new(objective, self.rules.ops.clone(), config).ok()?;
        search.nested = true;
        while search.step().is_none() {
            let is_done = limits.once && search.state.resting.is_some();
            if is_done || search.state.replicate.is_exact() || self.allowance().is_late() {
                break;
            }
        }
        self.state.evaluations += search.evaluations();
        Some(search)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::{OpSet, Program, Workspace};

    use super::*;
    use crate::Measure;

    /// A search for a formula on [0.4, 1.5]ᵈ.
    pub(in crate::search) fn opened(truth: &str, dim: usize) -> Search {
        const STEPS: [f64; 4] = [0.618_034, 0.414_214, 0.732_051, 0.236_068];
        let column = |step: f64| (1..=400).map(move |n| 0.4 + 1.1 * (f64::from(n) * step).fract());
        let columns: Vec<Vec<f64>> = STEPS[..dim].iter().map(|s| column(*s).collect()).collect();
        let mut gradients = vec![vec![]; dim];
        Program::compile(&truth.parse().unwrap())
            .input_gradients(&columns, &mut Workspace::default(), &mut [0.0; 400], &mut gradients)
            .unwrap();
        let names = (1..=dim).map(|k| format!("x{k}")).collect();
        let points = Table::new(names, columns).unwrap();
        let field =
            DirectionField::from_gradients(points, &gradients, &FieldOptions::default()).unwrap();
        let config = SearchConfig { budget: 600_000, ..SearchConfig::default() };
        Search::new(Objective::new(&field, Measure::LevelSet), OpSet::default(), config).unwrap()
    }

    /// By division alone: nothing else has been tried.
    #[test]
    fn what_is_left_of_a_known_combination_is_searched_by_itself() {
        let truth = "(sqrt(x1^2 + 1.4*x2^2) - 2.5)^2 + 0.8*x3^2";
        let mut search = opened(truth, 3);
        search.divide();
        let replicate = &search.state.replicate;
        assert!(replicate.is_exact(), "{:e}", replicate.hall.lowest());
        assert!(search.evaluations() <= search.config().budget);
    }
}
