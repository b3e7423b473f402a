//! Sums of features that change least, by backward elimination.

use std::borrow::{Borrow, Cow};

use symgrad_expr::{Expr, Workspace};

use crate::known::Known;
use crate::matrices::{Best, Matrices};
use crate::sample::{Feature, Sample};

/// Mean squared changes of the truth that are allowed for: from rounding to an error of a tenth in
/// each input.
const RIDGES: [f64; 6] = [1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 1e-2];

/// Longest sum proposed of few inputs. Of more it grows with their number: an energy has a square for
/// each at least, and what binds neighbours.
const LONGEST: usize = 14;

fn longest(inputs: usize) -> usize {
    LONGEST.max(2 * inputs + 2)
}

/// One in so many of the features is dropped at a time, while there are many.
const SHARE: usize = 12;

/// A library on the points that are fitted.
pub(crate) struct Fitted {
    pub(crate) features: Vec<Expr>,
    matrices: Matrices,
}

impl Fitted {
    /// The features that are finite, neither constant nor singular, and resolved by the points.
    pub(crate) fn of(library: &[Expr], sample: &Sample, workspace: &mut Workspace) -> Self {
        let (features, at) = usable(library, sample, workspace);
        Self { features, matrices: Matrices::of(&at, sample.dim()) }
    }

    /// And the same with all points as one group, if there is a sum whose variance over its mean squared
    /// gradient is below a limit.
    pub(crate) fn with_relations(
        library: &[Expr],
        sample: &Sample,
        limit: f64,
        workspace: &mut Workspace,
    ) -> (Self, Option<Self>) {
        let (features, at) = usable(library, sample, workspace);
        let matrices = Matrices::of(&at, sample.dim());
        let deviations: Vec<Vec<f64>> = at.iter().map(Feature::deviations).collect();
        let everywhere = matrices.with_changes(&deviations);
        let related = everywhere.least_ratio().is_some_and(|ratio| ratio < limit);
        let related = related.then(|| Self { features: features.clone(), matrices: everywhere });
        (Self { features, matrices }, related)
    }

    /// The matrices across the gradients of what is known.
    pub(crate) fn across(
        &self,
        known: &Known,
        sample: &Sample,
        workspace: &mut Workspace,
    ) -> Cow<'_, Matrices> {
        if known.directions().is_empty() {
            return Cow::Borrowed(&self.matrices);
        }
        let at = self.features.iter().filter_map(|expr| sample.feature(expr, workspace));
        Cow::Owned(self.matrices.clone().across(known, &at.collect::<Vec<_>>()))
    }

    /// The terms of sums of every length, for every ridge.
    pub(crate) fn sums(
        &self,
        known: &Known,
        sample: &Sample,
        workspace: &mut Workspace,
    ) -> Vec<Vec<Expr>> {
        let matrices = self.across(known, sample, workspace);
        let mut found: Vec<Vec<usize>> = vec![];
        for ridge in RIDGES {
            for kept in path(&matrices.with_ridge(ridge), longest(sample.dim())) {
                if !found.contains(&kept) {
                    found.push(kept);
                }
            }
        }
        let terms = |kept: &Vec<usize>| kept.iter().map(|&j| self.features[j].clone()).collect();
        found.iter().map(terms).collect()
    }
}

fn usable(
    library: &[Expr],
    sample: &Sample,
    workspace: &mut Workspace,
) -> (Vec<Expr>, Vec<Feature>) {
    let usable = |expr: &Expr| {
        let feature = sample.feature(expr, workspace)?;
        let steep = feature.is_concentrated_among(sample.dim());
        let sound = !steep && sample.resolves(expr, &feature, workspace);
        sound.then(|| (expr.clone(), feature))
    };
    library.iter().filter_map(usable).unzip()
}

/// Those terms of a sum that are no functions of what is known, and the coefficients with which they change
/// least.
pub(crate) fn fitted(
    terms: &[Expr],
    known: &Known,
    sample: &Sample,
    workspace: &mut Workspace,
) -> Option<(Vec<Expr>, Vec<f64>)> {
    let at: Vec<Feature> =
        terms.iter().map(|term| sample.feature(term, workspace)).collect::<Option<_>>()?;
    fitted_at(terms, &at, known, sample.dim())
}

