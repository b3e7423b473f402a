//! Blocks of rows and the memory they live in.

use std::ops::{ControlFlow, Range};

use pulp::{Simd, WithSimd};

use super::Program;
use super::code::{Code, Instruction, Loc};
use super::execute::Execution;
use super::kernels::STEP;
use super::reduce::{AllFinite, GROUP, Project};
use super::tangents::TangentBuilder;
use crate::simd;

/// The most rows of a block, a multiple of every [`row_step`].
const MOST_ROWS: usize = 256;

/// A cache line in bytes: vectors that straddle two cost twice.
const LINE: usize = 64;

/// Memory for evaluation, owned by the caller: one per thread, usable for any program.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    temporaries: Vec<f64>,
    /// The inputs of a last block that is not full.
    tails: Vec<f64>,
    with_constants: Code,
    builder: TangentBuilder,
}

impl Workspace {
    pub(super) fn sweep_with_constants<C: AsRef<[f64]>>(
        &mut self,
        program: &Program,
        columns: &[C],
        rows: usize,
        visit: impl FnMut(&Block<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut code = std::mem::take(&mut self.with_constants);
        self.builder.build(&program.nodes, &program.inputs, &mut code);
        let flow = self.sweep(program, (&code, &code.instructions), columns, rows, visit);
        self.with_constants = code;
        flow
    }

    /// Runs the code, or its first instructions, over all rows, block by block.
    pub(super) fn sweep<C: AsRef<[f64]>>(
        &mut self,
        program: &Program,
        (code, instructions): (&Code, &[Instruction]),
        columns: &[C],
        rows: usize,
        mut visit: impl FnMut(&Block<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let row_step = simd::run(RowStep);
        let stride = rows_per_block(code.places + program.inputs.len());
        let used = || program.inputs.iter().map(|&input| columns[usize::from(input)].as_ref());
        let temporaries = aligned(&mut self.temporaries, code.places * stride);
        let mut inputs: Vec<&[f64]> = Vec::with_capacity(program.inputs.len());
        let mut run = |rows: Range<usize>, inputs: &[&[f64]]| {
            simd::run(Execution {
                instructions,
                inputs,
                constants: &program.constants,
                temporaries,
                stride,
                rows: rows.len().next_multiple_of(row_step),
            });
            let memory = Memory { inputs, temporaries, stride };
            visit(&Block { rows, slots: &program.inputs, outputs: &code.outputs, memory })
        };
        for start in (0..rows).step_by(stride) {
            let rows = start..rows.min(start + stride);
            inputs.clear();
            inputs.extend(used().map(|column| &column[rows.clone()]));
            let padded = rows.len().next_multiple_of(row_step);
            if padded == rows.len() {
                run(rows, &inputs)?;
            } else {
                pad(&mut self.tails, &inputs, padded);
                let tails: Vec<&[f64]> = self.tails.chunks_exact(padded).collect();
                run(rows, &tails)?;
            }
        }
        ControlFlow::Continue(())
    }
}

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
        0..=24 => MOST_ROWS,
        25..=48 => MOST_ROWS / 2,
        _ => MOST_ROWS / 4,
    }
}

/// Memory that starts at a cache line.
fn aligned(memory: &mut Vec<f64>, length: usize) -> &mut [f64] {
    let slack = LINE / size_of::<f64>();
    if memory.len() < length + slack {
        memory.resize(length + slack, 0.0);
    }
    let start = memory.as_ptr().align_offset(LINE).min(slack);
    &mut memory[start..start + length]
}

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
    temporaries: &'a [f64],
    stride: usize,
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
        let Memory { inputs, temporaries, stride } = self.memory;
        let column = match self.outputs[which] {
            Loc::Input(slot) => inputs[slot as usize],
            Loc::Temp(place) => &temporaries[place as usize * stride..],
            Loc::Zero | Loc::One | Loc::Const(_) => &ZEROS,
        };
        &column[..self.rows.len()]
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
        self.project(directions, dot, norm2, false);
    }

    /// Per row of the block the cosine of the angle between the gradient and the direction u,
    /// a unit vector; NaN where the gradient vanishes. Arguments as in [`Self::dot_and_norm`].
    ///
    /// # Panics
    /// As [`Self::dot_and_norm`], and if `out` has not one number per row of the block.
    pub fn cosines<C: AsRef<[f64]>>(&self, directions: &[C], out: &mut [f64]) {
        let mut norm2 = [0.0; MOST_ROWS];
        self.project(directions, out, &mut norm2[..self.rows.len()], true);
    }

    fn project<C: AsRef<[f64]>>(
        &self,
        directions: &[C],
        dot: &mut [f64],
        norm2: &mut [f64],
        divided: bool,
    ) {
        if self.slots.is_empty() {
            dot.fill(if divided { f64::NAN } else { 0.0 });
            norm2.fill(0.0);
        }
        let groups = self.slots.chunks(GROUP);
        let last = groups.len();
        for (group, slots) in groups.enumerate() {
            let pair = |at: usize| {
                let direction = directions[usize::from(slots[at])].as_ref();
                [self.gradient(group * GROUP + at), &direction[self.rows()]]
            };
            let (starts, divides) = (group == 0, divided && group + 1 == last);
            match slots.len() {
                1 => simd::run(Project { pairs: [0].map(pair), dot, norm2, starts, divides }),
                2 => simd::run(Project { pairs: [0, 1].map(pair), dot, norm2, starts, divides }),
                3 => simd::run(Project { pairs: [0, 1, 2].map(pair), dot, norm2, starts, divides }),
                _ => {
                    simd::run(Project {
                        pairs: [0, 1, 2, 3].map(pair),
                        dot,
                        norm2,
                        starts,
                        divides,
                    });
                }
            }
        }
    }
}
