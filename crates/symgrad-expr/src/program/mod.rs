//! The executable form of an expression.

#![expect(
    clippy::inline_always,
    reason = "vector code must be inlined into the function compiled for the instruction set"
)]

mod block;
mod code;
mod compile;
mod divider;
mod execute;
mod functions;
mod kernels;
mod reduce;
mod sines;
mod tangents;
mod turns;
mod vector;

use std::ops::ControlFlow;

use block::Wanted;
pub use block::{Block, Workspace};

use crate::{Expr, Node};

/// An expression ready to run: values and derivatives over many rows at once.
///
/// The code for what is asked of it is compiled into the [`Workspace`], and stays there until
/// the same is asked of an expression with another structure.
///
/// ```
/// use std::ops::ControlFlow;
/// use symgrad_expr::{Expr, Program, Workspace};
///
/// let energy: Expr = "x1^2 + x3".parse()?;
/// let program = Program::compile(&energy);
/// assert_eq!(program.inputs(), [0, 2]); // slot 0 is x1, slot 1 is x3
/// let columns = [vec![1.0, 2.0], vec![7.0, 7.0], vec![3.0, 4.0]];
/// let mut slopes = vec![];
/// program.for_each_block(&columns, &mut Workspace::default(), |block| {
///     slopes.extend_from_slice(block.gradient(0));
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(slopes, [2.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    nodes: Vec<Node>,
    constants: Vec<f64>,
    inputs: Vec<u16>,
}

impl Default for Program {
    /// The constant 0.
    fn default() -> Self {
        Self { nodes: vec![Node::Const], constants: vec![0.0], inputs: vec![] }
    }
}

/// The data do not fit the program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// The expression uses an input for which there is no column.
    #[error("the expression uses x{} but there are {columns} columns", input + 1)]
    MissingColumn {
        /// Index of the input, counted from 0.
        input: u16,
        /// Columns given.
        columns: usize,
    },
    /// The columns differ in length.
    #[error("column {column} has {rows} rows where the first has {expected}")]
    RaggedColumn {
        /// Index of the column, counted from 0.
        column: usize,
        /// Its length.
        rows: usize,
        /// The length of the first column.
        expected: usize,
    },
    /// An output does not hold exactly one number per row.
    #[error("the output has room for {room} rows, the columns have {rows}")]
    OutputLength {
        /// Length of the output.
        room: usize,
        /// Rows of the data.
        rows: usize,
    },
    /// There is not exactly one gradient output per column.
    #[error("{outputs} gradient outputs for {columns} columns")]
    GradientCount {
        /// Outputs given.
        outputs: usize,
        /// Columns of the data.
        columns: usize,
    },
}

impl Program {
    /// A program for an expression.
    pub fn compile(expr: &Expr) -> Self {
        let mut program = Self::default();
        program.recompile(expr);
        program
    }

    /// Replaces the program by another expression's, reusing its memory.
    pub fn recompile(&mut self, expr: &Expr) {
        self.nodes.clear();
        self.nodes.extend_from_slice(expr.nodes());
        self.constants.clear();
        self.constants.extend_from_slice(expr.constants());
        self.inputs.clear();
        for node in &self.nodes {
            if let Node::Var(input) = node
                && let Err(slot) = self.inputs.binary_search(input)
            {
                self.inputs.insert(slot, *input);
            }
        }
    }

    /// The inputs used, sorted. A *slot* is an index into this list.
    pub fn inputs(&self) -> &[u16] {
        &self.inputs
    }

    /// The constants in their order of appearance.
    pub fn constants(&self) -> &[f64] {
        &self.constants
    }

    /// Changes the constants, the structure stays.
    ///
    /// # Panics
    /// If their number differs from the expression's.
    pub fn set_constants(&mut self, constants: &[f64]) {
        self.constants.copy_from_slice(constants);
    }

