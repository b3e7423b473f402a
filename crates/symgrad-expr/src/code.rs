//! Expressions as program text, as LaTeX and as `MathML`.

mod latex;
mod mathml;
mod python;
mod rust;
mod spelling;
mod symbol;

use serde::{Deserialize, Serialize};
pub use spelling::Spelling;

use crate::print::print;
use crate::{Expr, Names};

/// A notation for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// LaTeX, see [`Expr::latex`].
    Latex,
    /// Python with `SymPy`, see [`Expr::sympy`].
    Sympy,
    /// Python with `NumPy`, see [`Expr::numpy`].
    Numpy,
    /// Rust, see [`Expr::rust`].
    Rust,
    /// `MathML`, see [`Expr::mathml`].
    Mathml,
}

impl Language {
    /// Every notation.
    pub const ALL: [Self; 5] = [Self::Latex, Self::Sympy, Self::Numpy, Self::Rust, Self::Mathml];

    /// Those that people copy and type, and that results hold: all but `MathML`, which is for the
    /// pages that show results.
    pub const TYPED: [Self; 4] = [Self::Latex, Self::Sympy, Self::Numpy, Self::Rust];

    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latex => "LaTeX",
            Self::Sympy => "SymPy",
            Self::Numpy => "NumPy",
            Self::Rust => "Rust",
            Self::Mathml => "MathML",
        }
    }
}

impl Expr {
    /// The expression in a notation, with what the inputs are called there.
    ///
    /// All digits of the constants are printed: what is read back has the same value. Names that
    /// are taken or not valid in the notation are replaced; [`Spelling`] says by which.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Language, Names, Spelling};
    /// let names = Names::new(["E", "t"])?;
    /// let power = Expr::parse("E/t", &names)?;
    /// let spelling = Spelling::new(Language::Sympy, &names);
    /// assert_eq!(power.spelt(Language::Sympy, &spelling), "E_/t");
    /// assert_eq!(spelling.declaration(), Some("E_, t = symbols('E t')"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spelt(&self, language: Language, names: &Spelling) -> String {
        match language {
            Language::Latex => print(self, &latex::Latex { names }),
            Language::Sympy => print(self, &python::Sympy { names }),
            Language::Numpy => print(self, &python::Numpy { names }),
            Language::Rust => print(self, &rust::Rust { names }),
            Language::Mathml => mathml::stacked(&print(self, &mathml::Mathml { names })),
        }
    }

    /// LaTeX for math mode. Digits and letters after a name's first letter become its index:
    /// `x1` prints as `x_{1}`, `vx` as `v_{x}`, `theta` as `\theta`. Of two names that would look
    /// alike, the second is written out: `v_x` beside `vx` as `\mathrm{v\_x}`.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let names = Names::new(["x", "vx"])?;
    /// let energy = Expr::parse("vx^2/2 - 1/x", &names)?;
    /// assert_eq!(energy.latex(&names), r"\frac{v_{x}^{2}}{2} - \frac{1}{x}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn latex(&self, names: &Names) -> String {
        self.spelt(Language::Latex, &Spelling::new(Language::Latex, names))
    }

    /// Python for `from sympy import *`, with the inputs as symbols. Whole numbers stay exact.
    ///
    /// A name that Python or SymPy has taken gets an underscore appended, so that `sympify` reads
    /// symbols; [`Spelling::declaration`] makes these symbols under the inputs' own names.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let radius: Expr = "sqrt(x1^2 + 0.5*x2^2)".parse()?;
    /// assert_eq!(radius.sympy(&Names::numbered(2)), "sqrt(x1**2 + 0.5*x2**2)");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    pub fn sympy(&self, names: &Names) -> String {
        self.spelt(Language::Sympy, &Spelling::new(Language::Sympy, names))
    }

    /// Python for `import numpy as np`, with the inputs as arrays (or numbers) of floats. The error
    /// function is that of `SciPy`: `from scipy.special import erf`.
    ///
    /// A name that Python has taken, `np` or `erf` gets an underscore appended; what no identifier may
    /// hold is replaced.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let bell: Expr = "2*exp(-x1^2)".parse()?;
    /// assert_eq!(bell.numpy(&Names::numbered(1)), "2.0*np.exp(-x1**2)");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    pub fn numpy(&self, names: &Names) -> String {
        self.spelt(Language::Numpy, &Spelling::new(Language::Numpy, names))
    }

    /// A Rust expression over `f64` variables. The error function is that of the crate `libm`.
    ///
    /// A name that Rust has taken gets an underscore appended; what no identifier may hold is
    /// replaced.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let radius: Expr = "sqrt(2 + x1^2)".parse()?;
    /// assert_eq!(radius.rust(&Names::numbered(1)), "(2.0_f64 + x1.powi(2)).sqrt()");
    /// # Ok::<(), symgrad_expr::ParseError>(())
    /// ```
    pub fn rust(&self, names: &Names) -> String {
        self.spelt(Language::Rust, &Spelling::new(Language::Rust, names))
    }

    /// Presentation `MathML`: what stands inside of a `<math>` element of a page. Names look as in
    /// [LaTeX](Self::latex).
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names};
    /// let slope = Expr::parse("vx/2", &Names::new(["vx"])?)?;
    /// assert_eq!(
    ///     slope.mathml(&Names::new(["vx"])?),
    ///     "<mfrac><mrow><msub><mi>v</mi><mi>x</mi></msub></mrow><mrow><mn>2</mn></mrow></mfrac>"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mathml(&self, names: &Names) -> String {
        self.spelt(Language::Mathml, &Spelling::new(Language::Mathml, names))
    }
}
