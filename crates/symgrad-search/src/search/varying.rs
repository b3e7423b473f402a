//! Where values are wanted: polynomials in some inputs whose coefficients are functions of the others.

use symgrad_expr::Expr;

use super::Search;
use super::nested::Limits;
use super::valued::{Inside, seen_through};
use crate::propose::reduction::{
    FITTED_POINTS, Homogeneous, Radical, Term, VaryingCoefficients, factors, homogeneous, radicals,
    varying_coefficients,
};
use crate::propose::spectral;
use crate::score::evaluator::Evaluator;
use crate::score::objective::Objective;

/// Least squares get at most one in so many of the evaluations that are left.
const PART: u64 = 4;

/// Models that are followed, of the values or seen through outer functions.
const FOLLOWED: usize = 4;

/// Formulas that are put together for a model, and those of which the terms are multiplied out.
const WHOLES: usize = 16;
const MULTIPLIED_OUT: usize = 4;

/// Choices of other terms with which the last one is looked for, and the share of its square by which it may
/// differ from what the model says.
const EXACT_RESTS: usize = 2;
const UNLIKE: f64 = 1e-2;

impl Search {
    /// Offers what comes of a search for the values over powers of inputs that are factors.
    pub(super) fn offer_without_factors(&mut self) {
        let allowance = self.allowance().part(PART);
        let possible = self.rules.constraints.is_empty();
        let (found, spent) = if possible {
            factors(&self.screen, &self.palette.inputs, &self.rules.ops, allowance)
        } else {
            (None, 0)
        };
        self.state.evaluations += spent.min(self.state.available());
        let Some(found) = found else { return };
        let inputs: Vec<Expr> = found.inputs.iter().copied().map(Expr::var).collect();
        let rests = self.steepest(&found.rest, Limits::REST).into_iter();
        let wholes: Vec<Expr> =
            rests.map(|rest| found.factor.clone() * rest.substitute(&inputs)).collect();
        self.offer_with_fits(&wholes);
    }

    /// Offers what comes of a search in fewer variables, where scalings of inputs only multiply the values and shifts
    /// leave them as they are.
    pub(super) fn offer_in_monomials(&mut self) {
        if !self.rules.constraints.is_empty() || !self.has_given_values() {
            return;
        }
        let allowance = self.allowance().part(PART);
        let (found, spent) =
            homogeneous(&self.screen, &self.palette.inputs, &self.rules.ops, &allowance);
        self.state.evaluations += spent;
        for Homogeneous { factor, variables, rest } in found {
            let written: Vec<String> = variables.iter().map(ToString::to_string).collect();
            log::debug!(target: "symgrad::search", "in fewer variables: {}", written.join(", "));
            let formulas = self.steepest(&rest, Limits::OF_MONOMIALS).into_iter();
            let wholes = formulas.map(|formula| {
                let formula = formula.substitute(&variables);
                factor.clone().map_or(formula.clone(), |factor| factor * formula)
            });
            self.offer_with_fits(&wholes.collect::<Vec<Expr>>());
            if self.is_done() {
                return;
            }
        }
    }

    /// Offers what comes of a search for the square root in the values, where these are a root of a quadratic equation.
    pub(super) fn offer_radicals(&mut self) {
        self.offer_with_radicals(&self.screen.clone(), |formula| formula);
    }

    /// The same for values that are a root of a quadratic equation.
    pub(super) fn offer_with_radicals(&mut self, values: &Objective, whole: impl Fn(Expr) -> Expr) {
        let allowance = self.allowance().part(PART);
        let possible = self.rules.constraints.is_empty();
        let (found, spent) = if possible {
            radicals(values, &self.palette.inputs, &self.rules.ops, allowance)
        } else {
            (vec![], 0)
        };
        self.state.evaluations += spent.min(self.state.available());
        for Radical { plain, multiplied_out, root } in found {
            self.offer_with_fits(&[whole(multiplied_out)]);
            if self.is_done() {
                return;
            }
            let roots = self.steepest(&root, Limits::REST).into_iter();
            let wholes: Vec<Expr> = roots.map(|root| whole(plain.clone() + root)).collect();
            self.offer_with_fits(&wholes);
        }
    }