    /// The values of all rows; returns how many of them are not finite.
    ///
    /// `columns[i]` holds input `i` for all rows. Without any column the rows are counted by `out`.
    pub fn values<C: AsRef<[f64]>>(
        &self,
        columns: &[C],
        workspace: &mut Workspace,
        out: &mut [f64],
    ) -> Result<usize, EvalError> {
        let rows = if columns.is_empty() { out.len() } else { self.check(columns)? };
        self.check_used(columns.len())?;
        check_room(out.len(), rows)?;
        let mut non_finite = 0;
        let _ = workspace.sweep(self, Wanted::Values, columns, rows, |block| {
            out[block.rows()].copy_from_slice(block.values());
            non_finite += block.non_finite_values();
            ControlFlow::Continue(())
        });
        Ok(non_finite)
    }

    /// Values and ∂f/∂xᵢ of the used inputs, block of rows by block of rows.
    ///
    /// `visit` sees each block while it is in the nearest cache; it stops the sweep by
    /// returning [`ControlFlow::Break`], which is then returned.
    pub fn for_each_block<C: AsRef<[f64]>>(
        &self,
        columns: &[C],
        workspace: &mut Workspace,
        visit: impl FnMut(&Block<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, EvalError> {
        let rows = self.check(columns)?;
        Ok(workspace.sweep(self, Wanted::Gradients, columns, rows, visit))
    }

    /// As [`Self::for_each_block`], with ∂f/∂cₖ and ∂²f/∂xᵢ∂cₖ for every constant cₖ.
    pub fn for_each_block_with_constants<C: AsRef<[f64]>>(
        &self,
        columns: &[C],
        workspace: &mut Workspace,
        visit: impl FnMut(&Block<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, EvalError> {
        let rows = self.check(columns)?;
        Ok(workspace.sweep(self, Wanted::Constants, columns, rows, visit))
    }

    /// Values and ∂f/∂xᵢ for all columns, zero for the unused ones, as whole columns;
    /// returns in how many rows one of them is not finite.
    pub fn input_gradients<C: AsRef<[f64]>>(
        &self,
        columns: &[C],
        workspace: &mut Workspace,
        values: &mut [f64],
        gradients: &mut [Vec<f64>],
    ) -> Result<usize, EvalError> {
        let rows = self.check(columns)?;
        check_room(values.len(), rows)?;
        if gradients.len() != columns.len() {
            return Err(EvalError::GradientCount {
                outputs: gradients.len(),
                columns: columns.len(),
            });
        }
        for gradient in gradients.iter_mut() {
            gradient.clear();
            gradient.resize(rows, 0.0);
        }
        let mut non_finite = 0;
        let _ = self.for_each_block(columns, workspace, |block| {
            values[block.rows()].copy_from_slice(block.values());
            for (slot, &input) in self.inputs.iter().enumerate() {
                gradients[usize::from(input)][block.rows()].copy_from_slice(block.gradient(slot));
            }
            non_finite += block.non_finite();
            ControlFlow::Continue(())
        })?;
        Ok(non_finite)
    }

    /// The number of rows, if the columns are of one length and enough.
    fn check<C: AsRef<[f64]>>(&self, columns: &[C]) -> Result<usize, EvalError> {
        self.check_used(columns.len())?;
        let expected = columns.first().map_or(0, |column| column.as_ref().len());
        for (column, cells) in columns.iter().enumerate() {
            let rows = cells.as_ref().len();
            if rows != expected {
                return Err(EvalError::RaggedColumn { column, rows, expected });
            }
        }
        Ok(expected)
    }

    fn check_used(&self, columns: usize) -> Result<(), EvalError> {
        match self.inputs.last() {
            Some(&input) if usize::from(input) >= columns => {
                Err(EvalError::MissingColumn { input, columns })
            }
            _ => Ok(()),
        }
    }
}

fn check_room(room: usize, rows: usize) -> Result<(), EvalError> {
    if room == rows { Ok(()) } else { Err(EvalError::OutputLength { room, rows }) }
}
