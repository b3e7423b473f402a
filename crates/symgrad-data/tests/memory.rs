//! Files that were made to fill the memory, or were spoiled: what reading them takes is bounded by
//! their length. The only test of its binary, since it watches the allocator.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use peak_alloc::PeakAlloc;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;
use std::path::{Path, PathBuf};
use symgrad_data::Table;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Bytes of memory for each byte of a file, and in addition.
const BOUND: (usize, usize) = (64, 24 << 20);

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Whether a file is refused; it takes no more memory than it may.
fn is_refused(path: &Path) -> bool {
    let length = usize::try_from(fs::metadata(path).unwrap().len()).unwrap();
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let read = Table::read(path);
    let taken = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(taken <= BOUND.0 * length + BOUND.1, "{taken} bytes for a file of {length}");
    match read {
        Ok(table) => {
            assert!(table.rows() * table.dim() <= 4 * length + (1 << 20));
            false
        }
        Err(error) => {
            assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
            true
        }
    }
}

#[test]
fn memory_is_bounded_by_the_length_of_files() {
    // It holds 32 MiB, so that a reader who believes it exceeds the bound.
    assert!(is_refused(&data("bomb.npz")));
    let folder = tempfile::tempdir().unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for name in ["field.parquet", "zstd.parquet", "null.parquet", "compressed.npz"] {
        let path = folder.path().join(name);
        let good = fs::read(data(name)).unwrap();
        fs::write(&path, &good).unwrap();
        assert_eq!(is_refused(&path), name == "null.parquet", "{name}");
        let (mut refused, mut read) = (0, 0);
        for _ in 0..700 {
            let mut bytes = good.clone();
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random();
            }
            fs::write(&path, &bytes).unwrap();
            if is_refused(&path) { refused += 1 } else { read += 1 }
        }
        // Many changes spoil a file; some are where nothing is looked at.
        assert!(refused > 100, "{name}: {refused} refused, {read} read");
    }
}