    /// The models that next to nothing is left of, and those that are less clear: much of the work on these
    /// is in vain.
    pub(super) fn varying_coefficients(
        &mut self,
        values: &Objective,
    ) -> [Vec<VaryingCoefficients>; 2] {
        let (inputs, ops) = (&self.palette.inputs, &self.rules.ops);
        let allowance = self.allowance().part(PART);
        let possible = self.rules.constraints.is_empty();
        let (models, spent) = if possible {
            varying_coefficients(values, inputs, ops, allowance)
        } else {
            (vec![], 0)
        };
        self.state.evaluations += spent.min(self.state.available());
        let (clear, unclear) = models.into_iter().partition(VaryingCoefficients::is_clear);
        [clear, unclear]
    }

    /// Offers what comes of models of the values, and of the values seen through the inverse of an outer function,
    /// of which next to nothing is left, those that leave least first; returns those that are less clear.
    pub(super) fn offer_models(&mut self) -> Vec<VaryingCoefficients> {
        let values = self.screen.clone();
        let [clear, unclear] = self.varying_coefficients(&values);
        let (sure, open): (Vec<_>, Vec<_>) =
            clear.into_iter().partition(VaryingCoefficients::is_sure);
        self.follow_models(&sure);
        if self.is_done() {
            return unclear;
        }
        let ops = self.rules.ops.clone();
        let insides: Vec<Inside> = seen_through(&values, &ops).collect();
        let mut models: Vec<(Option<&Inside>, VaryingCoefficients)> =
            open.into_iter().map(|model| (None, model)).collect();
        for inside in &insides {
            let [clear, _] = self.varying_coefficients(&inside.objective);
            models.extend(clear.into_iter().map(|model| (Some(inside), model)));
        }
        models.sort_by(|(_, one), (_, other)| one.before(other));
        for (inside, model) in models.iter().take(FOLLOWED) {
            if self.is_done() {
                break;
            }
            match inside {
                None => self.follow_model(model, Some(&values), Expr::clone),
                Some(inside) => {
                    let of_whole = |sum: &Expr| inside.whole(sum.clone(), &ops);
                    self.follow_model(model, Some(&inside.objective), of_whole);
                }
            }
        }
        unclear
    }

    /// Offers what comes of finding each coefficient by a search of its own.
    pub(super) fn follow_models(&mut self, models: &[VaryingCoefficients]) {
        let values = self.screen.clone();
        for model in models {
            if self.is_done() {
                return;
            }
            self.follow_model(model, Some(&values), Expr::clone);
        }
    }

    /// The same, for a model of a part of the formula, with its values where they are known exactly.
    pub(super) fn follow_model(
        &mut self,
        model: &VaryingCoefficients,
        values: Option<&Objective>,
        whole: impl Fn(&Expr) -> Expr,
    ) {
        let found: Vec<Expr> = self.solved_terms(model, values).iter().map(whole).collect();
        for whole in &found {
            log::debug!(target: "symgrad::search", "put together: {whole}");
        }
        self.offer_with_fits(&found);
        if !self.is_done() {
            // Coefficients of all terms together, and without the terms that nothing is lost without.
            let libraries = found.iter().take(MULTIPLIED_OUT).map(spectral::multiplied_out);
            self.eliminate_and_fit(libraries.collect());
        }
    }