/// The same for terms that are computed already.
pub(crate) fn fitted_at<F: Borrow<Feature>>(
    terms: &[Expr],
    at: &[F],
    known: &Known,
    dim: usize,
) -> Option<(Vec<Expr>, Vec<f64>)> {
    let matrices = Matrices::of(at, dim).across(known, at).with_ridge(RIDGES[0]);
    let further = matrices.further();
    let coefficients = matrices.best(&further)?.coefficients;
    Some((further.into_iter().map(|term| terms[term].clone()).collect(), coefficients))
}

/// What is left at each length of at most the longest.
fn path(matrices: &Matrices, longest: usize) -> Vec<Vec<usize>> {
    let mut kept = matrices.further();
    let mut found = Vec::new();
    while !kept.is_empty()
        && let Some(best) = matrices.best(&kept)
    {
        if kept.len() <= longest {
            found.push(kept.clone());
        }
        if kept.len() == 1 {
            break;
        }
        let over = kept.len().saturating_sub(longest);
        let drop = (kept.len() / SHARE).min(over).max(1);
        let mut left: Vec<usize> = by_size(&best)[drop..].iter().map(|&i| kept[i]).collect();
        left.sort_unstable();
        kept = left;
    }
    found
}

/// The places of the coefficients, by rising size.
fn by_size(best: &Best) -> Vec<usize> {
    let size = |i: usize| best.scaled[i].abs();
    let mut order: Vec<usize> = (0..best.scaled.len()).collect();
    order.sort_by(|&i, &j| size(i).total_cmp(&size(j)).then(i.cmp(&j)));
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use symgrad_data::{Groups, Table};

    use super::*;

    const FUNCTIONS: [&str; 6] = [
        "log(x1^2 + x2^2)",
        "1/(x1^2 + x2^2)",
        "sqrt(x1^2 + x2^2 + 1)",
        "x1^2 + x2^2",
        "exp(-x1^2 - x2^2)",
        "(x1^2 + x2^2)^2",
    ];

    /// Circles in two planes, at speeds that have nothing to do with each other, with errors.
    fn circles(noise: f64) -> Sample {
        let (mut columns, mut labels) = (vec![vec![]; 4], vec![]);
        for n in 0..600_u32 {
            let (group, t) = (f64::from(n / 20), f64::from(n % 20));
            let [first, second] = [0.618, 0.755].map(|step| 0.5 + (group * step).fract());
            let point = [(first, 0.7 * t + group), (second, 1.1 * t + 2.0 * group)];
            let place =
                point.map(|(size, angle)| [size * angle.cos(), size * angle.sin()]).concat();
            for (k, (column, x)) in columns.iter_mut().zip(place).enumerate() {
                let error = (f64::from(n) * [0.571, 0.433, 0.311, 0.873][k]).fract() - 0.5;
                column.push(x + noise * error);
            }
            labels.push(group);
        }
        let names = ["x1", "x2", "x3", "x4"].map(String::from);
        let points = Table::new(names.into(), columns).expect("a table");
        Sample::of_groups(&Groups::new(&points, &labels, None).expect("groups"), &[1.0; 4])
    }

    proptest! {
        /// Functions of what is known say nothing beside a law, however well they would follow the noise.
        #[test]
        fn functions_of_what_is_known_are_left_out(
            chosen in proptest::sample::subsequence(&FUNCTIONS[..], 1..4),
            noise in prop_oneof![Just(0.0), 1e-3..0.1_f64],
        ) {
            let parse = |text: &str| text.parse::<Expr>().expect("a formula");
            let (sample, mut workspace) = (circles(noise), Workspace::default());
            let known = Known::of(&[parse("x1^2 + x2^2")], &sample, &mut workspace);
            let own = ["x3^2", "x4^2"].map(parse);
            let mut terms: Vec<Expr> = chosen.iter().map(|text| parse(text)).collect();
            terms.extend(own.clone());
            let (left, coefficients) =
                fitted(&terms, &known, &sample, &mut workspace).expect("a sum");
            prop_assert_eq!(left, own.to_vec());
            prop_assert_eq!(coefficients.len(), 2);
            let library = Fitted::of(&terms, &sample, &mut workspace);
            for sum in library.sums(&known, &sample, &mut workspace) {
                prop_assert!(sum.iter().all(|term| own.contains(term)));
            }
        }
    }
}
