//! Operator sets as saved searches hold them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OpSet;
use crate::{Op, Template};

/// Operators that there were when searches were first saved. In binary files lists of a fixed length
/// cannot grow.
const FIRST: usize = Op::Inv as usize + 1;

/// The number that stands for the operator after the first ones, behind those of all inputs.
const BEYOND_INPUTS: u32 = 1 << 16;

/// An operator set in the layout of files. Complexities of later operators, where they are not 1, are
/// kept beside those of inputs.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Stored {
    allowed: Vec<Op>,
    costs: [u32; FIRST],
    constant: u32,
    variable: u32,
    inputs: BTreeMap<u32, u32>,
    #[serde(default)]
    templates: Vec<(Template, u32)>,
}

/// The later operators with their numbers.
fn later() -> impl Iterator<Item = (Op, u32)> {
    Op::ALL.into_iter().skip(FIRST).zip(BEYOND_INPUTS..)
}

impl From<OpSet> for Stored {
    fn from(set: OpSet) -> Self {
        let OpSet { allowed, costs, constant, variable, inputs, templates } = set;
        let mut first = [1; FIRST];
        first.copy_from_slice(&costs[..FIRST]);
        let inputs = inputs.into_iter().map(|(input, cost)| (u32::from(input), cost));
        let later = later().map(|(op, number)| (number, costs[op as usize]));
        let inputs = inputs.chain(later.filter(|(_, cost)| *cost != 1)).collect();
        Self { allowed, costs: first, constant, variable, inputs, templates }
    }
}

impl From<Stored> for OpSet {
    fn from(stored: Stored) -> Self {
        let Stored { allowed, costs: first, constant, variable, inputs, templates } = stored;
        let mut costs = [1; Op::ALL.len()];
        costs[..FIRST].copy_from_slice(&first);
        for (op, number) in later() {
            costs[op as usize] = inputs.get(&number).copied().unwrap_or(1);
        }
        let own = inputs.into_iter().filter_map(|(n, cost)| Some((u16::try_from(n).ok()?, cost)));
        Self { allowed, costs, constant, variable, inputs: own.collect(), templates }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Names;

    #[test]
    fn sets_are_read_as_they_were_written() {
        let names = Names::new(["x", "t"]).unwrap();
        let ops: OpSet = "+ sin asin atan2 erf".parse().unwrap();
        let ops = ops.with_template("gauss(x) = exp(-x^2)".parse().unwrap()).unwrap();
        for costs in ["", "t=5", "asin=3, gauss=2", "x=0, erf=0, sin=7, const=2"] {
            let set = ops.clone().with_costs(&costs.parse().unwrap(), &names).unwrap();
            let text = serde_json::to_string(&set).unwrap();
            assert_eq!(serde_json::from_str::<OpSet>(&text).unwrap(), set, "{costs}");
        }
    }
}
