//! What was found.

use symgrad_expr::Expr;

use crate::measure::Constancy;

/// What held-out groups say of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LawVerdict {
    /// It is constant, as far as can be told.
    Law,
    /// It is nearly constant, but noise does not explain by how much it is not; or a formula of another
    /// kind may be meant.
    Ambiguous,
    /// It is not constant.
    NoLaw,
}

/// Variance within groups over all variance below which a formula counts as constant, whatever the
/// noise: within groups it then varies by a hundredth of how it varies among them.
pub const CONSTANT: f64 = 1e-4;

/// The same for a sum of so many terms that it comes near to much, by their choice.
const LONG_CONSTANT: f64 = 1e-6;

/// The same where the derivatives in time are exact, so that only rounding and look-alikes differ
/// from zero.
const EXACTLY_CONSTANT: f64 = 1e-10;

/// Below this, ten times as much variation, a formula is worth telling of.
const NEARLY_CONSTANT: f64 = 1e-2;

/// However large the noise, what varies more than this within groups is no law that could be told
/// from others.
const MOST_NOISE: f64 = 0.1;

/// How many times the estimated noise floor ρ may be: the estimate is from the same few moments.
const FLOORS: f64 = 3.0;

/// Standard errors within which what lasts of the change may be nothing.
const ERRORS: f64 = 3.0;

impl LawVerdict {
    /// `long` are sums of many terms, which come near to much, and of which noise may hide what they leave; `exact` is what is
    /// known of the derivatives in time. `drift` is what lasts of the change in groups that were held out, and in all
    /// groups: what drifts in those that it was fitted to drifts all the more.
    pub(crate) fn of(
        constancy: &Constancy,
        drift: [Option<(f64, f64)>; 2],
        long: bool,
        exact: bool,
    ) -> Self {
        let Constancy { rho, noise_floor, .. } = constancy;
        let limit = match (exact, long) {
            (true, _) => EXACTLY_CONSTANT,
            (false, true) => LONG_CONSTANT,
            (false, false) => CONSTANT,
        };
        // However small ρ is: a slow input, or one outlier in all the variance, make it so.
        if constancy.is_like_chance() {
            return Self::NoLaw;
        }
        if *rho <= limit {
            return Self::Law;
        }
        let noisy = noise_floor.is_some_and(|floor| *rho <= FLOORS * floor + limit);
        let drifts = drift
            .into_iter()
            .flatten()
            .any(|(mean, error)| mean > limit.max(ERRORS * error.min(*rho / 10.0)));
        if *rho <= MOST_NOISE && noisy && !drifts {
            return if long { Self::Ambiguous } else { Self::Law };
        }
        // Of noise that is not known, as much is allowed for as would still leave a law visible.
        let nearly = if noise_floor.is_none() && !exact {
            MOST_NOISE / 3.0
        } else {
            NEARLY_CONSTANT.max(limit)
        };
        let nearly = if exact { CONSTANT } else { nearly };
        if *rho <= nearly { Self::Ambiguous } else { Self::NoLaw }
    }
}

/// Which way a law was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// By constancy within the groups themselves.
    Direct,
    /// Proposed from elsewhere, as by a network.
    Network,
    /// Both roads have led to it.
    Both,
}

/// An alternative to a law: how constant it is on the groups by which the law was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The formula.
    pub expr: Expr,
    /// Its complexity.
    pub complexity: u32,
    /// Variance within groups over all variance, or mean squared cosine with the motion.
    pub rho: f64,
}

/// A formula that is, or may be, constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// The formula, of which every function is constant as well.
    pub expr: Expr,
    /// Its complexity.
    pub complexity: u32,
    /// How constant it is on the groups that were held out.
    pub constancy: Constancy,
    /// What these say of it.
    pub verdict: LawVerdict,
    /// Which way it was found.
    pub found_by: Road,
    /// Formulas of which none is both simpler and more constant, by rising complexity.
    pub front: Vec<Alternative>,
    /// Whether it has so many terms that, by their choice, what noise allows to tell of it may be true of a
    /// formula that is no law.
    pub approximates: bool,
    /// A formula of another kind that is about as short and explains the held-out groups as well: while
    /// there is one, neither can be called certain.
    pub rival: Option<Alternative>,
}

/// A formula that is the same at all points.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// The formula.
    pub expr: Expr,
    /// What it is there, with as many digits as it is the same to.
    pub value: f64,
}

/// What the data say as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There are laws.
    Laws,
    /// Something is nearly constant.
    Ambiguous,
    /// There are none among the formulas that were tried.
    NoLaw,
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Laws {
    /// Functionally independent laws, in the order in which they were found: the simplest first.
    pub laws: Vec<Law>,
    /// Formulas that are as constant as laws, but each has a rival of another kind: one of both is one.
    pub ambiguous: Vec<Law>,
    /// The best that would have come next: it may be ambiguous, or no law. Absent where there is
    /// no room for a further one.
    pub next: Option<Law>,
    /// Inputs that do not change within groups: each is a law, but says nothing.
    pub parameters: Vec<usize>,
    /// Formulas that are the same at all points: they tell of how the inputs are related.
    pub relations: Vec<Relation>,
    /// The standard deviation of each input's noise, where it could be told.
    pub noise: Option<Vec<f64>>,
    /// Groups that nothing was fitted or chosen on.
    pub held_out: usize,
    /// Points that were left out, since they lie far outside all others.
    pub far: usize,
    /// Whether the observer stopped it early.
    pub stopped: bool,
}

impl Laws {
    /// What the data say as a whole.
    pub fn verdict(&self) -> Verdict {
        if !self.laws.is_empty() {
            return Verdict::Laws;
        }
        if !self.ambiguous.is_empty() {
            return Verdict::Ambiguous;
        }
        match &self.next {
            Some(next) if next.verdict != LawVerdict::NoLaw => Verdict::Ambiguous,
            _ => Verdict::NoLaw,
        }
    }
}
