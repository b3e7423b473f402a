//! Blocks of rows and the memory they live in.

use std::ops::Range;

use super::{Program, scalar};

/// Rows per block.
pub(super) const ROWS: usize = 128;

/// Memory for evaluation, owned by the caller: one per thread, usable for any program.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub(super) stack: Vec<f64>,
    values: Vec<f64>,
    gradients: Vec<Vec<f64>>,
    constant_gradients: Vec<Vec<f64>>,
    tangents: Vec<Vec<f64>>,
}

impl Workspace {
    pub(super) fn fill<C: AsRef<[f64]>>(
        &mut self,
        program: &Program,
        columns: &[C],
        rows: Range<usize>,
        tangents: bool,
    ) {
        let slots = program.inputs.len();
        let constants = if tangents { program.constants.len() } else { 0 };
        self.values.clear();
        for (buffers, count) in [
            (&mut self.gradients, slots),
            (&mut self.constant_gradients, constants),
            (&mut self.tangents, slots * constants),
        ] {
            buffers.iter_mut().for_each(Vec::clear);
            buffers.resize(count, vec![]);
        }
        for row in rows {
            let (value, gradient, constant) = scalar::gradient(program, columns, row, None);
            self.values.push(value);
            push_all(&mut self.gradients, &gradient);
            for k in 0..constants {
                self.constant_gradients[k].push(constant[k].0);
                let (_, dotted, _) = scalar::gradient(program, columns, row, Some(k));
                for slot in 0..slots {
                    self.tangents[k * slots + slot].push(dotted[slot].1);
                }
            }
        }
    }

    pub(super) fn block<'a>(&'a self, program: &'a Program, rows: Range<usize>) -> Block<'a> {
        Block { rows, inputs: &program.inputs, workspace: self }
    }
}

fn push_all(buffers: &mut [Vec<f64>], numbers: &[(f64, f64)]) {
    for (buffer, number) in buffers.iter_mut().zip(numbers) {
        buffer.push(number.0);
    }
}

/// Values and derivatives of some consecutive rows. Every slice has one number per row.
#[derive(Debug)]
pub struct Block<'a> {
    rows: Range<usize>,
    inputs: &'a [u16],
    workspace: &'a Workspace,
}

impl Block<'_> {
    /// Which rows of the data these are.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// f
    pub fn values(&self) -> &[f64] {
        &self.workspace.values
    }

    /// ∂f/∂x of the used input with that slot (see [`Program::inputs`]).
    pub fn gradient(&self, slot: usize) -> &[f64] {
        &self.workspace.gradients[slot]
    }

    /// ∂f/∂cₖ, in sweeps with constants.
    ///
    /// # Panics
    /// In sweeps without constants.
    pub fn constant_gradient(&self, k: usize) -> &[f64] {
        &self.workspace.constant_gradients[k]
    }

    /// ∂²f/∂x∂cₖ of the used input with that slot, in sweeps with constants.
    ///
    /// # Panics
    /// In sweeps without constants.
    pub fn gradient_tangent(&self, k: usize, slot: usize) -> &[f64] {
        &self.workspace.tangents[k * self.inputs.len() + slot]
    }

    /// How many rows have a value or a gradient component that is not finite.
    pub fn non_finite(&self) -> usize {
        let gradients = || (0..self.inputs.len()).map(|slot| self.gradient(slot));
        let finite = |row: &usize| {
            self.values()[*row].is_finite() && gradients().all(|column| column[*row].is_finite())
        };
        self.rows.len() - (0..self.rows.len()).filter(finite).count()
    }

    /// Per row of the block: Σ gᵢ·uᵢ and Σ gᵢ² over the used inputs, where `directions[i]`
    /// holds u for input `i` and all rows of the data.
    ///
    /// # Panics
    /// If `directions` lacks a used input or its rows, or an output has not one number per
    /// row of the block.
    pub fn dot_and_norm<C: AsRef<[f64]>>(
        &self,
        directions: &[C],
        dot: &mut [f64],
        norm2: &mut [f64],
    ) {
        dot.fill(0.0);
        norm2.fill(0.0);
        for (slot, &input) in self.inputs.iter().enumerate() {
            let direction = &directions[usize::from(input)].as_ref()[self.rows()];
            for (row, &g) in self.gradient(slot).iter().enumerate() {
                dot[row] += g * direction[row];
                norm2[row] += g * g;
            }
        }
    }
}
