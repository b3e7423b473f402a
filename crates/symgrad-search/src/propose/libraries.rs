//! Libraries of features, for searches that have another objective.

use symgrad_expr::{Expr, OpSet};

use crate::propose::spectral;

/// Libraries of many features of one kind each, such as polynomials times waves or monomials over
/// distances, that the operators can write in these inputs; those of fewer features first.
pub fn structured_libraries(inputs: &[u16], ops: &OpSet) -> Vec<Vec<Expr>> {
    spectral::families(inputs, ops)
}

/// All monomials of the inputs with total degree from 1 to `degree`, by rising degree.
pub fn monomials(inputs: &[u16], degree: u32, ops: &OpSet) -> Vec<Expr> {
    spectral::monomials(inputs, degree, ops)
}
