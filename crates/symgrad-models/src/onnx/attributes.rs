//! A node's attributes: each is read with its kind, and none may be left over.

use std::collections::BTreeMap;

use super::proto::{AttributeProto, GraphProto, NodeProto, TensorProto, kind};
use crate::ModelError;

/// Attributes that nobody has asked for yet.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'a> {
    node: String,
    operator: String,
    left: BTreeMap<&'a str, &'a AttributeProto>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn new(node: &'a NodeProto, name: &str) -> Result<Self, ModelError> {
        let mut attributes =
            Self { node: name.into(), operator: node.op_type.clone(), left: BTreeMap::new() };
        for attribute in &node.attribute {
            if !attribute.ref_attr_name.is_empty() {
                let what = format!("attribute `{}` of a function's caller", attribute.name);
                return Err(attributes.unsupported(what));
            }
            if attributes.left.insert(&attribute.name, attribute).is_some() {
                return Err(attributes.unsupported(format!("attribute `{}` twice", attribute.name)));
            }
        }
        Ok(attributes)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    pub(crate) fn float(&mut self, name: &str, default: f64) -> Result<f64, ModelError> {
        let Some(attribute) = self.take(name, kind::FLOAT)? else {
            return Ok(default);
        };
        if attribute.f.is_finite() {
            return Ok(f64::from(attribute.f));
        }
        Err(self.unsupported(format!("attribute `{name}` = {}", attribute.f)))
    }

    /// A number that may be NaN or infinite.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<f64>, ModelError> {
        Ok(self.take(name, kind::FLOAT)?.map(|attribute| f64::from(attribute.f)))
    }

    pub(crate) fn int(&mut self, name: &str, default: i64) -> Result<i64, ModelError> {
        Ok(self.take(name, kind::INT)?.map_or(default, |attribute| attribute.i))
    }

    /// A switch, given as 0 or 1.
    pub(crate) fn switch(&mut self, name: &str, default: bool) -> Result<bool, ModelError> {
        match self.int(name, i64::from(default))? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.unsupported(format!("attribute `{name}` = {other}"))),
        }
    }

    pub(crate) fn ints(&mut self, name: &str) -> Result<Option<&'a [i64]>, ModelError> {
        Ok(self.take(name, kind::INTS)?.map(|attribute| &attribute.ints[..]))
    }

    pub(crate) fn floats(&mut self, name: &str) -> Result<Option<Vec<f64>>, ModelError> {
        let widen = |attribute: &AttributeProto| {
            attribute.floats.iter().copied().map(f64::from).collect::<Vec<f64>>()
        };
        let floats = self.take(name, kind::FLOATS)?.map(widen);
        match &floats {
            Some(floats) if floats.iter().any(|x| x.is_nan()) => {
                Err(self.unsupported(format!("NaN in attribute `{name}`")))
            }
            _ => Ok(floats),
        }
    }

    pub(crate) fn text(&mut self, name: &str, default: &str) -> Result<String, ModelError> {
        let attribute = self.take(name, kind::STRING)?;
        Ok(attribute.map_or(default.into(), |a| String::from_utf8_lossy(&a.s).into_owned()))
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, ModelError> {
        let lossy = |text: &Vec<u8>| String::from_utf8_lossy(text).into_owned();
        let attribute = self.take(name, kind::STRINGS)?;
        Ok(attribute.map(|attribute| attribute.strings.iter().map(lossy).collect()))
    }

    pub(crate) fn tensor(&mut self, name: &str) -> Result<Option<&'a TensorProto>, ModelError> {
        Ok(self.take(name, kind::TENSOR)?.and_then(|attribute| attribute.t.as_ref()))
    }

    pub(crate) fn graph(&mut self, name: &str) -> Result<Option<&'a GraphProto>, ModelError> {
        Ok(self.take(name, kind::GRAPH)?.and_then(|attribute| attribute.g.as_deref()))
    }

    /// Drops attributes that change nothing about the values computed here.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.left.remove(*name);
        }
    }

    /// An integer attribute of which only one value is supported.
    pub(crate) fn only(&mut self, name: &str, value: i64) -> Result<(), ModelError> {
        match self.int(name, value)? {
            found if found == value => Ok(()),
            found => Err(self.unsupported(format!("attribute `{name}` = {found}"))),
        }
    }

    /// Refuses what nobody has asked for.
    pub(crate) fn finish(&self) -> Result<(), ModelError> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.unsupported(format!("attribute `{name}`"))),
        }
    }

    fn take(&mut self, name: &str, kind: i32) -> Result<Option<&'a AttributeProto>, ModelError> {
        match self.left.remove(name) {
            Some(attribute) if attribute.r#type != kind => {
                let what = format!("attribute `{name}` of kind {}", attribute.r#type);
                Err(self.unsupported(what))
            }
            found => Ok(found),
        }
    }

    fn unsupported(&self, what: String) -> ModelError {
        ModelError::Unsupported { node: self.node.clone(), operator: self.operator.clone(), what }
    }
}
