//! Where values are wanted: polynomials in some inputs whose coefficients are functions of the others.

use symgrad_expr::Expr;

use super::Search;
use super::nested::Limits;
use crate::propose::reduction::{
    Radical, Term, VaryingCoefficients, factors, radicals, varying_coefficients,
};
use crate::propose::spectral;
use crate::score::objective::Objective;

/// Least squares get at most one in so many of the evaluations that are left.
const PART: u64 = 4;

/// Formulas that are put together for a model, and those of which the terms are multiplied out.
const WHOLES: usize = 16;
const MULTIPLIED_OUT: usize = 4;

impl Search {
    /// Offers what comes of a search for the values over powers of inputs that are factors.
    pub(super) fn offer_without_factors(&mut self) {
        let allowance = self.allowance().part(PART);
        let possible = self.rules.constraints.is_empty() && !self.is_nested();
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

    /// Offers what comes of a search for the square root in values that are a root of a quadratic equation.
    pub(super) fn offer_with_radicals(&mut self) {
        let allowance = self.allowance().part(PART);
        let possible = self.rules.constraints.is_empty() && !self.is_nested();
        let (found, spent) = if possible {
            radicals(&self.screen, &self.palette.inputs, &self.rules.ops, allowance)
        } else {
            (vec![], 0)
        };
        self.state.evaluations += spent.min(self.state.available());
        for Radical { plain, whole, root } in found {
            self.offer_with_fits(&[whole]);
            if self.is_done() {
                return;
            }
            let roots = self.steepest(&root, Limits::REST).into_iter();
            let wholes: Vec<Expr> = roots.map(|root| plain.clone() + root).collect();
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

    /// Offers what comes of finding each coefficient by a search of its own.
    pub(super) fn follow_models(&mut self, models: &[VaryingCoefficients]) {
        for model in models {
            if self.is_done() {
                return;
            }
            self.follow_model(model, Expr::clone);
        }
    }

    /// The same, for a model of a part of the formula.
    pub(super) fn follow_model(
        &mut self,
        model: &VaryingCoefficients,
        whole: impl Fn(&Expr) -> Expr,
    ) {
        let found: Vec<Expr> = self.solved_terms(model).iter().map(whole).collect();
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
    fn solved_terms(&mut self, model: &VaryingCoefficients) -> Vec<Expr> {
        let mut wholes: Vec<(usize, Vec<Expr>)> = vec![(0, vec![])];
        for term in &model.terms {
            let polynomial = polynomial(term);
            let inputs: Vec<Expr> = term.inputs.iter().copied().map(Expr::var).collect();
            let parts: Vec<Expr> = match &term.function {
                None => vec![polynomial],
                Some(objective) => {
                    let functions = self.steepest(objective, Limits::FUNCTION).into_iter();
                    functions.map(|f| times(&polynomial, f.substitute(&inputs))).collect()
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
            search.offer_with_radicals();
            let replicate = &search.state.replicate;
            assert!(replicate.is_exact(), "{truth}: {:e}", replicate.hall.lowest());
        }
    }
}
