//! Parquet files: what is read, what is refused and why, and files that lie.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use symgrad_data::{DirectionField, FieldColumns, FieldOptions, Table};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn error(name: &str) -> String {
    let error = Table::read(data(name)).unwrap_err().to_string();
    assert!(error.contains(name), "the file is not named: {error}");
    error
}

/// Written by pandas: Snappy, two groups of rows, row labels, doubles, singles and integers.
#[test]
fn a_field_is_read() {
    let columns = FieldColumns::default();
    let path = data("field.parquet");
    let field = DirectionField::read(path, &columns, &FieldOptions::default()).unwrap();
    assert_eq!((field.names(), field.len()), (&["x".to_string(), "v".to_string()][..], 40));
    let (x, v) = (field.points().column(0), field.points().column(1));
    for n in 0..40_u32 {
        let (row, at) = (n as usize, f64::from(n));
        let expected = ((2.0 * (1.7 * at).sin() * 1e3).round() / 1e3, 2.0 * (2.3 * at).cos());
        assert!((x[row] - expected.0).abs() < 1e-12 && (v[row] - expected.1).abs() < 1e-3);
        let length = x[row].hypot(v[row]);
        assert!((field.basis(0)[0][row] - x[row] / length).abs() < 1e-6);
        assert_eq!(field.weights()[row], f64::from(1 + n % 3));
    }
}

/// Zstandard, pages of the second version, unsigned integers.
#[test]
fn other_packings_are_read() {
    let table = Table::read(data("zstd.parquet")).unwrap();
    assert_eq!(table.names(), ["a", "b", "c"]);
    assert_eq!(table.column(1)[..5], [0.0, 1.0, 2.0, 3.0, 0.0]);
    assert_eq!(table.column(2)[39], 1_099_511_627_776.0 + 39.0);
    assert!(error("gzip.parquet").contains("only snappy and zstd"));
}

#[test]
fn unusable_columns_are_explained() {
    assert!(error("null.parquet").contains("row 2, column `b`: `NaN`, and no number"));
    assert!(error("nan.parquet").contains("row 2, column `a`: `NaN`, and no number"));
    assert!(error("text.parquet").contains("column `name` holds text"));
    assert!(error("nested.parquet").contains("column `a` holds nested values"));
    assert!(error("time.parquet").contains("column `a` holds dates or times"));
}

#[test]
fn parquet_is_not_written() {
    let table = Table::new(vec!["a".into()], vec![vec![1.0]]).unwrap();
    let error = table.write("a.parquet").unwrap_err().to_string();
    assert!(error.contains("only read"), "{error}");
}

#[test]
fn broken_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let good = fs::read(data("text.parquet")).unwrap();
    for length in 0..good.len() {
        fs::write(&path, &good[..length]).unwrap();
        let error = Table::read(&path).unwrap_err().to_string();
        assert!(error.contains("table.parquet"), "{error}");
    }
    fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    let error = Table::read(&path).unwrap_err().to_string();
    assert!(error.contains("not a readable Parquet file"), "{error}");
}

/// One row, of which the file claims that there are 63.
#[test]
fn claims_of_rows_are_not_believed() {
    let mut bytes = fs::read(data("text.parquet")).unwrap();
    // Numbers take a byte here: twice the number, so 2 for one row.
    let footer = bytes.len()
        - 8
        - u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap()) as usize;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    for at in footer..bytes.len() - 8 {
        if bytes[at] == 2 {
            bytes[at] = 126;
            fs::write(&path, &bytes).unwrap();
            Table::read(&path).unwrap_err();
            bytes[at] = 2;
        }
    }
}
