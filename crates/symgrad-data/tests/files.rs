//! Files: round trips, every way a file can be wrong, and bytes of no meaning at all.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ndarray::{Array1, Array2, Array3, Axis, concatenate};
use ndarray_npy::{NpzWriter, WriteNpyExt};
use proptest::prelude::*;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use symgrad_data::{DirectionField, FieldColumns, FieldOptions, Table, TangentMode, Triplets};
use tempfile::TempDir;

/// A folder of its own for a test, with one file.
fn file(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn table_error(name: &str, content: impl AsRef<[u8]>) -> String {
    let (_folder, path) = file(name, content);
    let error = Table::read(&path).unwrap_err().to_string();
    assert!(error.contains(name), "the file is not named: {error}");
    error
}

fn field_error(content: &str, columns: &FieldColumns) -> String {
    let (_folder, path) = file("field.csv", content);
    DirectionField::read(&path, columns, &FieldOptions::default()).unwrap_err().to_string()
}

fn named(points: &[&str], gradients: &[&str]) -> FieldColumns {
    let list = |names: &[&str]| {
        (!names.is_empty()).then(|| names.iter().map(ToString::to_string).collect())
    };
    FieldColumns { points: list(points), gradients: list(gradients) }
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn tables_and_triplets_come_back_bit_for_bit() {
    let part = |phase: f64| {
        let column =
            |k: i32| (1..=50).map(|row| (phase + f64::from(row * k)).sin() / 3.0).collect();
        Table::new(vec!["x".into(), "y".into()], vec![column(1), column(2)]).unwrap()
    };
    let triplets = Triplets::new(part(0.1), part(0.2), part(0.3)).unwrap();
    let extremes = vec![f64::MIN_POSITIVE, -0.0, 5e-324, f64::MAX, 0.1 + 0.2];
    let table = Table::new(vec!["a, \"b\"".into()], vec![extremes]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["file.csv", "file.npz", "FILE.CSV"] {
        let path = folder.path().join(name);
        triplets.write(&path).unwrap();
        assert_eq!(Triplets::read(&path).unwrap(), triplets);
        table.write(&path).unwrap();
        let read = Table::read(&path).unwrap();
        assert_eq!(read.names(), table.names());
        let bits =
            |table: &Table| -> Vec<u64> { table.column(0).iter().map(|x| x.to_bits()).collect() };
        assert_eq!(bits(&read), bits(&table));
    }
    // Nothing but the files themselves is left behind.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn fields_come_back() {
    let options = FieldOptions::default();
    let one = DirectionField::read(data("determinant-2x2.csv"), &FieldColumns::default(), &options);
    let one = one.unwrap();
    let gradients = [one.basis(0).to_vec(), one.points().columns().to_vec()];
    let two = DirectionField::from_neurons(one.points().clone(), &gradients, &options).unwrap();
    let weights = (0..two.len()).map(|row| row as f64).collect();
    let two = two.with_weights(weights).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for field in [one, two] {
        for name in ["field.csv", "field.npz"] {
            let path = folder.path().join(name);
            field.write(&path).unwrap();
            let read = DirectionField::read(&path, &FieldColumns::default(), &options).unwrap();
            assert_eq!(read.points(), field.points());
            assert_eq!(read.weights(), field.weights());
            assert_eq!(read.tangent(), field.tangent());
            assert_eq!(read.neurons(), field.neurons());
            for k in 0..field.neurons() {
                for (a, b) in read.basis(k).iter().flatten().zip(field.basis(k).iter().flatten()) {
                    assert!((a - b).abs() < 1e-12);
                }
            }
        }
    }
}

#[test]
fn broken_csv_is_explained() {
    let error = |content: &str| table_error("table.csv", content);
    assert!(error("").contains("the file is empty"));
    assert!(error("\n\n").contains("the file is empty"));
    assert!(error("a,b\n").contains("no row of numbers"));
    assert!(error("1.5,2\n3,4\n").contains("`1.5`, so the header is missing"));
    assert!(error("a,b\n1,2\n3\n").contains("line 3 has 1 fields where the header has 2"));
    assert!(error("a,b\n1,2,9\n").contains("line 2 has 3 fields"));
    assert!(error("a,b\n1,2\n3,x7\n").contains("line 3, column `b`: `x7` is not a number"));
    assert!(error("a,b\n1,\n").contains("column `b` holds no number in any row"));
    assert!(error("a,b\n1,\n1,2\n").contains("line 2, column `b`: an empty field, and no number"));
    assert!(error("a,b\n1,NaN\n1,2\n").contains("line 2, column `b`: `NaN`, and no number"));
    assert!(error("a,b\n1,2\n\n-inf,2\n").contains("line 4, column `a`: `-inf` is not finite"));
    assert!(error("a,b\n1,1e999\n").contains("`1e999` is not finite"));
    assert!(error("a,a\n1,2\n").contains("`a` appears twice"));
    assert!(error("a,,b\n1,2,3\n").contains("column 2 has no name"));
    assert!(table_error("table.csv", b"a,b\n1,\xff\n").contains("line 2 is not UTF-8"));
    assert!(table_error("table.xlsx", "a,b\n1,2\n").contains("`.csv` or `.npz`"));
    let long = error(&format!("a,b\n1,{}\n", "x".repeat(10_000)));
    assert!(long.len() < 300, "a long field is not shown whole");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    for name in ["nowhere/table.csv", "nowhere/table.cvs"] {
        let error = Table::read(name).unwrap_err().to_string();
        assert!(error.contains(&format!("{name}: no such file")), "{error}");
    }
    let table = Table::new(vec!["a".into()], vec![vec![1.0]]).unwrap();
    let error = table.write("nowhere/table.csv").unwrap_err().to_string();
    assert!(error.contains("nowhere/table.csv: cannot write"), "{error}");
}

#[test]
fn lenient_csv_is_read() {
    let (_folder, path) = file("table.csv", b"\xef\xbb\xbfa, b\r\n1 ,+2e0\r\n\r\n\"3\",-.5");
    let table = Table::read(path).unwrap();
    assert_eq!(table.names(), ["a", "b"]);
    assert_eq!(table.columns(), [[1.0, 3.0], [2.0, -0.5]]);
}

#[test]
fn field_columns_are_recognised() {
    let read = |content: &str, columns: &FieldColumns| {
        let (_folder, path) = file("field.csv", content);
        let options = FieldOptions { tangent: TangentMode::Off, ..FieldOptions::default() };
        DirectionField::read(path, columns, &options).unwrap()
    };
    let default = FieldColumns::default();
    let names = |field: &DirectionField| field.names().join(" ");
    let paired = read("g_x,x,g_v,v\n3,1,4,2\n", &default);
    assert_eq!(names(&paired), "x v");
    assert_eq!(paired.basis(0), [[0.6], [0.8]]);
    assert_eq!(names(&read("x,v,g1,g2\n1,2,3,4\n", &default)), "x v");
    // Inputs may themselves be called like gradients, if theirs are paired by name.
    assert_eq!(names(&read("g1,g2,g_g1,g_g2\n1,2,3,4\n", &default)), "g1 g2");
    let weighted = read("x,v,g1,g2,weight\n1,2,3,4,0.5\n", &default);
    assert_eq!((names(&weighted).as_str(), weighted.weights()), ("x v", &[0.5][..]));
    let two = read("x,y,z,g1_x,g1_y,g1_z,g2_x,g2_y,g2_z\n1,2,3,1,0,0,5,2,0\n", &default);
    assert_eq!(two.neurons(), 2);
    assert_eq!(two.basis(1), [[0.0], [1.0], [0.0]]);
    let chosen = named(&["v", "x"], &["dv", "dx"]);
    let chosen = read("id,x,v,dx,dv\n7,1,2,3,4\n", &chosen);
    assert_eq!((names(&chosen).as_str(), chosen.basis(0)), ("v x", &[vec![0.8], vec![0.6]][..]));
}

#[test]
fn broken_fields_are_explained() {
    let default = FieldColumns::default();
    let error = |content| field_error(content, &default);
    assert!(error("x\n1\n").contains("only one column, `x`"));
    assert!(error("x,v\n1,2\n").contains("expected a `g_x` (or `g1`)"));
    assert!(error("x,v,g_x\n1,2,3\n").contains("expected a `g_v` (or `g2`)"));
    assert!(error("x,v,g1\n1,2,3\n").contains("expected a `g_v` (or `g2`)"));
    assert!(error("g1,g2\n1,2\n").contains("no input columns"));
    let zeros = error("x,v,g1,g2\n1,2,0,0\n3,4,0,0\n");
    assert!(zeros.contains("none of the 2 points has a usable gradient"), "{zeros}");
    assert!(zeros.contains("field.csv"), "{zeros}");
    let weights = error("x,v,g1,g2,weight\n1,2,3,4,-1\n");
    assert!(weights.contains("row 1 has -1"), "{weights}");
    let missing = field_error("x,g\n1,2\n", &named(&["y"], &[]));
    assert!(missing.contains("no column `y`; there are: x, g"), "{missing}");
    let count = field_error("x,v,a,b,c\n1,2,3,4,5\n", &named(&["x", "v"], &["a", "b", "c"]));
    assert!(count.contains("3 gradient columns named for 2 inputs"), "{count}");
    let twice = field_error("x,v,a,b\n1,2,3,4\n", &named(&["x", "x"], &["a", "b"]));
    assert!(twice.contains("`x` appears twice"), "{twice}");
}

#[test]
fn broken_triplets_are_explained() {
    let error = |content: &str| {
        let (_folder, path) = file("triplets.csv", content);
        Triplets::read(path).unwrap_err().to_string()
    };
    assert!(error("x\n1\n").contains("only one column"));
    assert!(error("x,v\n1,2\n").contains("no columns `anchor_…`"));
    let part = error("anchor_x,positive_x\n1,2\n");
    assert!(part.contains("no columns `negative_…`"), "{part}");
    let names = error("anchor_x,positive_x,negative_v\n1,2,3\n");
    assert!(names.contains("the negatives have columns [v]"), "{names}");
}

/// An archive as NumPy would write it.
fn archive(write: impl Fn(&mut NpzWriter<std::io::Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut writer = NpzWriter::new(std::io::Cursor::new(Vec::new()));
    write(&mut writer);
    writer.finish().unwrap().into_inner()
}

#[test]
fn archives_of_matrices_are_read() {
    let points = Array2::from_shape_fn((3, 2), |(i, j)| (i + 2 * j) as f32 + 1.0);
    let bytes = archive(|npz| {
        npz.add_array("x", &points).unwrap();
        npz.add_array("g", &points.mapv(f64::from)).unwrap();
    });
    let (_folder, path) = file("field.npz", bytes);
    let options = FieldOptions { tangent: TangentMode::Off, ..FieldOptions::default() };
    let field = DirectionField::read(path, &FieldColumns::default(), &options).unwrap();
    assert_eq!(field.names(), ["x1", "x2"]);
    assert_eq!(field.points().columns(), [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]);

    let bytes = archive(|npz| {
        for part in ["anchor", "positive", "negative"] {
            // The other memory order.
            let columns = points.t().as_standard_layout().into_owned();
            npz.add_array(part, &columns.t()).unwrap();
        }
    });
    let (_folder, path) = file("triplets.npz", bytes);
    let triplets = Triplets::read(path).unwrap();
    assert_eq!(triplets.names(), ["x1", "x2"]);
    assert_eq!(triplets.anchor().row(2), [3.0, 5.0]);
}

proptest! {
    /// Parts of unequal length are told by what they are, whichever axis their rows have, however many.
    #[test]
    fn parts_of_unequal_length_are_named(
        inputs in 1..6_usize,
        anchors in 1..40_usize,
        others in [1..40_usize, 1..40],
        turned: bool,
        negatives: bool,
    ) {
        let all = [("anchor", anchors), ("positive", others[0]), ("negative", others[1])];
        let parts = &all[..if negatives { 3 } else { 2 }];
        let unequal = parts.iter().find(|(_, rows)| *rows != anchors);
        let bytes = archive(|npz| {
            for &(part, rows) in parts {
                let points = Array2::from_shape_fn((rows, inputs), |(n, k)| (n * 7 + k) as f64);
                let points = if turned { points.reversed_axes() } else { points };
                npz.add_array(part, &points.as_standard_layout()).unwrap();
            }
        });
        let (_folder, path) = file("triplets.npz", bytes);
        let read = symgrad_data::Sheet::read(&path, &symgrad_data::ReadOptions::default());
        match unequal {
            Some((part, rows)) => {
                let words = format!("there are {rows} {part}s for {anchors} anchors");
                let told = read.unwrap_err().to_string();
                prop_assert!(told.contains(&words), "{}: {}", words, told);
            }
            None => prop_assert!(read.is_ok()),
        }
    }
}

#[test]
fn broken_archives_are_explained() {
    let error = |bytes: Vec<u8>| table_error("table.npz", bytes);
    let column = Array1::from(vec![1.0, 2.0]);
    let good = archive(|npz| npz.add_array("a", &column).unwrap());
    assert!(error(vec![]).contains("the file is empty"));
    assert!(error(b"a,b\n1,2\n".to_vec()).contains("not a readable NPZ archive"));
    for length in 1..good.len() {
        error(good[..length].to_vec());
    }
    assert!(error(archive(|_| ())).contains("no columns"));
    let cube = archive(|npz| npz.add_array("a", &Array3::<f64>::zeros((2, 2, 2))).unwrap());
    assert!(error(cube).contains("column `a` holds an array of shape [2, 2, 2]"));
    let lengths = archive(|npz| {
        npz.add_array("a", &column).unwrap();
        npz.add_array("b", &concatenate![Axis(0), column, column]).unwrap();
    });
    assert!(error(lengths).contains("column `b` has 4 rows where 2"));
    let nan = archive(|npz| npz.add_array("a", &Array1::from(vec![0.0, f64::NAN])).unwrap());
    assert!(error(nan).contains("row 2, column `a`: `NaN`"));
}

/// The bytes of an array file: 40 numbers.
fn array_file() -> Vec<u8> {
    let mut bytes = Vec::new();
    Array1::from(vec![1.0; 40]).write_npy(&mut bytes).unwrap();
    bytes
}

/// An archive that vouches for its content, whatever that is.
fn vouched(content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("a.npy", options.compression_method(zip::CompressionMethod::Stored)).unwrap();
    zip.write_all(content).unwrap();
    zip.finish().unwrap().into_inner()
}

/// Headers that claim a huge array or a huge header, or nest without end.
#[test]
fn hostile_headers_are_refused() {
    let good = array_file();
    let (_folder, path) = file("table.npz", vouched(&good));
    assert_eq!(Table::read(path).unwrap().rows(), 40);
    let text = b"(40,)";
    let at = good.windows(text.len()).position(|window| window == text).unwrap();
    for claim in ["(41,)", "(9999999999,)", "(1e99,)", "(-1,)", "((((((((((((((((", "'x'", ""] {
        let mut bytes = good.clone();
        bytes.splice(at..at + text.len(), claim.bytes());
        let error = table_error("table.npz", vouched(&bytes));
        assert!(error.contains("array `a` cannot be read"), "{claim}: {error}");
    }
    let mut wide = good.clone();
    wide.truncate(wide.len() - 40 * 8);
    wide.splice(at..at + text.len(), "(0,9999999999)".bytes());
    // The header keeps its length: blanks at its end make room.
    let blank = wide.iter().rposition(|&byte| byte == b' ').unwrap();
    wide.drain(blank + 1 - ("(0,9999999999)".len() - text.len())..=blank);
    let error = table_error("table.npz", vouched(&wide));
    assert!(error.contains("an array of shape [0, 9999999999]"), "{error}");
    let mut long = good;
    long[6..12].copy_from_slice(&[2, 0, 255, 255, 255, 255]);
    let error = table_error("table.npz", vouched(&long));
    assert!(error.contains("header is too long"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        for name in ["file.csv", "file.npz", "file.parquet"] {
            let (_folder, path) = file(name, &bytes);
            let _ = Table::read(&path);
            let _ = Triplets::read(&path);
            let options = FieldOptions::default();
            let _ = DirectionField::read(&path, &FieldColumns::default(), &options);
        }
    }

    #[test]
    fn nearly_csv_never_panics(text in "[g_xv0-9.,eE\n\" -]{0,200}") {
        let (_folder, path) = file("file.csv", text);
        let _ = Triplets::read(&path);
        let _ = DirectionField::read(&path, &FieldColumns::default(), &FieldOptions::default());
    }

    #[test]
    fn spoiled_archives_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let spoil = |mut bytes: Vec<u8>| {
            for (index, value) in &changes {
                let index = index.index(bytes.len());
                bytes[index] = *value;
            }
            bytes
        };
        let inside = vouched(&spoil(array_file()));
        for bytes in [spoil(vouched(&array_file())), inside] {
            let (_folder, path) = file("file.npz", bytes);
            let _ = Table::read(&path);
        }
    }

    #[test]
    fn any_table_survives_a_round_trip(
        columns in (1..5_usize, 1..20_usize).prop_flat_map(|(dim, rows)| {
            let number = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
            prop::collection::vec(prop::collection::vec(number, rows), dim)
        }),
    ) {
        let names = (0..columns.len()).map(|i| format!("x{i}")).collect();
        let table = Table::new(names, columns).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["file.csv", "file.npz"] {
            let path = folder.path().join(name);
            table.write(&path).unwrap();
            prop_assert_eq!(&Table::read(&path).unwrap(), &table);
        }
    }
}

#[test]
fn a_field_on_a_curved_surface_comes_back() {
    // A spiral over the sphere: the gradients of x1 + x2, with anything along the normal.
    let at = |n: u32| {
        let (z, a) = (f64::from(2 * n + 1) / 500.0 - 1.0, 2.399_963 * f64::from(n));
        let r = (1.0 - z * z).sqrt();
        [r * a.cos(), r * a.sin(), z]
    };
    let columns: Vec<Vec<f64>> = (0..3).map(|i| (0..500).map(|n| at(n)[i]).collect()).collect();
    let junk = |n: usize| (n as f64 * 0.7).sin();
    let gradient = |i: usize| {
        let along = if i < 2 { 1.0 } else { 0.0 };
        (0..500).map(|n| along + junk(n) * columns[i][n]).collect()
    };
    let gradients: Vec<Vec<f64>> = (0..3).map(gradient).collect();
    let names = ["x1", "x2", "x3"].map(String::from).to_vec();
    let points = Table::new(names, columns.clone()).unwrap();
    let options = FieldOptions::default();
    let field = DirectionField::from_gradients(points, &gradients, &options).unwrap();
    assert!(field.tangent().unwrap().is_curved());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("field.csv");
    field.write(&path).unwrap();
    let read = DirectionField::read(&path, &FieldColumns::default(), &options).unwrap();
    assert_eq!(read.tangent(), field.tangent());
    for (a, b) in read.basis(0).iter().flatten().zip(field.basis(0).iter().flatten()) {
        assert!((a - b).abs() < 1e-12);
    }
}
