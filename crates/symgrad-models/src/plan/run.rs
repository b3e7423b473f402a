//! Forward and backward passes over blocks of points.

use rayon::prelude::*;

use super::{Plan, Slot, Step, Sweep};

/// Numbers of one block's tensors together: small enough for the caches, large enough that the
/// products of matrices are efficient.
const BLOCK: usize = 1 << 17;

/// Points of one block at most.
const ROWS: usize = 1024;

/// A weighted sum of the elements of a slot.
pub(crate) type Seed = Vec<(usize, f64)>;

impl Plan {
    /// The values of a slot at points given by columns: a column for each element.
    pub(crate) fn values(&self, points: &[Vec<f64>], slot: Slot) -> Vec<Vec<f64>> {
        let steps = self.steps_of(slot);
        let blocks = self.by_blocks(points, &steps, |pass, rows| {
            pass.forward(&steps, rows);
            pass.values[slot].clone()
        });
        columns(&blocks, self.length(slot), points[0].len())
    }

    /// The values of a slot at one point.
    pub(crate) fn values_at(&self, point: &[f64], slot: Slot) -> Vec<f64> {
        let mut pass = Pass::new(self);
        pass.values[0] = point.to_vec();
        pass.forward(&self.steps_of(slot), 1);
        std::mem::take(&mut pass.values[slot])
    }

    /// The values of all slots at one point.
    pub(crate) fn everything_at(&self, point: &[f64]) -> Vec<Vec<f64>> {
        let mut pass = Pass::new(self);
        pass.values[0] = point.to_vec();
        pass.forward(&self.steps.iter().collect::<Vec<_>>(), 1);
        pass.values
    }

    /// The gradients of weighted sums of a slot's elements: for each sum, a column for each
    /// number of a point.
    pub(crate) fn gradients(
        &self,
        points: &[Vec<f64>],
        slot: Slot,
        seeds: &[Seed],
    ) -> Vec<Vec<Vec<f64>>> {
        let steps = self.steps_of(slot);
        let blocks = self.by_blocks(points, &steps, |pass, rows| {
            pass.forward(&steps, rows);
            seeds.iter().map(|seed| pass.backward(&steps, rows, slot, seed)).collect::<Vec<_>>()
        });
        (0..seeds.len())
            .map(|index| {
                let blocks: Vec<&[f64]> = blocks.iter().map(|block| &block[index][..]).collect();
                columns(&blocks, self.inputs(), points[0].len())
            })
            .collect()
    }

    /// The steps that a slot needs, in order.
    fn steps_of(&self, slot: Slot) -> Vec<&Step> {
        let mut needed = vec![false; self.lengths.len()];
        needed[slot] = true;
        let mut steps = Vec::new();
        for step in self.steps.iter().rev().filter(|step| step.output <= slot) {
            if needed[step.output] {
                step.inputs.iter().for_each(|&input| needed[input] = true);
                steps.push(step);
            }
        }
        steps.reverse();
        steps
    }

    /// Runs a function on every block of points, in parallel, and gives its results in order.
    fn by_blocks<T: Send>(
        &self,
        points: &[Vec<f64>],
        steps: &[&Step],
        run: impl Fn(&mut Pass<'_>, usize) -> T + Sync,
    ) -> Vec<T> {
        let numbers: usize =
            self.inputs() + steps.iter().map(|step| self.length(step.output)).sum::<usize>();
        // The size of a block depends on the plan alone: so does every rounding error.
        let size = (BLOCK / numbers).clamp(1, ROWS);
        let starts: Vec<usize> = (0..points[0].len()).step_by(size).collect();
        starts
            .into_par_iter()
            .map_init(
                || Pass::new(self),
                |pass, start| {
                    let end = points[0].len().min(start + size);
                    pass.load(points, start..end);
                    run(pass, end - start)
                },
            )
            .collect()
    }
}

/// Rows of blocks, one after another, as columns.
fn columns<B: AsRef<[f64]>>(blocks: &[B], width: usize, rows: usize) -> Vec<Vec<f64>> {
    let mut columns = vec![Vec::with_capacity(rows); width];
    for block in blocks {
        for (index, column) in columns.iter_mut().enumerate() {
            column.extend(block.as_ref().iter().skip(index).step_by(width));
        }
    }
    columns
}

/// The tensors of one block and their gradients, reused from block to block.
struct Pass<'a> {
    plan: &'a Plan,
    values: Vec<Vec<f64>>,
    gradients: Vec<Vec<f64>>,
}

impl<'a> Pass<'a> {
    fn new(plan: &'a Plan) -> Self {
        let empty = vec![Vec::new(); plan.lengths.len()];
        Self { plan, values: empty.clone(), gradients: empty }
    }

    /// Sets slot 0 to a block of the points.
    fn load(&mut self, points: &[Vec<f64>], block: std::ops::Range<usize>) {
        let target = &mut self.values[0];
        target.clear();
        target.extend(block.flat_map(|row| points.iter().map(move |column| column[row])));
    }

    fn forward(&mut self, steps: &[&Step], rows: usize) {
        for step in steps {
            let mut output = std::mem::take(&mut self.values[step.output]);
            output.resize(rows * self.plan.length(step.output), 0.0);
            let inputs: Vec<&[f64]> =
                step.inputs.iter().map(|&slot| &self.values[slot][..]).collect();
            step.operation.forward(rows, &inputs, &mut output);
            self.values[step.output] = output;
        }
    }

    /// The gradient of one weighted sum in the points of the block, row by row.
    fn backward(&mut self, steps: &[&Step], rows: usize, slot: Slot, seed: &Seed) -> Vec<f64> {
        let slots = steps.iter().map(|step| step.output);
        for slot in std::iter::once(0).chain(slots) {
            let gradient = &mut self.gradients[slot];
            gradient.clear();
            gradient.resize(rows * self.plan.length(slot), 0.0);
        }
        for row in self.gradients[slot].chunks_exact_mut(self.plan.length(slot)) {
            for &(element, weight) in seed {
                row[element] += weight;
            }
        }
        for step in steps.iter().rev() {
            let upstream = std::mem::take(&mut self.gradients[step.output]);
            let inputs: Vec<&[f64]> =
                step.inputs.iter().map(|&slot| &self.values[slot][..]).collect();
            let output = &self.values[step.output];
            let sweep = Sweep { rows, inputs: &inputs, output, upstream: &upstream };
            for (which, &input) in step.inputs.iter().enumerate() {
                step.operation.backward(&sweep, which, &mut self.gradients[input]);
            }
            self.gradients[step.output] = upstream;
        }
        self.gradients[0].clone()
    }
}
