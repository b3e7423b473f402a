//! Blocks of rows and the memory they live in.

use std::ops::{ControlFlow, Range};

use pulp::{Simd, WithSimd};
use smallvec::SmallVec;

use super::Program;
use super::code::{Code, Loc};
use super::execute::Execution;
use super::kernels::STEP;
use super::reduce::{AllFinite, Cosines, GROUP, Pair, Project};
use super::tangents::TangentBuilder;
use super::vector::SQUARES;
use crate::{Aligned, Node, simd};

/// The most rows of a block, a multiple of every [`row_step`].
const MOST_ROWS: usize = 512;

/// Memory for evaluation, owned by the caller: one per thread, usable for any program.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    temporaries: Aligned,
    /// The inputs of an only block that is not full.
    tails: Vec<f64>,
    constants: Vec<f64>,
    values: Compiled,
    gradients: Compiled,
    with_constants: Compiled,
    builder: TangentBuilder,
}

/// The code for one expression's structure.
#[derive(Clone, Debug, Default)]
struct Compiled {
    nodes: Vec<Node>,
    code: Code,
}

/// What a sweep computes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    Values,
    /// Values and derivatives in the inputs.
    Gradients,
    /// The same, with derivatives of all in the constants.
    Constants,
}

impl Workspace {
    /// Compiles for what is wanted and runs the code over all rows, block by block.
    pub(super) fn sweep<C: AsRef<[f64]>>(
        &mut self,
        program: &Program,
        wanted: Wanted,
        columns: &[C],
        rows: usize,
        mut visit: impl FnMut(&Block<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Compiled { nodes, code } = match wanted {
            Wanted::Values => &mut self.values,
            Wanted::Gradients => &mut self.gradients,
            Wanted::Constants => &mut self.with_constants,
        };
        if *nodes != program.nodes {
            nodes.clone_from(&program.nodes);
            match wanted {
                Wanted::Values => self.builder.builder.build_values(nodes, &program.inputs, code),
                Wanted::Gradients => self.builder.builder.build(nodes, &program.inputs, code),
                Wanted::Constants => self.builder.build(nodes, &program.inputs, code),
            }
        }
        code.constants_into(&program.constants, &mut self.constants);
        let row_step = simd::run(RowStep);
        let block = rows_per_block(code.places + program.inputs.len());
        let stride = block + GAP;
        let used = || program.inputs.iter().map(|&input| columns[usize::from(input)].as_ref());
        self.temporaries.resize(code.places * stride);
        let mut places: SmallVec<[&mut [f64]; FEW]> =
            self.temporaries.chunks_exact_mut(stride).collect();
        let mut inputs: SmallVec<[&[f64]; FEW]> = SmallVec::new();
        let mut run = |rows: Range<usize>, repeated: usize, inputs: &[&[f64]]| {
            simd::run(Execution {
                instructions: &code.instructions,
                inputs,
                constants: &self.constants,
                places: &mut places,
                rows: (repeated + rows.len()).next_multiple_of(row_step),
            });
            let memory = Memory { inputs, places: &places, repeated };
            visit(&Block { rows, slots: &program.inputs, outputs: &code.outputs, memory })
        };
        for start in (0..rows).step_by(block) {
            let rows = start..rows.min(start + block);
            inputs.clear();
            let missing = rows.len().next_multiple_of(row_step) - rows.len();
            if let Some(first) = start.checked_sub(missing) {
                // The last block is filled up by some rows of the one before.
                inputs.extend(used().map(|column| &column[first..rows.end]));
                run(rows, missing, &inputs)?;
            } else {
                inputs.extend(used().map(|column| &column[rows.clone()]));
                let padded = rows.len() + missing;
                pad(&mut self.tails, &inputs, padded);
                let tails: Vec<&[f64]> = self.tails.chunks_exact(padded).collect();
                run(rows, 0, &tails)?;
            }
        }
        ControlFlow::Continue(())
    }
}

/// Columns for which no list is allocated.
const FEW: usize = 16;

/// Rows that the kernels take at a time: columns are padded to a multiple.
struct RowStep;

impl WithSimd for RowStep {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        STEP * S::F64_LANES
    }
}

