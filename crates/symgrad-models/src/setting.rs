//! What is set when a model is opened: inputs that are to be constant, and open sizes.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::ModelError;

/// How a model is opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenOptions {
    /// The file that says what layers stored weights belong to; otherwise it is looked for
    /// beside the model.
    pub architecture: Option<PathBuf>,
    /// Inputs of an ONNX graph that are constant, and sizes that it leaves open.
    pub set: Vec<Setting>,
}

/// An input of a graph, or a size that it leaves open, and what it is set to.
///
/// ```
/// use symgrad_models::{Setting, SettingValue};
/// let state: Setting = "state=zeros".parse()?;
/// assert_eq!((&state.name[..], state.value), ("state", SettingValue::All(0.0)));
/// assert_eq!("sr=16000".parse::<Setting>()?.to_string(), "sr=16000");
/// assert!("sr".parse::<Setting>().is_err());
/// # Ok::<(), symgrad_models::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The name in the graph.
    pub name: String,
    /// What it is set to.
    pub value: SettingValue,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// One number for every element, or a size.
    All(f64),
    /// A number for each element, row by row.
    Each(Vec<f64>),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = match &self.value {
            SettingValue::All(number) => vec![number.to_string()],
            SettingValue::Each(numbers) => numbers.iter().map(ToString::to_string).collect(),
        };
        write!(f, "{}={}", self.name, numbers.join(","))
    }
}

impl FromStr for Setting {
    type Err = ModelError;

    /// `NAME=NUMBER`, `NAME=NUMBER,NUMBER,…`, `NAME=zeros` or `NAME=ones`.
    fn from_str(text: &str) -> Result<Self, ModelError> {
        let bad = || ModelError::BadSetting { text: text.into() };
        let (name, value) = text.rsplit_once('=').ok_or_else(bad)?;
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let value = match value.trim() {
            "zeros" => SettingValue::All(0.0),
            "ones" => SettingValue::All(1.0),
            list if list.contains(',') => {
                let numbers: Option<Vec<f64>> = list.split(',').map(number).collect();
                SettingValue::Each(numbers.ok_or_else(bad)?)
            }
            single => SettingValue::All(number(single).ok_or_else(bad)?),
        };
        let name = name.trim();
        if name.is_empty() {
            return Err(bad());
        }
        Ok(Self { name: name.into(), value })
    }
}
