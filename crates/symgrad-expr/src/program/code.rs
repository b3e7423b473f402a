//! Straight-line code for one block of rows, and the reuse of its temporaries' memory.

use crate::Op;

/// Where an operand is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Loc {
    /// 0 in every row.
    Zero,
    /// 1 in every row.
    One,
    /// The used input with that slot.
    Input(u32),
    /// The constant of that index, in every row; behind the expression's come the folded ones.
    Const(u32),
    /// A temporary: numbered in order of appearance while code is built, by its place in
    /// memory once [`Code::finish`] has run.
    Temp(u32),
}

/// What an instruction does with its operands a, b, c and its scale s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Action {
    Add,
    Sub,
    /// s·a·b
    Mul,
    /// c + s·a·b
    MulAdd,
    /// b + s·a
    AddScaled,
    /// s·a
    Scale,
    Div,
    /// a/b, and 1/b into the second destination
    DivInverse,
    /// aᵇ
    Pow,
    /// b·aᵇ⁻¹, given c = aᵇ
    PowSlope,
    /// b·(b − 1)·aᵇ⁻², given c = b·aᵇ⁻¹
    PowCurvature,
    Cube,
    Sqrt,
    /// √a, and 1/√a into the second destination
    SqrtInverse,
    Exp,
    Log,
    Sin,
    Cos,
    /// sin a, and cos a into the second destination
    SinCos,
    Tan,
    Tanh,
    Abs,
    /// −1 or 1 like a
    Sign,
    /// The operator, row by row
    Function(Op),
    /// The same, and into the second destination what its derivatives have in common: see
    /// [`super::functions`]
    FunctionSlope(Op),
}

impl Action {
    fn has_two_results(self) -> bool {
        matches!(self, Self::SinCos | Self::SqrtInverse | Self::DivInverse | Self::FunctionSlope(_))
    }
}

/// One step, over all rows of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    pub(super) action: Action,
    pub(super) a: Loc,
    pub(super) b: Loc,
    pub(super) c: Loc,
    pub(super) scale: f64,
    /// The temporary written, never an operand of the same instruction.
    pub(super) target: u32,
    /// The second temporary written; the same as `target` if there is none.
    pub(super) second: u32,
}

/// Instructions with the places of their results.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    pub(super) instructions: Vec<Instruction>,
    /// Subexpressions of constants alone, each from constants before it.
    pub(super) folded: Vec<Fold>,
    /// Results that stay readable after the last instruction: inputs, temporaries, zero or one.
    pub(super) outputs: Vec<Loc>,
    /// Number of temporaries' places in memory.
    pub(super) places: usize,
    temporaries: Vec<Temporary>,
    free: Vec<u32>,
}

/// An operator applied to constants; a unary one has the same argument twice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fold {
    pub(super) op: Op,
    pub(super) arguments: [u32; 2],
}

#[derive(Clone, Copy, Debug)]
struct Temporary {
    /// The last instruction that uses it; [`NEVER`] ends an output.
    end: u32,
    place: u32,
}

const NEVER: u32 = u32::MAX;

impl Code {
    pub(super) fn clear(&mut self) {
        self.instructions.clear();
        self.folded.clear();
        self.outputs.clear();
        self.temporaries.clear();
        self.free.clear();
        self.places = 0;
    }

    /// Appends an instruction and returns its (first) result.
    pub(super) fn push(&mut self, action: Action, operands: [Loc; 3], scale: f64) -> Loc {
        let [a, b, c] = operands;
        let target = self.new_temporary();
        let second = if action.has_two_results() { self.new_temporary() } else { target };
        for operand in operands {
            self.end_at(operand, index(self.instructions.len()));
        }
        self.instructions.push(Instruction { action, a, b, c, scale, target, second });
        Loc::Temp(target)
    }

    /// As [`Self::push`], for actions with two results.
    pub(super) fn push_pair(&mut self, action: Action, operands: [Loc; 3]) -> (Loc, Loc) {
        self.push(action, operands, 1.0);
        let second = index(self.temporaries.len() - 1);
        (Loc::Temp(second - 1), Loc::Temp(second))
    }

    fn new_temporary(&mut self) -> u32 {
        self.temporaries.push(Temporary { end: index(self.instructions.len()), place: 0 });
        index(self.temporaries.len() - 1)
    }

    fn end_at(&mut self, operand: Loc, end: u32) {
        if let Loc::Temp(temporary) = operand {
            self.temporaries[temporary as usize].end = end;
        }
    }

    /// All constants: the expression's, then the folded ones.
    pub(super) fn constants_into(&self, own: &[f64], all: &mut Vec<f64>) {
        all.clear();
        all.extend_from_slice(own);
        for Fold { op, arguments } in &self.folded {
            let [a, b] = arguments.map(|argument| all[argument as usize]);
            all.push(op.apply(a, b));
        }
    }

    /// Gives every temporary a place in memory, reusing those that are no longer read.
    pub(super) fn finish(&mut self) {
        for output in 0..self.outputs.len() {
            self.end_at(self.outputs[output], NEVER);
        }
        let Self { instructions, outputs, temporaries, free, places, .. } = self;
        let mut place = |temporary: &mut Temporary, free: &mut Vec<u32>| {
            temporary.place = free.pop().unwrap_or_else(|| {
                *places += 1;
                index(*places - 1)
            });
            temporary.place
        };
        for (at, instruction) in instructions.iter_mut().enumerate() {
            let now = index(at);
            // The targets are placed before the operands are freed: kernels never work in place.
            let Instruction { target, second, .. } = *instruction;
            instruction.target = place(&mut temporaries[target as usize], free);
            instruction.second = instruction.target;
            if second != target {
                instruction.second = place(&mut temporaries[second as usize], free);
                temporaries[second as usize].free_if_ended(now, free);
            }
            temporaries[target as usize].free_if_ended(now, free);
            for operand in [&mut instruction.a, &mut instruction.b, &mut instruction.c] {
                if let Loc::Temp(temporary) = operand {
                    let known = &mut temporaries[*temporary as usize];
                    *temporary = known.place;
                    known.free_if_ended(now, free);
                }
            }
        }
        for output in outputs {
            if let Loc::Temp(temporary) = output {
                *temporary = temporaries[*temporary as usize].place;
            }
        }
    }
}

impl Temporary {
    fn free_if_ended(&mut self, now: u32, free: &mut Vec<u32>) {
        if self.end == now {
            self.end = NEVER; // an operand that occurs twice is freed once
            free.push(self.place);
        }
    }
}

/// Indices are 32 bits wide: the memory of a block of rows ends long before they do.
pub(super) fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(NEVER)
}