/// Long blocks spread the cost of decoding an instruction, short ones keep many columns in
/// cache. Not all columns are in use at once: blocks of twice the nearest cache do well.
fn rows_per_block(columns: usize) -> usize {
    match columns {
        0..=12 => MOST_ROWS,
        13..=24 => MOST_ROWS / 2,
        25..=48 => MOST_ROWS / 4,
        _ => MOST_ROWS / 8,
    }
}

/// Numbers between two columns of temporaries, a cache line: at distances of 4096 bytes or a
/// multiple, a processor takes what is stored in one for what is loaded from another.
const GAP: usize = 8;

/// Copies columns, each extended to `padded` rows by repeating its last.
fn pad(tails: &mut Vec<f64>, columns: &[&[f64]], padded: usize) {
    tails.clear();
    for (slot, column) in columns.iter().enumerate() {
        tails.extend_from_slice(column);
        tails.resize((slot + 1) * padded, column.last().copied().unwrap_or(0.0));
    }
}

/// Values and derivatives of some consecutive rows. Every slice has one number per row.
#[derive(Debug)]
pub struct Block<'a> {
    rows: Range<usize>,
    slots: &'a [u16],
    outputs: &'a [Loc],
    memory: Memory<'a>,
}

#[derive(Debug)]
struct Memory<'a> {
    inputs: &'a [&'a [f64]],
    places: &'a [&'a mut [f64]],
    /// Rows at the start that belong to the block before.
    repeated: usize,
}

