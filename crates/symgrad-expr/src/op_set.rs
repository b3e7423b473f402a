//! The sets of operators that a search may draw from, with complexities.

mod cover;
mod instance;
mod stored;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use cover::Cover;
use stored::Stored;

use crate::near::did_you_mean;
use crate::{Expr, Names, Node, Op, Template};

/// The operators a search may use, with the complexity each symbol adds.
///
/// ```
/// use symgrad_expr::{Expr, OpSet};
/// let ops: OpSet = "+ - * / sqrt".parse()?;
/// let radius: Expr = "sqrt(x1^2 + x2^2)".parse()?;
/// assert!(!ops.allows(&radius)); // `square` is missing
/// assert_eq!(OpSet::published().complexity(&radius), 9); // sqrt counts 4
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct OpSet {
    allowed: Vec<Op>,
    costs: [u32; Op::ALL.len()],
    constant: u32,
    variable: u32,
    /// Inputs with a complexity of their own.
    inputs: BTreeMap<u16, u32>,
    /// Operators defined by the user, with their complexities.
    templates: Vec<(Template, u32)>,
}

/// An operator list, or a list of complexities, could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpSetError {
    /// A name that is no operator.
    #[error("unknown operator `{name}`{}; known: {}", like_operator(name), known_names())]
    Unknown {
        /// The name as written.
        name: String,
    },
    /// No operator at all.
    #[error("the operator list is empty; known: {}", known_names())]
    Empty,
    /// A complexity of something that is neither an operator nor an input.
    #[error(
        "`{name}` has no complexity{}; write `const`, `var` for all inputs, an input ({inputs}) or \
         an operator ({})",
        like_any(name, inputs),
        known_names()
    )]
    NoCost {
        /// The name as written.
        name: String,
        /// The inputs there are.
        inputs: String,
    },
    /// A template by which nothing can be recognised.
    #[error("`{template}` cannot be used as an operator: {reason}")]
    Template {
        /// The template.
        template: String,
        /// Why not.
        reason: &'static str,
    },
    /// A complexity that cannot be read.
    #[error("`{text}` is no complexity; write a name, `=` and a whole number, as in `sin=3`")]
    NotACost {
        /// The part as written.
        text: String,
    },
}

fn known_names() -> String {
    Op::ALL.map(Op::name).join(" ")
}

fn like_operator(name: &str) -> String {
    did_you_mean(name, Op::ALL.map(Op::name))
}

fn like_any(name: &str, inputs: &str) -> String {
    did_you_mean(name, inputs.split(' ').chain(Op::ALL.map(Op::name)))
}

impl OpSet {
    /// The given operators, every symbol at complexity 1.
    pub fn new(ops: &[Op]) -> Self {
        let mut allowed = ops.to_vec();
        allowed.sort_unstable();
        allowed.dedup();
        Self {
            allowed,
            costs: [1; Op::ALL.len()],
            constant: 1,
            variable: 1,
            inputs: BTreeMap::new(),
            templates: vec![],
        }
    }

    /// The published search settings: + − × ÷ ^ sqrt square sin exp, where a constant
    /// counts 3, a square root 4 and everything else 1.
    pub fn published() -> Self {
        let ops =
            [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Pow, Op::Sqrt, Op::Square, Op::Sin, Op::Exp];
        let mut set = Self::new(&ops);
        set.costs[Op::Sqrt as usize] = 4;
        set.constant = 3;
        set
    }

    /// The allowed operators, sorted.
    pub fn ops(&self) -> &[Op] {
        &self.allowed
    }

    /// Whether the operator is allowed.
    pub fn contains(&self, op: Op) -> bool {
        self.allowed.binary_search(&op).is_ok()
    }

