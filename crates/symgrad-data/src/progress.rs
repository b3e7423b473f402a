//! What is told while points are looked at one by one.

use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Follows work that takes time for every point; the default does nothing.
pub trait Progress: Sync {
    /// That many of the points are done. Reports of several threads may overtake each other.
    fn looked_at(&self, done: usize, points: usize) {
        let _ = (done, points);
    }
}

impl Progress for () {}

/// Points between two reports.
const STEP: usize = 256;

/// What a function says of each of so many points, in their order, found side by side.
pub(crate) fn of_each<T: Send>(
    points: usize,
    progress: &dyn Progress,
    function: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let done = AtomicUsize::new(0);
    let of_step = |start: usize| {
        let rows = start..points.min(start + STEP);
        let found: Vec<T> = rows.map(&function).collect();
        let before = done.fetch_add(found.len(), Ordering::Relaxed);
        progress.looked_at(before + found.len(), points);
        found
    };
    let steps = (0..points.div_ceil(STEP)).into_par_iter();
    let found: Vec<Vec<T>> = steps.map(|step| of_step(step * STEP)).collect();
    found.into_iter().flatten().collect()
}
