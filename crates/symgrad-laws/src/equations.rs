//! Equations of motion as people write them: `x' = v, v' = -x - x^3`.

use symgrad_expr::{Expr, Names, NamesError, ParseError};

/// The derivative of each variable in time, as a formula of all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Equations {
    /// The variables, in the order of their equations.
    pub names: Names,
    /// Their derivatives in time.
    pub rates: Vec<Expr>,
}

/// Equations that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EquationError {
    /// Not of the form `x' = formula`.
    #[error(
        "`{text}` is no equation of motion; write the derivative of each variable in time, as in \
         \"x' = v, v' = -x - x^3\""
    )]
    NoEquation {
        /// The part as written.
        text: String,
    },
    /// Variables whose names cannot be used.
    #[error("the variables' names cannot be used in formulas")]
    Names(#[from] NamesError),
    /// A formula that cannot be read.
    #[error("the right-hand side of `{text}` cannot be read\n{}", source.render())]
    Formula {
        /// The equation as written.
        text: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A table that lacks a variable.
    #[error("there is no column `{name}`, which the equations use; the columns are: {known}")]
    NoColumn {
        /// The variable.
        name: String,
        /// The columns there are.
        known: String,
    },
    /// Rates that are not finite.
    #[error("the right-hand side of {name}' is not finite at {broken} of {rows} points")]
    NotFinite {
        /// The variable.
        name: String,
        /// Points where it is not.
        broken: usize,
        /// All points.
        rows: usize,
    },
}

impl Equations {
    /// Reads equations between commas, semicolons or lines.
    ///
    /// ```
    /// use symgrad_laws::Equations;
    /// let pendulum = Equations::parse("x' = v, v' = -sin(x)")?;
    /// assert_eq!(pendulum.names.iter().collect::<Vec<_>>(), ["x", "v"]);
    /// assert_eq!(pendulum.rates[1].to_string(), "-sin(x1)");
    /// # Ok::<(), symgrad_laws::EquationError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, EquationError> {
        let parts: Vec<&str> = split(text);
        let no_equation = |part: &str| EquationError::NoEquation { text: part.to_owned() };
        let mut sides = vec![];
        for part in &parts {
            let (left, right) = part.split_once('=').ok_or_else(|| no_equation(part))?;
            let name = left.trim().strip_suffix('\'').ok_or_else(|| no_equation(part))?;
            sides.push((name.trim(), right.trim(), *part));
        }
        if sides.is_empty() {
            return Err(no_equation(text));
        }
        let names = Names::new(sides.iter().map(|(name, ..)| *name))?;
        let read = |(_, right, part): &(&str, &str, &str)| {
            Expr::parse(right, &names)
                .map_err(|source| EquationError::Formula { text: (*part).to_owned(), source })
        };
        let rates = sides.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { names, rates })
    }

    /// Where the variables are after so much time, by one step of the classical Runge–Kutta method of
    /// fourth order.
    ///
    /// ```
    /// use symgrad_laws::Equations;
    /// let circle = Equations::parse("x' = v, v' = -x")?;
    /// let quarter = (0..100).fold(vec![1.0, 0.0], |state, _| {
    ///     circle.step(&state, std::f64::consts::FRAC_PI_2 / 100.0)
    /// });
    /// assert!(quarter[0].abs() < 1e-8 && (quarter[1] + 1.0).abs() < 1e-8);
    /// # Ok::<(), symgrad_laws::EquationError>(())
    /// ```
    ///
    /// # Panics
    /// Panics if there are not as many numbers as variables.
    pub fn step(&self, state: &[f64], time: f64) -> Vec<f64> {
        assert_eq!(state.len(), self.rates.len(), "one number for each variable");
        let at = |x: &[f64]| -> Vec<f64> { self.rates.iter().map(|rate| rate.eval(x)).collect() };
        let on = |slope: &[f64], h: f64| -> Vec<f64> {
            state.iter().zip(slope).map(|(x, s)| x + h * s).collect()
        };
        let first = at(state);
        let second = at(&on(&first, time / 2.0));
        let third = at(&on(&second, time / 2.0));
        let fourth = at(&on(&third, time));
        let slope = |i: usize| first[i] + 2.0 * second[i] + 2.0 * third[i] + fourth[i];
        (0..state.len()).map(|i| state[i] + time / 6.0 * slope(i)).collect()
    }

    /// The derivatives at points, column by column.
    pub fn at(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, EquationError> {
        let rows = columns.first().map_or(0, Vec::len);
        let mut workspace = symgrad_expr::Workspace::default();
        let rate = |(name, rate): (&str, &Expr)| {
            let mut values = vec![0.0; rows];
            let program = symgrad_expr::Program::compile(rate);
            let broken = program.values(columns, &mut workspace, &mut values).unwrap_or(rows);
            match broken {
                0 => Ok(values),
                broken => Err(EquationError::NotFinite { name: name.to_owned(), broken, rows }),
            }
        };
        self.names.iter().zip(&self.rates).map(rate).collect()
    }
}

/// The parts between separators outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, vec![]);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' | ';' | '\n' if depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_equation_is_named() {
        for (text, words) in [
            ("", "no equation"),
            ("x = v", "`x = v` is no equation"),
            ("x' = v", "`x' = v` cannot be read"),
            ("x' = x, x' = 2", "names cannot be used"),
            ("x' = , y' = x", "cannot be read"),
        ] {
            let error = Equations::parse(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        let good = Equations::parse("x' = y; y' = -(x +\n y)\n z' = 1").unwrap();
        assert_eq!(good.rates.len(), 3);
        let error = Equations::parse("x' = 1/x").unwrap().at(&[vec![0.0, 1.0]]).unwrap_err();
        assert!(error.to_string().contains("1 of 2"), "{error}");
    }
}
