//! What the module holds.

mod arrays;
mod asked;
mod discover;
mod errors;
mod follow;
mod formulas;
mod interpret;
mod islands;
mod search;

/// Searches make and drop many small things, for which this is quicker than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Arrays in, JSON out.
#[pyo3::pymodule]
mod _symgrad {
    #[pymodule_export]
    use super::discover::discover;
    #[pymodule_export]
    use super::formulas::{derivative, effort, rename, settings, simplify, spell};
    #[pymodule_export]
    use super::interpret::{interpret, layers, record};
    #[pymodule_export]
    use super::islands::{Islands, advance_island, needs_search};
    #[pymodule_export]
    use super::search::{remarks, search};

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
