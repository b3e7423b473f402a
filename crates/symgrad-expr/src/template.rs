//! Operators defined by the user, which expand into the built-in ones.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::parse::parse_definition;
use crate::{Expr, Names, Node, ParseError};

/// An operator defined by an expression of its parameters.
///
/// ```
/// use symgrad_expr::{Expr, Template};
/// let gauss: Template = "gauss(x) = exp(-x^2)".parse()?;
/// let bell = gauss.expand(&[Expr::var(2)]);
/// assert_eq!(bell.to_string(), "exp(-x3^2)");
/// # Ok::<(), symgrad_expr::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    name: String,
    parameters: Names,
    body: Expr,
}

impl Template {
    pub(crate) fn new(name: String, parameters: Names, body: Expr) -> Self {
        Self { name, parameters, body }
    }

    /// The name of the operator.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the parameters, at least one.
    pub fn parameters(&self) -> &Names {
        &self.parameters
    }

    /// Number of parameters.
    pub fn arity(&self) -> usize {
        self.parameters.len()
    }

    /// The expression it stands for; its inputs are the parameters.
    pub fn body(&self) -> &Expr {
        &self.body
    }

    /// The body with the arguments in place of the parameters.
    #[must_use]
    pub fn expand(&self, arguments: &[Expr]) -> Expr {
        self.body.substitute(arguments)
    }

    /// The same operator with another body, of the same value.
    #[must_use]
    pub fn with_body(self, body: Expr) -> Self {
        Self { body, ..self }
    }

    /// Nodes that [`Self::expand`] would make, without making them.
    pub(crate) fn expanded_len(&self, arguments: &[Expr]) -> usize {
        let length = |node: &Node| match node {
            Node::Var(index) => arguments.get(usize::from(*index)).map_or(1, Expr::len),
            _ => 1,
        };
        self.body.nodes().iter().map(length).fold(0, usize::saturating_add)
    }
}

impl std::str::FromStr for Template {
    type Err = ParseError;

    /// Reads `name(parameter, …) = body`; the body uses built-in functions only.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse_definition(text, &Definitions::default())
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<&str> = self.parameters.iter().collect();
        let body = self.body.display(&self.parameters);
        write!(f, "{}({}) = {body}", self.name, parameters.join(", "))
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Definitions in the order in which they were made; each may use the ones before it.
///
/// ```
/// use symgrad_expr::{Definitions, Expr, Names};
/// let definitions = Definitions::parse(["r(x, y) = sqrt(x^2 + y^2)", "well(x, y) = -1/r(x, y)"])?;
/// let names = Names::new(["x", "y", "v"])?;
/// let energy = Expr::parse_with("v^2/2 + well(x, y)", &names, &definitions)?;
/// assert_eq!(energy.display(&names).to_string(), "v^2/2 + (-1/sqrt(x^2 + y^2))");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Definitions(Vec<Template>);

impl Definitions {
    /// Reads definitions, one per text.
    pub fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, ParseError> {
        let mut definitions = Self::default();
        for text in texts {
            definitions.define(text.as_ref())?;
        }
        Ok(definitions)
    }

    /// Reads and adds one definition, which may use those before it.
    pub fn define(&mut self, text: &str) -> Result<&Template, ParseError> {
        let template = parse_definition(text, self)?;
        self.0.push(template);
        Ok(&self.0[self.0.len() - 1])
    }

    /// The definition of that name.
    pub fn get(&self, name: &str) -> Option<&Template> {
        self.0.iter().find(|template| template.name == name)
    }

    /// The definitions in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Template> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Definitions {
    type Item = &'a Template;
    type IntoIter = std::slice::Iter<'a, Template>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'de> Deserialize<'de> for Definitions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        Self::parse(texts).map_err(serde::de::Error::custom)
    }
}
