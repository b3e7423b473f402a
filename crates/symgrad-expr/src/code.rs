//! Expressions as program text and as LaTeX.

mod latex;
mod python;
mod rust;

use crate::print::print;
use crate::{Expr, Names};

impl Expr {
    /// LaTeX for math mode. Digits and letters after a name's first letter become its index:
    /// `x1` prints as `x_{1}`, `vx` as `v_{x}`, `theta` as `\theta`.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let names = Names::new(["x", "vx"])?;
    /// let energy = Expr::parse("vx^2/2 - 1/x", &names)?;
    /// assert_eq!(energy.latex(&names), r"\frac{v_{x}^{2}}{2} - \frac{1}{x}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn latex(&self, names: &Names) -> String {
        print(self, &latex::Latex { names })
    }

    /// Python for `from sympy import *`, with the inputs as symbols. Whole numbers stay exact.
    ///
    /// A name that Python or SymPy has taken gets an underscore appended.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let radius: Expr = "sqrt(x1^2 + 0.5*x2^2)".parse()?;
    /// assert_eq!(radius.sympy(&Names::numbered(2)), "sqrt(x1**2 + 0.5*x2**2)");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    pub fn sympy(&self, names: &Names) -> String {
        print(self, &python::Sympy { names: python::names(names, &["Abs", "oo", "nan"]) })
    }

    /// Python for `import numpy as np`, with the inputs as arrays (or numbers) of floats.
    ///
    /// A name that Python has taken, or `np`, gets an underscore appended.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let bell: Expr = "2*exp(-x1^2)".parse()?;
    /// assert_eq!(bell.numpy(&Names::numbered(1)), "2.0*np.exp(-x1**2)");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    pub fn numpy(&self, names: &Names) -> String {
        print(self, &python::Numpy { names: python::names(names, &["np"]) })
    }

    /// A Rust expression over `f64` variables.
    ///
    /// A name that is a keyword gets an underscore appended.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let radius: Expr = "sqrt(2 + x1^2)".parse()?;
    /// assert_eq!(radius.rust(&Names::numbered(1)), "(2.0_f64 + x1.powi(2)).sqrt()");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    pub fn rust(&self, names: &Names) -> String {
        print(self, &rust::Rust { names: rust::names(names) })
    }
}

/// The names with underscores appended to those that are taken, without making two alike.
fn avoid(names: &Names, taken: impl Fn(&str) -> bool) -> Vec<String> {
    let rename = |name: &str| {
        let mut free = name.to_owned();
        while taken(&free) || (free != name && names.index_of(&free).is_some()) {
            free.push('_');
        }
        free
    };
    names.iter().map(rename).collect()
}

/// The name of an input, or its numbered name beyond the list.
fn label(names: &[String], index: u16) -> String {
    let numbered = || format!("x{}", u32::from(index) + 1);
    names.get(usize::from(index)).cloned().unwrap_or_else(numbered)
}
