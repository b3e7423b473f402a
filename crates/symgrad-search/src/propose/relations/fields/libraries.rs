//! How large the polynomials are that fields are looked for among.

use crate::propose::relations::basis::{self, Axis};

/// How large libraries are: coefficients that are looked for at once, and how many coordinates may have higher powers
/// than all others.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) coefficients: usize,
    high: usize,
}

/// Of polynomials in the inputs and in functions of one of them at first, and then; in functions of two at once.
pub(super) const FEW: Extent = Extent { coefficients: 200, high: 0 };
pub(super) const OF_INPUTS: Extent = Extent { coefficients: 420, high: 2 };
pub(super) const CHANGED: Extent = Extent { coefficients: 300, high: 1 };
pub(super) const CHANGED_TWICE: Extent = Extent { coefficients: 330, high: 0 };

/// The highest total degree, and the highest power of every input.
pub(super) const HIGHEST: u32 = 7;
const HIGHEST_POWER: u32 = 3;

/// The highest power of each coordinate, and the highest total degree, of the largest libraries: by total degree, by
/// powers alike, and with one or two powers higher than all others.
pub(super) fn shapes(axes: &[Axis], dim: usize, extent: Extent) -> Vec<(Vec<Axis>, u32)> {
    let fits = |(axes, degree): &(Vec<Axis>, u32)| {
        dim * basis::powers(axes, &[*degree]).len() <= extent.coefficients
    };
    let bounded = |highest: &dyn Fn(usize) -> u32| {
        let bounded = axes
            .iter()
            .enumerate()
            .map(|(k, axis)| Axis { highest: axis.highest.min(highest(k)), ..axis.clone() });
        let axes: Vec<Axis> = bounded.collect();
        let degree = axes.iter().map(|axis| axis.highest).sum();
        (axes, degree)
    };
    let by_degree = (1..=HIGHEST).map(|degree| (axes.to_vec(), degree)).take_while(fits).last();
    let alike = (1..=HIGHEST_POWER).map(|power| bounded(&|_| power)).take_while(fits).last();
    let mut found: Vec<(Vec<Axis>, u32)> = by_degree.into_iter().chain(alike).collect();
    let sets = (0..axes.len()).flat_map(|k| (0..=k).map(move |l| [k, l]));
    for set in sets.filter(|[k, l]| extent.high > usize::from(k != l)) {
        for low in [1, 2] {
            let high = (low + 1..=HIGHEST)
                .map(|high| bounded(&|k| if set.contains(&k) { high } else { low }));
            found.extend(high.take_while(fits).last());
        }
    }
    found
}