impl Block<'_> {
    /// Which rows of the data these are.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// f
    pub fn values(&self) -> &[f64] {
        self.output(0)
    }

    /// ∂f/∂x of the used input with that slot (see [`Program::inputs`]).
    ///
    /// # Panics
    /// If there is no such slot.
    pub fn gradient(&self, slot: usize) -> &[f64] {
        assert!(slot < self.slots.len(), "slot {slot} of {} used inputs", self.slots.len());
        self.output(1 + slot)
    }

    /// ∂f/∂cₖ, in sweeps with constants.
    ///
    /// # Panics
    /// In sweeps without constants, or if there is no such constant.
    pub fn constant_gradient(&self, k: usize) -> &[f64] {
        self.output((1 + k) * (1 + self.slots.len()))
    }

    /// ∂²f/∂x∂cₖ of the used input with that slot, in sweeps with constants.
    ///
    /// # Panics
    /// In sweeps without constants, or if there is no such slot or constant.
    pub fn gradient_tangent(&self, k: usize, slot: usize) -> &[f64] {
        assert!(slot < self.slots.len(), "slot {slot} of {} used inputs", self.slots.len());
        self.output((1 + k) * (1 + self.slots.len()) + 1 + slot)
    }

    /// Whether [`Self::gradient_tangent`] is zero in every row by the expression's structure.
    pub fn tangent_vanishes(&self, k: usize, slot: usize) -> bool {
        self.outputs[(1 + k) * (1 + self.slots.len()) + 1 + slot] == Loc::Zero
    }

    fn output(&self, which: usize) -> &[f64] {
        const ZEROS: [f64; MOST_ROWS] = [0.0; MOST_ROWS];
        const ONES: [f64; MOST_ROWS] = [1.0; MOST_ROWS];
        let Memory { inputs, places, repeated } = self.memory;
        let column = match self.outputs[which] {
            Loc::Input(slot) => inputs[slot as usize],
            Loc::Temp(place) => &*places[place as usize],
            Loc::One => &ONES,
            Loc::Zero | Loc::Const(_) => &ZEROS,
        };
        &column[repeated..repeated + self.rows.len()]
    }

    /// How many rows have a value or a gradient component that is not finite.
    pub fn non_finite(&self) -> usize {
        self.non_finite_outputs(1 + self.slots.len())
    }

    pub(super) fn non_finite_values(&self) -> usize {
        self.non_finite_outputs(1)
    }

    fn non_finite_outputs(&self, outputs: usize) -> usize {
        let columns = || (0..outputs).map(|which| self.output(which));
        if columns().all(|column| simd::run(AllFinite(column))) {
            return 0;
        }
        let is_finite = |row: &usize| columns().all(|column| column[*row].is_finite());
        self.rows.len() - (0..self.rows.len()).filter(is_finite).count()
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
        for first in (0..self.slots.len()).step_by(GROUP) {
            let (pairs, count) = self.pairs(directions, first);
            simd::run(Project { pairs: &pairs[..count], dot, norm2 });
        }
    }

    /// Σ w·c over the rows of the block, with the weights w and the cosine c of the angle between
    /// the gradient and the direction u, a unit vector; c counts as 0 where the gradient is too
    /// short or too long for its square. `None` if a value or a gradient component is not
    /// finite.
    ///
    /// `directions[i]` holds u for input `i`, and `weights` w, for all rows of the data.
    ///
    /// # Panics
    /// If `directions` lacks a used input or its rows, or `weights` rows.
    pub fn cosine_sum<C: AsRef<[f64]>>(&self, directions: &[C], weights: &[f64]) -> Option<f64> {
        // All pairs but the last group's, if there are several.
        let last = self.slots.len().saturating_sub(1) / GROUP * GROUP;
        let length = self.rows.len();
        let (mut dot, mut norm2);
        let mut earlier = None;
        if last > 0 {
            (dot, norm2) = ([0.0; MOST_ROWS], [0.0; MOST_ROWS]);
            for first in (0..last).step_by(GROUP) {
                let (pairs, count) = self.pairs(directions, first);
                let (dot, norm2) = (&mut dot[..length], &mut norm2[..length]);
                simd::run(Project { pairs: &pairs[..count], dot, norm2 });
            }
            earlier = Some([&dot[..length], &norm2[..length]]);
        }
        let (pairs, count) = self.pairs(directions, last);
        let (pairs, values) = (&pairs[..count], self.values());
        let weights = &weights[self.rows()];
        match simd::run(Cosines { pairs, earlier, values, weights }) {
            None if self.non_finite() > 0 => None,
            None => Some(self.cosine_with_care(directions, weights)),
            sum => sum,
        }
    }

    /// Σ w·cos where some gradients are too short or too long.
    #[cold]
    fn cosine_with_care<C: AsRef<[f64]>>(&self, directions: &[C], weights: &[f64]) -> f64 {
        let (mut dot, mut norm2) = ([0.0; MOST_ROWS], [0.0; MOST_ROWS]);
        let length = self.rows.len();
        self.dot_and_norm(directions, &mut dot[..length], &mut norm2[..length]);
        for (dot, norm2) in dot[..length].iter_mut().zip(norm2) {
            *dot = if SQUARES.contains(norm2) { *dot / norm2.sqrt() } else { 0.0 };
        }
        simd::dot(weights, &dot[..length])
    }

    /// At most [`GROUP`] components of the gradient with those of the direction, and how many.
    fn pairs<'b, C: AsRef<[f64]>>(
        &'b self,
        directions: &'b [C],
        first: usize,
    ) -> ([Pair<'b>; GROUP], usize) {
        let mut pairs: [Pair<'b>; GROUP] = [[&[]; 2]; GROUP];
        let slots = self.slots.iter().enumerate().skip(first).take(GROUP);
        let count = slots.len();
        for (pair, (slot, &input)) in pairs.iter_mut().zip(slots) {
            *pair = [self.gradient(slot), &directions[usize::from(input)].as_ref()[self.rows()]];
        }
        (pairs, count)
    }
}
