//! Variation within a structure: the skeleton stays, its unknown functions change.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use symgrad_expr::{Expr, OpSet};

use super::variation::{Palette, cross, mutate};
use crate::constraints::Structure;

/// A structure with a palette for each of its unknown functions.
#[derive(Clone, Debug)]
pub(super) struct Guide {
    structure: Structure,
    palettes: Vec<Palette>,
}

/// Share of the mutations that leave an unknown function out.
const OMIT: f64 = 0.05;

impl Guide {
    /// Each unknown function draws on those of the inputs that it may use.
    pub(super) fn new(structure: &Structure, ops: &OpSet, whole: &Palette) -> Self {
        let palette = |own: &Vec<u16>| {
            let shared = |inputs: &[u16]| -> Vec<u16> {
                inputs.iter().copied().filter(|input| own.contains(input)).collect()
            };
            let mut palette = Palette::new(ops, shared(&whole.inputs));
            palette.required = shared(&whole.required);
            palette
        };
        let palettes = structure.unknowns().iter().map(palette).collect();
        Self { structure: structure.clone(), palettes }
    }

    /// Hands every unknown function the features that it may use.
    pub(super) fn set_features(&mut self, features: &[Expr]) {
        for (palette, own) in self.palettes.iter_mut().zip(self.structure.unknowns()) {
            let fits = |feature: &&Expr| feature.inputs().iter().all(|input| own.contains(input));
            palette.set_features(features.iter().filter(fits).cloned().collect());
        }
    }

    /// The skeleton with random trees of about `size` operators altogether.
    pub(super) fn tree(&self, size: usize, rng: &mut ChaCha8Rng) -> Option<Expr> {
        let share = size.div_ceil(self.palettes.len());
        let tree = |palette: &Palette| Some(palette.tree(rng.random_range(0..=share), rng));
        let parts: Vec<Option<Expr>> = self.palettes.iter().map(tree).collect();
        self.structure.fill(&parts)
    }

    /// The expression with one unknown function changed; `None` if it does not match.
    pub(super) fn mutate(&self, expr: &Expr, rng: &mut ChaCha8Rng) -> Option<Expr> {
        let mut parts = self.structure.parts(expr)?;
        let which = rng.random_range(0..parts.len());
        let palette = &self.palettes[which];
        parts[which] = match parts[which].take() {
            None => Some(palette.tree(rng.random_range(0..=2), rng)),
            Some(_) if rng.random_bool(OMIT) => None,
            Some(part) => Some(mutate(&part, palette, rng)),
        };
        // With its only part left out, nothing remains.
        self.structure.fill(&parts).or_else(|| self.tree(1, rng))
    }

    /// The receiver with one unknown function crossed with, or taken from, the donor's.
    pub(super) fn cross(
        &self,
        receiver: &Expr,
        donor: &Expr,
        rng: &mut ChaCha8Rng,
    ) -> Option<Expr> {
        let mut parts = self.structure.parts(receiver)?;
        let mut given = self.structure.parts(donor)?;
        let which = rng.random_range(0..parts.len());
        parts[which] = match (parts[which].take(), given[which].take()) {
            (Some(own), Some(other)) if rng.random_bool(0.5) => {
                Some(cross(&own, &other, &self.palettes[which], rng))
            }
            (own, other) => other.or(own),
        };
        self.structure.fill(&parts)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use symgrad_expr::Names;

    use super::*;
    use crate::{ConstraintConfig, Constraints};

    #[test]
    fn whatever_varies_keeps_to_the_structure() {
        let names = Names::new(["x", "y", "z"]).unwrap();
        let ops = OpSet::default();
        for text in ["f(x, y)/g(z)", "f(x) + g(y) + h(z)", "x*f(y) - sqrt(g(z)*c())", "f(x, z)"] {
            let structure = Some(text.to_owned());
            let config = ConstraintConfig { structure, ..ConstraintConfig::default() };
            let constraints = Constraints::new(&config, &names, &ops).unwrap();
            let structure = constraints.structure().unwrap();
            let mut palette = Palette::constrained(&ops, vec![0, 1, 2], &constraints);
            palette.set_features(vec!["x1*x2".parse().unwrap(), "sin(x3)".parse().unwrap()]);
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            let mut expr = palette.tree(5, &mut rng);
            for _ in 0..500 {
                let donor = palette.tree(4, &mut rng);
                let next = if rng.random_bool(0.2) {
                    cross(&expr, &donor, &palette, &mut rng)
                } else {
                    mutate(&expr, &palette, &mut rng)
                };
                assert!(structure.matches(&next), "{text}: {next}");
                expr = if next.len() > 60 { donor } else { next };
            }
        }
    }
}
