//! What held-out pairs say of an answer: the data can judge what a network can only propose.
//!
//! Anchor and positive share the concept, whatever the network made of it. The pairs are those of the
//! test data: nothing was trained on them, and of the search's points, their anchors, it was not told
//! which positive belongs to which. A formula that is far more constant within them than the neuron
//! has not followed the neuron's error: what parts the two is the neuron's fault.

use symgrad_data::{Table, Triplets};
use symgrad_search::Verdict;

use crate::findings::formula_of_columns;
use crate::statistics::ranks;
use crate::{Error, Findings};

/// A formula is right where the neuron errs if it is so many times more constant within pairs.
const FAR_MORE: f64 = 100.0;

/// Pairs whose ranks differ by less, squared and relative to those of unrelated points, differ by
/// rounding.
const ROUNDING: f64 = 1e-6;

/// Makes the verdict *identified* if held-out pairs single the answer out among the formulas that
/// are as credible, and names the one that they do single out otherwise. `neuron` holds the neuron's
/// values at anchors and positives.
pub(crate) fn judge(
    findings: &mut Findings,
    pairs: &Triplets,
    neuron: &[Vec<f64>; 2],
) -> Result<(), Error> {
    let Some(trust) = &mut findings.trust else { return Ok(()) };
    let others: &[usize] = match &trust.verdict {
        Verdict::Identified => return Ok(()),
        Verdict::Ambiguous { alternatives, .. } => alternatives,
        Verdict::NotFound { .. } => &[],
    };
    let spread = |index: usize| -> Result<Option<f64>, Error> {
        let text = &findings.front[index].expression;
        let formula = formula_of_columns(pairs.anchor().names(), text)?;
        let at = |points: &Table| -> Vec<f64> {
            (0..points.rows()).map(|row| formula.eval(&points.row(row))).collect()
        };
        Ok(within_pairs(&at(pairs.anchor()), &at(pairs.positive())))
    };
    let own = spread(findings.answer)?;
    let Some(of_neuron) = within_pairs(&neuron[0], &neuron[1]) else { return Ok(()) };
    let holds = |spread: Option<f64>| {
        spread.is_some_and(|spread| FAR_MORE * spread < of_neuron || spread < ROUNDING)
    };
    let mut right = vec![];
    for &index in others.iter().filter(|&&index| index != findings.answer) {
        if holds(spread(index)?) {
            right.push(index);
        }
    }
    if let (Some(own), true, []) = (own, holds(own), right.as_slice()) {
        trust.verdict = Verdict::Identified;
        trust.summary = format!(
            "identified: constant within held-out pairs to {own:.0e} of what unrelated points differ \
             by, the neuron to {of_neuron:.0e}; by the gradients alone {}",
            trust.summary
        );
    } else if let (false, [other]) = (holds(own), right.as_slice()) {
        let favoured = &findings.front[*other].expression;
        trust.summary = format!("{}; held-out pairs favour {favoured}", trust.summary);
    }
    Ok(())
}

/// Mean squared difference of the ranks within pairs over that between unrelated points: 0 for what
/// pairs share, 1 for what they do not. `None` where a value is not finite, or all are alike.
fn within_pairs(anchor: &[f64], positive: &[f64]) -> Option<f64> {
    let all = [anchor, positive].concat();
    let varies = all.iter().any(|value| *value != all[0]);
    if !varies || all.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let ranks = ranks(&all);
    let (anchor, positive) = ranks.split_at(anchor.len());
    let within: f64 = anchor.iter().zip(positive).map(|(a, p)| (a - p).powi(2)).sum();
    let count = ranks.len() as f64;
    // Ranks of n points are spread evenly: unrelated ones differ by (n² − 1)/6 in the square.
    Some(within / anchor.len() as f64 * 6.0 / (count * count - 1.0).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pairs_share_is_constant_within_them() {
        let anchor: Vec<f64> = (0..400).map(|n| f64::from(n * 37 % 401)).collect();
        let shifted: Vec<f64> = (0..400).map(|n| f64::from((n + 151) * 89 % 401)).collect();
        assert_eq!(within_pairs(&anchor, &anchor), Some(0.0));
        assert!(within_pairs(&anchor, &shifted).is_some_and(|rho| (rho - 1.0).abs() < 0.2));
        let near: Vec<f64> = anchor.iter().map(|a| a + 0.4).collect();
        assert!(within_pairs(&anchor, &near).is_some_and(|rho| rho < 1e-4));
        assert_eq!(within_pairs(&[1.0, f64::NAN], &[1.0, 2.0]), None);
        assert_eq!(within_pairs(&[1.0, 1.0], &[1.0, 1.0]), None);
    }
}