    /// The model with functions that searches of their own find, in terms of the inputs: those whose losses
    /// fall most first, then one after the other replaced by another.
    ///
    /// The function of most inputs comes last: what the values leave of it, once the others are known, is exact.
    fn solved_terms(
        &mut self,
        model: &VaryingCoefficients,
        values: Option<&Objective>,
    ) -> Vec<Expr> {
        let mut terms: Vec<&Term> = model.terms.iter().collect();
        terms.sort_by_key(|term| term.function.as_ref().map_or(0, |_| term.inputs.len()));
        let mut wholes: Vec<(usize, Vec<Expr>)> = vec![(0, vec![])];
        for (place, term) in terms.iter().enumerate() {
            let is_last = place + 1 == terms.len();
            if let Some(values) = values.filter(|_| is_last) {
                let exact = self.with_exact_rests(&wholes, term, values);
                if !exact.is_empty() {
                    return exact;
                }
            }
            let parts: Vec<Expr> = match &term.function {
                None => vec![polynomial(term)],
                Some(objective) => {
                    let functions =
                        self.steepest(objective, Limits::function(term.error)).into_iter();
                    functions.map(|function| with_function(term, &function)).collect()
                }
            };
            if parts.is_empty() {
                return vec![];
            }
            let with = |(rank, whole): &(usize, Vec<Expr>)| {
                let longer = |(k, part): (usize, &Expr)| {
                    (rank + k, whole.iter().chain([part]).cloned().collect())
                };
                parts.iter().enumerate().map(longer).collect::<Vec<_>>()
            };
            wholes = wholes.iter().flat_map(with).collect();
            wholes.sort_by_key(|(rank, _)| *rank);
            wholes.truncate(WHOLES);
        }
        wholes.into_iter().map(|(_, parts)| Expr::sum(parts)).collect()
    }

    /// Other terms with the last one, found from what the values leave of it; none where that is not what the
    /// model says.
    fn with_exact_rests(
        &mut self,
        others: &[(usize, Vec<Expr>)],
        last: &Term,
        values: &Objective,
    ) -> Vec<Expr> {
        let mut found = vec![];
        for (_, others) in others.iter().take(EXACT_RESTS) {
            if let Some(rest) = rest(values, others, last) {
                let functions = self.steepest(&rest, Limits::EXACT_FUNCTION).into_iter();
                found.extend(functions.map(|function| {
                    let last = with_function(last, &function);
                    Expr::sum(others.iter().cloned().chain([last]))
                }));
            }
        }
        found
    }
}

/// What the values leave of the last term's function once the other terms are known; `None` where that is far
/// from what the model says.
fn rest(values: &Objective, others: &[Expr], last: &Term) -> Option<Objective> {
    let function = last.function.as_ref()?;
    let points = values.thinned(FITTED_POINTS).thinned(function.points());
    let mut eval = Evaluator::new(&points);
    let mut of = |expr: &Expr| eval.values(expr);
    let (known, factors) = (of(&Expr::sum(others.iter().cloned()))?, of(&polynomial(last))?);
    let (given, expected) = (points.given_values()?, function.given_values()?);
    let left = given.iter().zip(&known).zip(&factors).map(|((y, known), m)| (y - known) / m);
    let left: Vec<f64> = left.collect();
    let square = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|v| v * v).sum::<f64>();
    let off = square(&mut left.iter().zip(&expected).map(|(a, b)| a - b));
    let is_alike = off <= UNLIKE * square(&mut expected.iter().copied());
    is_alike.then(|| function.with_values(&left)).flatten()
}

/// A term with a formula for its function, in terms of the inputs.
fn with_function(term: &Term, function: &Expr) -> Expr {
    let inputs: Vec<Expr> = term.inputs.iter().copied().map(Expr::var).collect();
    times(&polynomial(term), function.substitute(&inputs))
}

fn polynomial(term: &Term) -> Expr {
    let parts = term.polynomial.iter().map(|(coefficient, monomial)| {
        let coefficient = Expr::constant(*coefficient);
        match monomial {
            None => coefficient,
            Some(monomial) if coefficient == Expr::constant(1.0) => monomial.clone(),
            Some(monomial) => coefficient * monomial.clone(),
        }
    });
    Expr::sum(parts)
}

fn times(polynomial: &Expr, function: Expr) -> Expr {
    if *polynomial == Expr::constant(1.0) { function } else { polynomial.clone() * function }
}

#[cfg(test)]
mod tests {
    use symgrad_data::Table;
    use symgrad_expr::{OpSet, Program, Workspace};

    use super::*;
    use crate::SearchConfig;

