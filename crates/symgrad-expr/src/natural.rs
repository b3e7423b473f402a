//! The natural form of an expression: powers, multiples and quotients as people write them.
//!
//! Three passes, none of them recursive: [`flat`] takes the expression apart into sums of products,
//! [`collect`] joins equal factors and like terms from the leaves up, [`emit`] writes the result.

mod collect;
mod emit;
mod flat;
mod number;

use crate::Expr;

/// What may vanish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// Only what leaves the domain and rounding errors alone.
    Never,
    /// Terms that cancel, and common factors above and below: the domain may grow by points
    /// where the expression can be continued.
    Always,
}

impl Expr {
    /// The same function as people write it: equal factors as powers, like terms as multiples,
    /// coefficients first, one fraction bar, signs gathered.
    ///
    /// It has the same value wherever the expression has one, up to rounding. Nothing is expanded,
    /// nothing is factored, and nothing cancels: a divisor may be 0, and what remains of a
    /// difference that should vanish is what the expression computes.
    ///
    /// ```
    /// use symgrad_expr::Expr;
    /// for (found, natural) in [
    ///     ("square(x1^2) + (x2 + x2)", "x1^4 + 2*x2"),
    ///     ("x1*(2*x1)/x2/x3", "2*x1^2/(x2*x3)"),
    ///     ("x1*(x2^2 + 9.81*(x3 + x3))", "x1*(x2^2 + 19.62*x3)"),
    ///     ("x1 - x2*(x1/x2)", "x1 - x2*x1/x2"),
    /// ] {
    ///     assert_eq!(found.parse::<Expr>()?.natural().to_string(), natural);
    /// }
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    #[must_use]
    pub fn natural(&self) -> Self {
        natural(self, Cancel::Never)
    }

    /// The natural form with its constants rounded to that many significant digits (at least
    /// one); factors that round to 1 are left out.
    ///
    /// ```
    /// use symgrad_expr::Expr;
    /// let found: Expr = "x1*0.99996 + -2.00123*x2 - x3*(-0.33333)".parse()?;
    /// assert_eq!(found.rounded(3).to_string(), "x1 - 2*x2 + 0.333*x3");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    #[must_use]
    pub fn rounded(&self, digits: usize) -> Self {
        let round = |expr: &Self| {
            let mut rounded = expr.natural();
            for constant in rounded.constants_mut() {
                *constant = number::rounded(*constant, digits);
            }
            rounded
        };
        // Exponents that round to whole numbers join factors, whose coefficients are to be rounded.
        round(&round(self)).natural()
    }
}

/// The natural form; an expression with a constant that does not compute as others do, not
/// finite or subnormal, stays as it is.
pub(crate) fn natural(expr: &Expr, cancel: Cancel) -> Expr {
    let ordinary = |constant: &f64| constant.is_normal() || *constant == 0.0;
    if !expr.constants().iter().all(ordinary) {
        return expr.clone();
    }
    emit::expression(&collect::Collected::new(&flat::Flat::new(expr), cancel))
}
