//! Fitting numbers in expressions: constants anywhere by Levenberg–Marquardt, the coefficients
//! of a sum by an eigenproblem. Both read the same derivatives in the constants.

mod columns;
mod constants;
mod derivatives;
mod moments;

use std::ops::ControlFlow;

use symgrad_expr::{Expr, Program, Workspace};

use constants::Sums;
pub(crate) use constants::{fit_constants, sharpen_constants};
use derivatives::Derivatives;
pub(crate) use moments::{Moments, moments_of_sum};

use crate::score::evaluator::Evaluator;

/// Memory for sweeps with derivatives in the constants; one per thread.
#[derive(Default)]
pub(crate) struct Sweep {
    program: Program,
    workspace: Workspace,
    derivatives: Derivatives,
    sums: Sums,
}

impl Sweep {
    /// Visits the gradient with its derivatives in the constants, block by block, until the
    /// visitor says no; false if it did, or something was not finite.
    ///
    /// Constants marked in `fixed` are passed over; none is if it is empty.
    fn over_frames(
        &mut self,
        expr: &Expr,
        fixed: &[bool],
        evaluator: &mut Evaluator<'_>,
        mut visit: impl FnMut(&mut Derivatives) -> bool,
    ) -> bool {
        let objective = evaluator.objective();
        // One gradient field, and one more for every constant's derivative of it.
        let moving = expr.constants().len() - fixed.iter().filter(|fixed| **fixed).count();
        if !evaluator.take(1 + moving as u64) {
            return false;
        }
        self.program.recompile(expr);
        let (derivatives, inputs) = (&mut self.derivatives, self.program.inputs());
        derivatives.prepare(expr.constants().len(), fixed, inputs, objective);
        let flow = self.program.for_each_block_with_constants(
            objective.columns(),
            &mut self.workspace,
            |block| {
                derivatives.read(block, inputs, objective.axes());
                if visit(derivatives) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        );
        flow.is_ok_and(|flow| flow.is_continue())
    }

    /// The values at all points and their derivatives in each constant.
    fn values_and_slopes(
        &mut self,
        expr: &Expr,
        evaluator: &mut Evaluator<'_>,
    ) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
        let objective = evaluator.objective();
        if !evaluator.take(1 + expr.constants().len() as u64) {
            return None;
        }
        self.program.recompile(expr);
        let mut values = Vec::with_capacity(objective.points());
        let mut slopes = vec![Vec::with_capacity(objective.points()); expr.constants().len()];
        let flow = self.program.for_each_block_with_constants(
            objective.columns(),
            &mut self.workspace,
            |block| {
                values.extend_from_slice(block.values());
                for (k, slope) in slopes.iter_mut().enumerate() {
                    slope.extend_from_slice(block.constant_gradient(k));
                }
                ControlFlow::Continue(())
            },
        );
        let finite = |column: &Vec<f64>| column.iter().all(|v| v.is_finite());
        (flow.is_ok() && finite(&values) && slopes.iter().all(finite)).then_some((values, slopes))
    }
}
