//! The settings of a search, as a program makes them or a file holds them.

use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use symgrad_expr::{Expr, Names, OpSet};
use symgrad_search::{Measure, SearchConfig};

use crate::Error;
use crate::files::read_file;

/// Operators, measure and settings of a search.
///
/// ```
/// use symgrad::SearchSettings;
/// let settings = SearchSettings::from_toml(
///     r#"
///     operators = "+ - * / sin"
///     guesses = ["x*v"]
///
///     [search]
///     budget = 50_000
///     templates = ["gauss(t) = exp(-t^2)"]
///     costs = { sin = 3, gauss = 2 }
///
///     [search.constraints]
///     limits = ["depth <= 6", "sin in sin <= 0"]
///     units = { x = "m", v = "m/s" }
///     "#,
/// )?;
/// assert_eq!(settings.ops.ops().len(), 5);
/// assert_eq!(settings.config.budget, 50_000);
/// # Ok::<(), symgrad::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchSettings {
    /// The operators with their complexities; in files their names alone.
    #[serde(rename = "operators", serialize_with = "write_ops", deserialize_with = "read_ops")]
    pub ops: OpSet,
    /// What is minimised.
    pub measure: Measure,
    /// Formulas to start from, over the inputs' names; they may use templates.
    pub guesses: Vec<String>,
    /// Everything else.
    #[serde(rename = "search")]
    pub config: SearchConfig,
}

impl SearchSettings {
    /// The operators, complexities, loss and largest size of arXiv 2409.05305.
    pub fn published() -> Self {
        Self {
            ops: OpSet::published(),
            measure: Measure::PaperMse,
            config: SearchConfig { max_complexity: 25, ..SearchConfig::default() },
            ..Self::default()
        }
    }

    /// Reads TOML; what is absent keeps its default.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| Error::Settings { source: error })
    }

    /// As TOML, which [`from_toml`](Self::from_toml) reads.
    pub fn to_toml(&self) -> Result<String, Error> {
        toml::to_string(self).map_err(|error| Error::Config { reason: error.to_string() })
    }

    /// Reads a TOML file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::from_toml(&read_file(path)?)
    }

    /// The settings of the search itself, with the guesses read.
    pub(crate) fn resolved(&self, names: &Names) -> Result<SearchConfig, Error> {
        let mut config = self.config.clone();
        for text in &self.guesses {
            let guess = Expr::parse_with(text, names, &config.templates)
                .map_err(|source| Error::Guess { text: text.clone(), source })?;
            config.guesses.push(guess);
        }
        Ok(config)
    }
}

fn write_ops<S: Serializer>(ops: &OpSet, serializer: S) -> Result<S::Ok, S::Error> {
    let names: Vec<&str> = ops.ops().iter().map(|op| op.name()).collect();
    serializer.serialize_str(&names.join(" "))
}

fn read_ops<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OpSet, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_mistakes_have_a_place() -> Result<(), Box<dyn std::error::Error>> {
        let mut settings = SearchSettings { guesses: vec!["x*v".into()], ..Default::default() };
        settings.config.constraints.limits = vec!["depth <= 6".parse()?];
        settings.config.constraints.units = "x=m, v=m/s".parse()?;
        settings.config.costs = "sin=3".parse()?;
        assert_eq!(SearchSettings::from_toml(&settings.to_toml()?)?, settings);
        for (text, words) in [
            ("operators = '+ sinus'", ["line 1", "sinus"]),
            ("[search]\nbudgets = 3", ["line 2", "budgets"]),
            ("[search.constraints]\nlimits = ['depth < 3']", ["line 2", "column 7"]),
            ("[search.constraints]\nunits = { x = 'furlong' }", ["line 2", "furlong"]),
        ] {
            let error = SearchSettings::from_toml(text).unwrap_err();
            let told = std::error::Error::source(&error).map(ToString::to_string);
            let told = told.unwrap_or_default();
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
        Ok(())
    }
}
