//! Divide and conquer: a group of inputs that enters through one function of them alone is a search
//! of its own, on the field restricted to it; that function then takes the group's place, and what
//! is left is a search with fewer inputs, which may divide again.

use symgrad_expr::Expr;

use super::Search;
use super::nested::{HOPELESS, Limits};
use crate::hints::HintKind;
use crate::propose::reduction::{Characteristic, Coordinates, invariants};

/// Points for these searches.
const POINTS: usize = 1_000;

/// Most inputs of a small group.
const SMALL: usize = 3;

/// Groups that are tried.
const GROUPS: usize = 3;

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

    pub(super) fn divisible(&self) -> Option<Coordinates> {
        let possible = self.rules.level_sets && self.rules.constraints.is_empty();
        let points = self.screen.thinned(POINTS);
        let whole = Coordinates::new(&points, &self.palette.inputs);
        whole.filter(|whole| possible && whole.dim() > 1)
    }

    /// Offers what comes of a search in invariants of scalings and shifts, where the field tells exactly that there are
    /// any: what it finds in all inputs it would find in fewer.
    pub(super) fn offer_in_invariants(&mut self) {
        let Some(whole) = self.divisible() else { return };
        for coordinates in invariants(&whole, &self.rules.ops) {
            let formula = self.solved_within(&coordinates, Limits::REDUCED);
            self.fit_and_offer(formula.into_iter().collect());
            if self.is_done() {
                return;
            }
        }
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

    /// The coordinates in which functions of small groups, one apart from the other, take their places.
    pub(super) fn with_small_groups_combined(
        &mut self,
        whole: &Coordinates,
    ) -> Option<Coordinates> {
        let mut combined: Option<Coordinates> = None;
        let mut used: Vec<u16> = vec![];
        for group in self.groups(whole).into_iter().filter(|group| group.len() <= SMALL) {
            let is_apart = group.iter().all(|input| !used.contains(input));
            if !is_apart || group.len() + 1 >= whole.dim() || self.is_over() {
                continue;
            }
            let known = combined.as_ref().unwrap_or(whole).clone();
            if let Some(next) = self.with_function_of(&group, &known) {
                used.extend(group);
                combined = Some(next);
            }
        }
        combined
    }

    /// The coordinates in which the function of a group that a search of its own finds takes its place.
    fn with_function_of(&mut self, group: &[u16], whole: &Coordinates) -> Option<Coordinates> {
        let places = whole.places_within(group);
        let part = whole.restricted(&places).filter(|_| places.len() == group.len())?;
        let (function, loss) = self.searched(part, Limits::GROUP)?;
        if loss > HOPELESS {
            return None;
        }
        whole.combined(&places, &function)
    }

    /// The formula of coordinates in terms of the inputs.
    pub(super) fn solved(&mut self, coordinates: &Coordinates) -> Option<Expr> {
        self.solved_within(coordinates, Limits::GROUP)
    }

    /// The same within limits.
    pub(super) fn solved_within(
        &mut self,
        coordinates: &Coordinates,
        limits: Limits,
    ) -> Option<Expr> {
        if let [only] = coordinates.variables.as_slice() {
            return Some(only.clone());
        }
        let all: Vec<usize> = (0..coordinates.dim()).collect();
        let (formula, loss) = self.searched(coordinates.restricted(&all)?, limits)?;
        let whole = (loss < HOPELESS).then(|| formula.substitute(&coordinates.variables))?;
        // Next to a pole, what is lost to rounding would count against it.
        let whole = self.right_way_up(whole);
        log::debug!(target: "symgrad::search", "put together: {whole}");
        Some(whole)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use symgrad_data::{DirectionField, FieldOptions, Table};
    use symgrad_expr::{OpSet, Program, Workspace};

    use super::*;
    use crate::{Measure, Objective, SearchConfig};

    /// A search for a formula on [0.4, 1.5]ᵈ.
    pub(in crate::search) fn opened(truth: &str, dim: usize, budget: u64) -> Search {
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
        let config = SearchConfig { budget, ..SearchConfig::default() };
        Search::new(Objective::new(&field, Measure::LevelSet), OpSet::default(), config).unwrap()
    }

    /// By invariants alone: nothing else has been tried.
    #[test]
    fn what_scalings_and_shifts_leave_as_it_is_is_found_in_invariants() {
        for (truth, dim) in [
            ("x1*x2*exp(-0.7*x1*x2/x3) + x3*sin(x1*x2)", 3),
            ("x4*exp(-0.6*x1*x2/x3) + sqrt(x1*x2/x3)", 4),
            ("cos(x1 - x2) + x3*sin(x1 - x2)/(1 + x3)", 3),
        ] {
            let mut search = opened(truth, dim, 1_000_000);
            search.offer_in_invariants();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
            assert!(search.evaluations() <= search.config().budget);
        }
    }

    /// By division alone: nothing else has been tried.
    #[test]
    fn what_is_left_of_a_known_combination_is_searched_by_itself() {
        let truth = "(sqrt(x1^2 + 1.4*x2^2) - 2.5)^2 + 0.8*x3^2";
        let mut search = opened(truth, 3, 600_000);
        search.divide();
        let replicate = &search.state.replicate;
        assert!(replicate.is_exact(), "{:e}", replicate.hall.lowest());
        assert!(search.evaluations() <= search.config().budget);
    }
}