    /// A search for the values of a formula on [0.4, 1.5]ᵈ.
    fn opened(truth: &str, dim: usize) -> Search {
        const STEPS: [f64; 5] = [0.881_271, 0.776_640, 0.684_430, 0.603_168, 0.531_555];
        const POINTS: usize = 600;
        let column = |step: f64| (1..=POINTS).map(move |n| 0.4 + 1.1 * (n as f64 * step).fract());
        let columns: Vec<Vec<f64>> = STEPS[..dim].iter().map(|s| column(*s).collect()).collect();
        let mut values = vec![0.0; POINTS];
        let program = Program::compile(&truth.parse().unwrap());
        program.values(&columns, &mut Workspace::default(), &mut values).unwrap();
        let names = (1..=dim).map(|k| format!("x{k}")).collect();
        let points = Table::new(names, columns).unwrap();
        let objective = Objective::regression(&points, &values, false).unwrap();
        let config = SearchConfig { budget: 2_000_000, ..SearchConfig::default() };
        Search::new(objective, OpSet::default(), config).unwrap()
    }

    /// By monomials alone: nothing else has been tried.
    #[test]
    fn values_that_scalings_only_multiply_are_found_in_monomials() {
        for (truth, dim) in [
            ("x4*(x1 - x1*exp(-0.7*x2*x3))/x3", 4),
            ("x3*sqrt(1 + (x1/x2)^2)*exp(-0.5*x1/x2)", 3),
            ("x1*x2^2/(x3^2 + (x1*x4)^2 + (x1*x2)^2)", 4),
        ] {
            let mut search = opened(truth, dim);
            search.offer_in_monomials();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
            assert!(search.evaluations() <= search.config().budget);
        }
    }

    /// By varying coefficients alone: nothing else has been tried.
    #[test]
    fn coefficients_that_are_functions_are_found_one_by_one() {
        for (truth, dim) in [
            ("x1*exp(-0.8*x4) + x2/(1 + 0.6*x4) - 0.3*x3/x4^6", 4),
            ("(x1 + 2*x2)*x3*log(x4)/(x4 + 0.5)", 4),
            ("x1^2*sin(2*x2)*x3 - (x3 + 0.5*x1^2)*cos(x2)", 3),
            ("1.5*x1*x2 - 0.7*x2^2 + sqrt(x3^2 + 0.3)", 3),
            ("x1 - x2*(exp(1.1*(x3 + x4)) - 1) - (x3 + x4)/x5", 5),
        ] {
            let mut search = opened(truth, dim);
            let [clear, _] = search.varying_coefficients(&search.screen.clone());
            search.follow_models(&clear);
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
            assert!(search.evaluations() <= search.config().budget);
        }
    }

    /// By models of the values and of what is inside outer functions alone, each term by what the values leave of it.
    #[test]
    fn functions_of_several_inputs_are_found_from_what_other_terms_leave() {
        for (truth, dim) in [
            ("sin(x1)*sqrt((x2 + 0.13/x3^2)^2 + x4) - cos(x1)*x4", 4),
            ("(4 + x2 - 0.4*x3*x1^2)*exp(-0.6*x4/x5)", 5),
        ] {
            let mut search = opened(truth, dim);
            search.offer_models();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
        }
    }

    /// By factors alone.
    #[test]
    fn values_are_searched_without_their_factors() {
        for (truth, dim) in [
            ("x5/sqrt(1/x1^2 + (x2*x3 - 1/(x2*x4))^2)", 5),
            ("x1*log((x2 + x3*x4)/(x3 + 0.5*x2))", 4),
            ("x3^2*exp(-0.7*x1)*cos(2*x2)/x4", 4),
        ] {
            let mut search = opened(truth, dim);
            search.offer_without_factors();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
        }
    }

    /// By radicals alone.
    #[test]
    fn roots_of_quadratic_equations_are_found() {
        for (truth, dim) in [
            ("x1^2 + x2^2 + (x1 + x2)*sqrt((x1 - x2)^2 + x3^2)", 3),
            ("x1*cos(x2)*(x1*sin(x2) + sqrt(x1^2*sin(x2)^2 + 2.6*x3))/1.3", 3),
        ] {
            let mut search = opened(truth, dim);
            search.offer_with_radicals(&search.screen.clone(), |root| root);
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
        }
    }
}
