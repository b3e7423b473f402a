//! Cosines between an expression's gradients and the directions wanted, block by block.

use symgrad_expr::Block;

use super::target::Directions;

/// Buffers of one block.
#[derive(Default)]
pub(super) struct Scratch {
    /// Squared length of the gradient.
    pub(super) whole: Vec<f64>,
    /// Squared length of its projection on the tangent space.
    pub(super) tangent: Vec<f64>,
    pub(super) along: Vec<f64>,
    pub(super) cosines: Vec<f64>,
}

impl Scratch {
    pub(super) fn reset(&mut self, count: usize) {
        for buffer in [&mut self.whole, &mut self.tangent, &mut self.along, &mut self.cosines] {
            buffer.clear();
            buffer.resize(count, 0.0);
        }
    }

    /// Divides by the length of the gradient's tangent part; 0 where there is none.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must be compiled with the caller's instructions")]
    pub(super) fn divide(&mut self) {
        for ((cosine, whole), tangent) in
            self.cosines.iter_mut().zip(&self.whole).zip(&self.tangent)
        {
            let vanishes = *tangent <= NO_TANGENT * whole || *tangent < NO_GRADIENT;
            let ratio = (*cosine / tangent.sqrt()).clamp(-1.0, 1.0);
            *cosine = if vanishes { 0.0 } else { ratio };
        }
    }
}

/// A gradient whose tangent part is this small a share of the whole (squared) has none: the
/// tangent space itself is known no better.
const NO_TANGENT: f64 = 1e-10;

/// Squared lengths below this have lost digits to underflow.
const NO_GRADIENT: f64 = 1e-290;

/// Fills `scratch` with the squared lengths and, in `cosines`, the gradient's component along
/// the neuron's direction; with several neurons the length of its projection on their span,
/// which for one is the component's size.
#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled with the caller's vector instructions")]
#[expect(clippy::needless_range_loop, reason = "indexed loops vectorise and read alike here")]
pub(super) fn project(
    target: &Directions,
    inputs: &[u16],
    block: &Block<'_>,
    scratch: &mut Scratch,
) {
    let rows = block.rows();
    let count = rows.len();
    let whole = &mut scratch.whole[..count];
    let tangent = &mut scratch.tangent[..count];
    let along = &mut scratch.along[..count];
    let cosines = &mut scratch.cosines[..count];
    let signed = target.signed().is_some();
    for slot in 0..inputs.len() {
        let gradient = &block.gradient(slot)[..count];
        for n in 0..count {
            whole[n] += gradient[n] * gradient[n];
        }
    }
    if target.axes.is_whole() {
        tangent.copy_from_slice(whole);
    } else {
        for axis in target.axes.reached(inputs) {
            along.fill(0.0);
            for (slot, &input) in inputs.iter().enumerate() {
                if let Some(share) = target.axes.share(axis, input, &rows) {
                    share.add(&block.gradient(slot)[..count], along);
                }
            }
            for n in 0..count {
                tangent[n] += along[n] * along[n];
            }
        }
    }
    for directions in &target.basis {
        along.fill(0.0);
        for (slot, &input) in inputs.iter().enumerate() {
            let gradient = &block.gradient(slot)[..count];
            let direction = &directions[usize::from(input)][rows.start..rows.end];
            for n in 0..count {
                along[n] += gradient[n] * direction[n];
            }
        }
        for n in 0..count {
            cosines[n] += if signed { along[n] } else { along[n] * along[n] };
        }
    }
    if !signed {
        for n in 0..count {
            cosines[n] = cosines[n].sqrt();
        }
    }
}
