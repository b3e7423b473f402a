//! One block of rows with all that fitting needs to know about it.

use std::ops::Range;

use symgrad_expr::{Block, simd};

use super::columns::{add_products, multiply};
use crate::score::axes::{Axes, Share};
use crate::score::objective::Objective;

/// The gradient of an expression and its derivatives in the constants over a block of rows; a
/// column per component, along the inputs used or along the axes that count.
#[derive(Default)]
pub(super) struct Derivatives {
    rows: Range<usize>,
    constants: usize,
    fixed: Vec<bool>,
    /// The components that may differ from zero.
    components: Vec<usize>,
    gradient: Vec<Vec<f64>>,
    /// By constant, then component.
    tangents: Vec<Vec<f64>>,
    /// Which of the tangents may differ from zero.
    present: Vec<bool>,
    /// A direction to be matched, where it is none of the given ones.
    faced: Vec<Vec<f64>>,
    squared_norms: Vec<f64>,
}

impl Derivatives {
    /// Makes room for an expression's derivatives.
    pub(super) fn prepare(
        &mut self,
        constants: usize,
        fixed: &[bool],
        used: &[u16],
        objective: &Objective,
    ) {
        self.constants = constants;
        self.fixed.clear();
        self.fixed.extend_from_slice(fixed);
        self.fixed.resize(constants, false);
        self.components.clear();
        if objective.axes().is_whole() {
            self.components.extend(used.iter().map(|&input| usize::from(input)));
        } else {
            self.components.extend(objective.axes().reached(used));
        }
        let width = self.components.len();
        let grow = |columns: &mut Vec<Vec<f64>>, count: usize| {
            if columns.len() < count {
                columns.resize(count, Vec::new());
            }
        };
        grow(&mut self.gradient, width);
        grow(&mut self.faced, width);
        grow(&mut self.tangents, width * constants);
        self.present.clear();
        self.present.resize(width * constants, false);
    }

    /// Copies a block's derivatives.
    pub(super) fn read(&mut self, block: &Block<'_>, used: &[u16], axes: &Axes) {
        self.rows = block.rows();
        let (rows, width) = (self.rows.len(), self.components.len());
        for (i, component) in self.components.iter().enumerate() {
            // What a component is made of: one input's share, or those of all inputs.
            let parts: Vec<(usize, Share<'_>)> = if axes.is_whole() {
                vec![(i, Share::Same(1.0))]
            } else {
                let share = |(slot, &input): (usize, &u16)| {
                    Some((slot, axes.share(*component, input, &self.rows)?))
                };
                used.iter().enumerate().filter_map(share).collect()
            };
            let whole = parts.iter().map(|&(slot, share)| (block.gradient(slot), share));
            combine(&mut self.gradient[i], whole, rows);
            for k in (0..self.constants).filter(|&k| !self.fixed[k]) {
                let moving = || {
                    let moving = parts.iter().filter(|(slot, _)| !block.tangent_vanishes(k, *slot));
                    moving.map(|&(slot, share)| (block.gradient_tangent(k, slot), share))
                };
                let at = k * width + i;
                self.present[at] = moving().next().is_some();
                if self.present[at] {
                    combine(&mut self.tangents[at], moving(), rows);
                }
            }
        }
        self.squared_norms.clear();
        self.squared_norms.resize(rows, 0.0);
        for column in &self.gradient[..width] {
            add_products(&mut self.squared_norms, column, column);
        }
    }

    pub(super) fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    pub(super) fn components(&self) -> &[usize] {
        &self.components
    }

    pub(super) fn gradient(&self, component: usize) -> &[f64] {
        &self.gradient[component]
    }

    /// ‖g‖² of the gradient as read.
    pub(super) fn squared_norms(&self) -> &[f64] {
        &self.squared_norms
    }

    /// The derivative of a component in a constant; none where it is zero.
    pub(super) fn tangent(&self, constant: usize, component: usize) -> Option<&[f64]> {
        let at = constant * self.components.len() + component;
        self.present[at].then(|| self.tangents[at].as_slice())
    }

    pub(super) fn scale_gradient(&mut self, factors: &[f64]) {
        for column in &mut self.gradient[..self.components.len()] {
            multiply(column, factors);
        }
    }

    pub(super) fn scale_tangents(&mut self, factors: &[f64]) {
        for (column, _) in self.tangents.iter_mut().zip(&self.present).filter(|(_, p)| **p) {
            multiply(column, factors);
        }
    }

    /// The scalar product of two constants' tangents, summed over the rows.
    pub(super) fn product(&self, k: usize, l: usize) -> f64 {
        let pairs = (0..self.components.len())
            .filter_map(|i| Some((self.tangent(k, i)?, self.tangent(l, i)?)));
        pairs.map(|(a, b)| simd::dot(a, b)).sum()
    }

    pub(super) fn faced(&self, component: usize) -> &[f64] {
        &self.faced[component]
    }

    pub(super) fn clear_faced(&mut self) {
        for column in &mut self.faced[..self.components.len()] {
            column.clear();
            column.resize(self.rows.len(), 0.0);
        }
    }

    /// Adds a neuron's direction times the given factors.
    pub(super) fn add_to_faced(&mut self, neuron: &[Vec<f64>], factors: &[f64]) {
        for (column, &input) in self.faced.iter_mut().zip(&self.components) {
            add_products(column, &neuron[input][self.rows.clone()], factors);
        }
    }

    pub(super) fn scale_faced(&mut self, factors: &[f64]) {
        for column in &mut self.faced[..self.components.len()] {
            multiply(column, factors);
        }
    }
}

/// The sum of columns times their shares.
fn combine<'a>(
    column: &mut Vec<f64>,
    parts: impl Iterator<Item = (&'a [f64], Share<'a>)>,
    rows: usize,
) {
    column.clear();
    for (part, share) in parts {
        match share {
            Share::Same(1.0) if column.is_empty() => column.extend_from_slice(part),
            _ => {
                column.resize(rows, 0.0);
                share.add(part, column);
            }
        }
    }
    column.resize(rows, 0.0);
}