    /// Adds an operator defined by the user, of complexity 1; [`with_costs`](Self::with_costs)
    /// can change it.
    ///
    /// Its instances count as one operator: they have its complexity, and what it is made of
    /// need not be allowed elsewhere. They are recognised in expanded expressions, whatever the
    /// order of sums and products.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names, OpSet};
    /// let ops: OpSet = "+ *".parse()?;
    /// let ops = ops.with_template("gauss(x) = exp(-x^2)".parse()?)?;
    /// let expr: Expr = "x1 + exp(-(x2 + 1)^2)".parse()?;
    /// assert!(ops.allows(&expr) && !ops.allows(&"exp(x1)".parse()?));
    /// assert_eq!(ops.complexity(&expr), 1 + 1 + 1 + 1 + 1 + 3); // a constant counts 3
    /// assert_eq!(ops.written(&expr, &Names::numbered(2)), "x1 + gauss(x2 + 1)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_template(mut self, template: Template) -> Result<Self, OpSetError> {
        const LONGEST: usize = 100;
        let body = template.body();
        let uses = |parameter: usize| body.inputs().iter().any(|i| usize::from(*i) == parameter);
        let reason = if body.len() > LONGEST {
            Some("it is longer than 100 symbols")
        } else if !matches!(body.root(), Node::Op(_)) {
            Some("it does nothing")
        } else if !(0..template.arity()).all(uses) {
            Some("it does not use all its parameters")
        } else if self.allowed.iter().any(|op| op.name() == template.name()) {
            Some("the list of operators has one of that name")
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(OpSetError::Template { template: template.to_string(), reason });
        }
        self.templates.push((template, 1));
        Ok(self)
    }

    /// The operators defined by the user.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter().map(|(template, _)| template)
    }

    /// The expression in its natural form as text, with instances of templates by their names.
    pub fn written(&self, expr: &Expr, names: &Names) -> String {
        if self.templates.is_empty() {
            return expr.natural().display(names).to_string();
        }
        cover::written(self, expr, names)
    }

    /// For each constant whether a change would make an instance of a template something else: it
    /// belongs to the body, or to an argument that stands in it more than once.
    pub fn fixed_constants(&self, expr: &Expr) -> Vec<bool> {
        if self.templates.is_empty() {
            return vec![false; expr.constants().len()];
        }
        Cover::new(self, expr).fixed_constants()
    }

    /// Whether every operator of the expression is allowed, or belongs to an instance of a
    /// template.
    pub fn allows(&self, expr: &Expr) -> bool {
        if !self.templates.is_empty() {
            return Cover::new(self, expr).whole().forbidden == 0;
        }
        expr.nodes().iter().all(|node| match node {
            Node::Op(op) => self.contains(*op),
            _ => true,
        })
    }

    /// The complexity that one use of the operator adds.
    pub fn cost(&self, op: Op) -> u32 {
        self.costs[op as usize]
    }

    /// The complexity of a constant.
    pub fn constant_cost(&self) -> u32 {
        self.constant
    }

    /// The complexity of an input that has none of its own.
    pub fn variable_cost(&self) -> u32 {
        self.variable
    }

    /// The complexity of the input of that index, counted from 0.
    pub fn input_cost(&self, input: u16) -> u32 {
        self.inputs.get(&input).copied().unwrap_or(self.variable)
    }

    /// Sets the complexity of one operator.
    #[must_use]
    pub fn with_cost(mut self, op: Op, cost: u32) -> Self {
        self.costs[op as usize] = cost;
        self
    }

    /// Sets the complexities of constants and inputs.
    #[must_use]
    pub fn with_leaf_costs(mut self, constant: u32, variable: u32) -> Self {
        self.constant = constant;
        self.variable = variable;
        self
    }

    /// Sets the complexity of one input, counted from 0.
    #[must_use]
    pub fn with_input_cost(mut self, input: u16, cost: u32) -> Self {
        self.inputs.insert(input, cost);
        self
    }

    /// Sets the complexities that a list names: operators, templates, inputs, `const` for constants and
    /// `var` for all inputs that are not named.
    ///
    /// ```
    /// use symgrad_expr::{Expr, Names, OpSet};
    /// let names = Names::new(["x", "t"])?;
    /// let ops = OpSet::default().with_costs(&"sin=3, const=1, t=2".parse()?, &names)?;
    /// assert_eq!(ops.complexity(&Expr::parse("sin(2*t) + x", &names)?), 3 + 1 + 1 + 2 + 1 + 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_costs(mut self, costs: &Costs, names: &Names) -> Result<Self, OpSetError> {
        for (name, &cost) in &costs.0 {
            if let Some(input) = names.index_of(name) {
                self.inputs.insert(input, cost);
            } else if let Some(entry) = self.templates.iter_mut().find(|t| t.0.name() == name) {
                entry.1 = cost;
            } else if let Some(op) = Op::from_name(name) {
                self.costs[op as usize] = cost;
            } else if name == "const" {
                self.constant = cost;
            } else if name == "var" {
                self.variable = cost;
            } else {
                let inputs = names.iter().collect::<Vec<_>>().join(" ");
                return Err(OpSetError::NoCost { name: name.clone(), inputs });
            }
        }
        Ok(self)
    }

    /// The complexity of one symbol.
    fn node_cost(&self, node: Node) -> u32 {
        match node {
            Node::Op(op) => self.cost(op),
            Node::Const => self.constant,
            Node::Var(_) if self.inputs.is_empty() => self.variable,
            Node::Var(input) => self.input_cost(input),
        }
    }

    /// The complexity of the subtree that ends at each node.
    pub fn complexities(&self, expr: &Expr) -> Vec<u32> {
        if !self.templates.is_empty() {
            let cover = Cover::new(self, expr);
            return cover.readings().iter().map(|reading| reading.complexity).collect();
        }
        let mut found: Vec<u32> = Vec::with_capacity(expr.len());
        let mut open: Vec<u32> = Vec::new();
        for node in expr.nodes() {
            let keep = open.len() - node.arity();
            let below = open.drain(keep..).fold(0, u32::saturating_add);
            let total = below.saturating_add(self.node_cost(*node));
            found.push(total);
            open.push(total);
        }
        found
    }

    /// The complexity of an expression: the sum over its nodes, where an instance of a template
    /// counts as one if that is less.
    pub fn complexity(&self, expr: &Expr) -> u32 {
        if !self.templates.is_empty() {
            return Cover::new(self, expr).whole().complexity;
        }
        expr.nodes().iter().fold(0, |sum: u32, node| sum.saturating_add(self.node_cost(*node)))
    }
}

