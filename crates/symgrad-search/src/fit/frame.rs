//! One block of rows with all that fitting needs to know about it.

use std::ops::Range;

use symgrad_expr::{Block, simd};

use super::columns::{add_products, multiply};
use crate::objective::Objective;

/// The gradient of an expression and its derivatives in the constants over a block of rows,
/// projected on the tangent space of the data; a column per component.
#[derive(Default)]
pub(super) struct Frame {
    rows: Range<usize>,
    constants: usize,
    fixed: Vec<bool>,
    /// The inputs along which the gradient may differ from zero.
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

impl Frame {
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
        // The tangent projection mixes all inputs; without it the others have no share.
        if objective.normals().is_empty() {
            self.components.extend(used.iter().map(|&input| usize::from(input)));
        } else {
            self.components.extend(0..objective.dim());
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
    pub(super) fn read(&mut self, block: &Block<'_>, used: &[u16], normals: &[Vec<f64>]) {
        self.rows = block.rows();
        let (rows, width) = (self.rows.len(), self.components.len());
        for (i, input) in self.components.iter().enumerate() {
            let slot = used.iter().position(|&u| usize::from(u) == *input);
            fill(&mut self.gradient[i], slot.map(|slot| block.gradient(slot)), rows);
            for k in 0..self.constants {
                let at = k * width + i;
                let known = slot.filter(|&slot| !block.tangent_vanishes(k, slot));
                self.present[at] = !self.fixed[k] && (known.is_some() || !normals.is_empty());
                if self.present[at] {
                    let tangent = known.map(|slot| block.gradient_tangent(k, slot));
                    fill(&mut self.tangents[at], tangent, rows);
                }
            }
        }
        if !normals.is_empty() {
            self.project(normals);
        }
        self.squared_norms.clear();
        self.squared_norms.resize(rows, 0.0);
        for column in &self.gradient[..width] {
            add_products(&mut self.squared_norms, column, column);
        }
    }

    fn project(&mut self, normals: &[Vec<f64>]) {
        let width = self.components.len();
        let mut along = vec![0.0; self.rows.len()];
        for normal in normals {
            let vectors = std::iter::once(&mut self.gradient[..width]);
            let tangents = self.tangents[..width * self.constants].chunks_exact_mut(width);
            let moving = tangents.zip(&self.fixed).filter(|(_, fixed)| !**fixed);
            for vector in vectors.chain(moving.map(|(tangent, _)| tangent)) {
                along.fill(0.0);
                for (column, m) in vector.iter().zip(normal) {
                    along.iter_mut().zip(column).for_each(|(s, v)| *s += v * m);
                }
                for (column, m) in vector.iter_mut().zip(normal) {
                    column.iter_mut().zip(&along).for_each(|(v, s)| *v -= s * m);
                }
            }
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

fn fill(column: &mut Vec<f64>, from: Option<&[f64]>, rows: usize) {
    column.clear();
    match from {
        Some(from) => column.extend_from_slice(from),
        None => column.resize(rows, 0.0),
    }
}