impl Default for OpSet {
    /// The published complexities over a wider choice of operators
    /// (+ − × ÷ neg square sqrt exp log sin cos inv). The others, such as tan, asin or erf, are for
    /// those who name them.
    fn default() -> Self {
        let ops = [
            Op::Add,
            Op::Sub,
            Op::Mul,
            Op::Div,
            Op::Neg,
            Op::Square,
            Op::Sqrt,
            Op::Exp,
            Op::Log,
            Op::Sin,
            Op::Cos,
            Op::Inv,
        ];
        Self { allowed: Self::new(&ops).allowed, ..Self::published() }
    }
}

impl std::str::FromStr for OpSet {
    type Err = OpSetError;

    /// Reads names or symbols separated by blanks or commas; complexities are the published ones.
    fn from_str(text: &str) -> Result<Self, OpSetError> {
        let names = text.split(|c: char| c.is_whitespace() || c == ',').filter(|s| !s.is_empty());
        let ops = names
            .map(|name| {
                Op::from_name(name).ok_or_else(|| OpSetError::Unknown { name: name.into() })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if ops.is_empty() {
            return Err(OpSetError::Empty);
        }
        Ok(Self { allowed: Self::new(&ops).allowed, ..Self::published() })
    }
}

/// Complexities by name, to be given to an [`OpSet`]: operators, inputs, `const` and `var`.
///
/// Written as `sin=3, const=1, x=2`, and in files as a table of names and numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Costs(BTreeMap<String, u32>);

impl std::str::FromStr for Costs {
    type Err = OpSetError;

    fn from_str(text: &str) -> Result<Self, OpSetError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let read = |part: &str| {
            let (name, cost) = part.split_once('=')?;
            Some((name.trim().to_owned(), cost.trim().parse().ok()?))
        };
        parts
            .map(|part| read(part).ok_or_else(|| OpSetError::NotACost { text: part.into() }))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Costs {
    /// Takes the other's complexities, in place of its own where both name something.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Forgets the complexity of what has that name.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complexities_go_by_name() {
        let names = Names::new(["x", "t"]).unwrap();
        let with = |text: &str| OpSet::published().with_costs(&text.parse().unwrap(), &names);
        let ops = with("t = 5, var=2, ^=7,, sqrt=0").unwrap();
        let costs = |text: &str| ops.complexity(&Expr::parse(text, &names).unwrap());
        assert_eq!(["x", "t", "1.5", "sqrt(x)", "x^t"].map(costs), [2, 5, 3, 2, 14]);
        let unknown = with("y=3").unwrap_err().to_string();
        assert!(unknown.contains("`y`") && unknown.contains("x t"), "{unknown}");
        for bad in ["x", "x=-1", "x=1.5", "=", "x=99999999999"] {
            assert!(bad.parse::<Costs>().is_err(), "{bad}");
        }
    }

    fn with_templates(definitions: &[&str]) -> OpSet {
        let definitions = crate::Definitions::parse(definitions).unwrap();
        let ops: OpSet = "+ - *".parse().unwrap();
        definitions.iter().fold(ops, |ops, t| ops.with_template(t.clone()).unwrap())
    }

    #[test]
    fn instances_of_templates_are_recognised() {
        let ops = with_templates(&[
            "gauss(x) = exp(-x^2)",
            "r(x, y) = sqrt(x^2 + y^2)",
            "yukawa(x) = exp(-2.5*x)/x",
        ]);
        let names = Names::new(["a", "b", "c"]).unwrap();
        for (text, written) in [
            ("exp(-a^2)", "gauss(a)"),
            ("a*sqrt((b + a)^2 + c^2) - 2", "a*r(b + a, c) - 2"),
            ("exp(-sqrt(a^2 + b^2)^2)", "gauss(r(a, b))"),
            ("exp(-2.5*(a*b))/(a*b)", "yukawa(a*b)"),
            ("exp(a*-2.5)/a", "yukawa(a)"),
            ("exp(-2.5*exp(-a^2))/exp(-a^2)", "yukawa(gauss(a))"),
            ("exp(-2.5*a)/b", "exp(-2.5*a)/b"),
            ("exp(-2.4*a)/a", "exp(-2.4*a)/a"),
            ("sqrt(c^2 + a^2)", "r(c, a)"),
            ("exp(exp(-(a*b)^2)*-2.5)/exp(-(b*a)^2)", "yukawa(gauss(a*b))"),
            ("(1/a)*exp(-2.5*a)", "yukawa(a)"),
            ("exp(-a^2)*exp(-a^2) + exp(a)", "gauss(a)^2 + exp(a)"),
        ] {
            let expr = Expr::parse(text, &names).unwrap();
            assert_eq!(ops.written(&expr, &names), written);
            let read = ["exp(-2.5*a)/b", "exp(-2.4", "exp(a)"];
            let literal = read.into_iter().any(|part| written.contains(part));
            assert_eq!(ops.allows(&expr), !literal, "{text}");
        }
        let expr = Expr::parse("3*a + exp(-2.5*(b + 2.5))/(b + 2.5)", &names).unwrap();
        assert_eq!(ops.fixed_constants(&expr), [false, true, true, true]);
        let expr = Expr::parse("exp(-(b + 2.5)^2)", &names).unwrap();
        assert_eq!(ops.fixed_constants(&expr), [false]);
        let expr = Expr::parse("3*a + exp(-2.5*(b + 2.5))/(b + 2.5)", &names).unwrap();
        assert_eq!(ops.complexity(&expr), 3 + 1 + 1 + 1 + 1 + 1 + 1 + 3);
    }

    #[test]
    fn complexities_of_templates_go_by_name() {
        let names = Names::new(["a"]).unwrap();
        let ops = with_templates(&["gauss(x) = exp(-x^2)"]);
        let ops = ops.with_costs(&"gauss=7, exp=1, neg=1, square=2".parse().unwrap(), &names);
        let gauss = Expr::parse("exp(-a^2)", &names).unwrap();
        // Written out it would cost less, but needs operators that are not allowed.
        assert_eq!(ops.unwrap().complexity(&gauss), 8);
    }

    /// Results without any option stay what they are: no later operator is among the default ones.
    #[test]
    fn optional_operators_have_to_be_named() {
        for set in [OpSet::default(), OpSet::published()] {
            assert!(set.ops().iter().all(|op| *op as u8 <= Op::Inv as u8));
        }
        let named: OpSet = "+ arcsin acos arctan atan2 sinh cosh erf".parse().unwrap();
        let later = Op::ALL.into_iter().filter(|op| *op as u8 > Op::Inv as u8);
        assert!(later.clone().all(|op| named.contains(op) && named.cost(op) == 1));
        assert_eq!(later.count(), 7);
    }

    /// A definition may have the name of an operator that came later, and then hides it.
    #[test]
    fn definitions_hide_optional_operators() {
        let ops =
            with_templates(&["sinh(x) = exp(x)/2 - exp(-x)/2", "half(x) = sinh(x)/sinh(2*x)"]);
        let names = Names::new(["erf", "b"]).unwrap();
        let expr = Expr::parse("exp(erf)/2 - exp(-erf)/2 + b", &names).unwrap();
        assert_eq!(ops.written(&expr, &names), "sinh(erf) + b");
        let ops: OpSet = "+ sinh".parse().unwrap();
        let refused = ops.with_template("sinh(x) = exp(x)/2 - exp(-x)/2".parse().unwrap());
        assert!(refused.unwrap_err().to_string().contains("of that name"));
    }

    #[test]
    fn templates_that_cannot_be_recognised_are_refused() {
        for definition in ["same(x) = x", "first(x, y) = sin(x)", "two(x) = 2"] {
            let refused = OpSet::default().with_template(definition.parse().unwrap());
            assert!(refused.unwrap_err().to_string().contains(definition));
        }
    }

    #[test]
    fn huge_complexities_do_not_wrap() {
        let ops = OpSet::default().with_leaf_costs(u32::MAX, u32::MAX);
        assert_eq!(ops.complexity(&"x1 + 2".parse().unwrap()), u32::MAX);
    }
}
