//! Tables as people have them: which columns are what, how texts and arrays are written.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use symgrad_data::{
    DataError, FieldBuilder, FieldColumns, FieldOptions, Matrices, ReadOptions, Reading, Reduction,
    Sheet, Table, TangentMode, dependences,
};
use tempfile::TempDir;

fn file(name: &str, content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn sheet(content: impl AsRef<[u8]>) -> Sheet {
    let (_folder, path) = file("table.csv", content);
    Sheet::read(&path, &ReadOptions::default()).unwrap()
}

fn field(content: &str) -> Result<Reading, DataError> {
    sheet(content).field(&FieldColumns::default())
}

fn names(reading: &Reading) -> String {
    reading.points.names().join(" ")
}

#[test]
fn surplus_and_missing_gradients_are_errors() {
    let error = |content: &str| field(content).unwrap_err().to_string();
    let weight = error("mass,weight,g1,g2\n1,2,3,4\n2,1,2,2\n");
    for words in ["`g2` is a gradient of no input", "inputs mass; gradients g1; weights weight"] {
        assert!(weight.contains(words), "{weight}");
    }
    assert!(error("x,v,g_x,g_v,g1\n1,2,3,4,5\n").contains("`g1` is a gradient of no input"));
    assert!(error("x,v,g_x,g_v,g_w\n1,2,3,4,5\n").contains("`g_g_w` (or `g3`)"));
    assert!(error("x,v,g1\n1,2,3\n").contains("`g_v` (or `g2`)"));
    let named = sheet("mass,weight,g1,g2\n1,2,3,4\n2,1,2,2\n");
    let list = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
    let columns = FieldColumns { points: list(&["mass", "weight"]), gradients: None };
    let reading = named.field(&columns).unwrap();
    assert_eq!((names(&reading).as_str(), &reading.weights), ("mass weight", &None));
    let columns = FieldColumns { points: None, gradients: list(&["g1", "g2"]) };
    let error = named.field(&columns).unwrap_err().to_string();
    assert!(error.contains("2 gradient columns named for 1 inputs (mass)"), "{error}");
    let columns = FieldColumns { points: list(&["mass", "g1"]), gradients: list(&["g1", "g2"]) };
    let error = named.field(&columns).unwrap_err().to_string();
    assert!(error.contains("`g1` is named as an input, but holds a gradient"), "{error}");
}

#[test]
fn values_are_no_inputs_nor_are_gradients_and_weights() {
    let read = |content: &str| names(&sheet(content).values("y", None).unwrap());
    assert_eq!(read("x,v,g_x,g_v,y\n1,2,3,4,5\n"), "x v");
    assert_eq!(read("x,v,g1,g2,weight,y\n1,2,3,4,1,5\n"), "x v");
    assert_eq!(read("g1,g2,y\n1,2,5\n"), "g1 g2");
    assert_eq!(read("a,g1,g2,y\n1,2,5,6\n"), "a g1 g2");
    let points = ["x".to_string(), "y".to_string()];
    let error = sheet("x,y\n1,2\n").values("y", Some(&points)).unwrap_err().to_string();
    assert!(error.contains("`y` is named as an input, but holds the values"), "{error}");
    let error = sheet("x,y,weight\n1,2,1\n3,4,-2\n").values("y", None).unwrap_err().to_string();
    assert!(error.contains("row 2 has -2") && error.contains("table.csv"), "{error}");
}

#[test]
fn columns_that_are_no_data_are_left_out_and_named() {
    let reading = field(",sample,a,b,g1,g2\n0,s0,1,2,3,4\n1,s1,2,3,4,5\n").unwrap();
    assert_eq!(names(&reading), "a b");
    let notes = reading.notes.to_string();
    assert_eq!(notes, "columns not used: column 1 (no name), sample (no numbers)\n");
    let reading = field("id,a,b,g1,g2\n7,1,2,3,4\n9,2,3,4,5\n").unwrap();
    assert_eq!(reading.notes.unused, [("id".to_string(), "numbers the rows")]);
    // A text among numbers is a mistake, as is a column of text that has a gradient.
    let error = |content: &str| field(content).unwrap_err().to_string();
    assert!(error("a,b,g1,g2\n1,2,3,4\n1,two,3,4\n").contains("line 3, column `b`: `two`"));
    assert!(error("a,b,g_a,g_b\nx,2,3,4\ny,2,3,4\n").contains("line 2, column `a`: `x`"));
}

#[test]
fn names_of_people_are_shortened_and_found() {
    let text = "mass (kg);\"v, in m/s\";weight;E (J)\n1,5;2;1;4\n2,5;1;1;3,5\n";
    let reading = sheet(text).values("E (J)", None).unwrap();
    assert_eq!((names(&reading).as_str(), reading.values), ("mass v_in_m_s", Some(vec![4.0, 3.5])));
    assert_eq!(reading.points.column(0), [1.5, 2.5]);
    assert_eq!(reading.notes.to_string(), "names: mass is `mass (kg)`, v_in_m_s is `v, in m/s`\n");
    for points in [["mass (kg)", "v, in m/s"], ["mass", "v_in_m_s"], ["1", "2"]] {
        let points = points.map(String::from);
        let chosen = sheet(text).values("4", Some(&points)).unwrap();
        assert_eq!(chosen.points, reading.points);
    }
}

#[test]
fn missing_numbers_are_skipped_or_the_option_is_named() {
    let text = "a,note,b,y\n1,,2,3\nNA,x,2,3\n2,x,,1\n3,,4,nan\n4,x,1,2\n";
    let error = sheet(text).values("y", None).unwrap_err().to_string();
    assert!(error.contains("line 3, column `a`") && error.contains("--skip-missing"), "{error}");
    let (_folder, path) = file("table.csv", text);
    let options = ReadOptions { skip_missing: true, ..ReadOptions::default() };
    let reading = Sheet::read(&path, &options).unwrap().values("y", None).unwrap();
    assert_eq!(reading.points.columns(), [[1.0, 4.0], [2.0, 1.0]]);
    assert_eq!(reading.notes.skipped, 3);
    assert!(reading.notes.to_string().contains("3 rows skipped"));
}

#[test]
fn commas_that_may_mean_two_things_are_refused() {
    let read = |content: &str| sheet(content).points(2, None);
    assert_eq!(read("a;b\n1,234;2\n0,5;3\n").unwrap().points.column(0), [1.234, 0.5]);
    for unclear in ["a;b\n1,234;2\n12,500;3\n", "a;b\n1,5;2.5\n0,5;3\n", "a,b\n\"1,234\",2\n"] {
        let error = read(unclear).unwrap_err().to_string();
        assert!(error.contains("can be read in two ways"), "{error}");
    }
}

/// How a table is written.
#[derive(Clone, Debug)]
struct Dialect {
    separator: char,
    comma: bool,
    windows: bool,
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let separator = prop::sample::select(vec![',', ';', '\t']);
    (separator, any::<bool>(), any::<bool>()).prop_map(|(separator, comma, windows)| Dialect {
        separator,
        comma: comma && separator != ',',
        windows,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// However a table is written, and whatever stands between its columns in whatever order, the
    /// same inputs, gradients and weights are read.
    #[test]
    fn a_field_is_read_from_every_dialect_and_order(
        dialect in dialects(),
        rows in prop::collection::vec(prop::array::uniform5(-999..999_i32), 3..20),
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        units in any::<bool>(),
    ) {
        let number = |n: i32| {
            let text = format!("{:?}", f64::from(n) / 8.0 + 0.5);
            if dialect.comma { text.replace('.', ",") } else { text }
        };
        let headers = if units {
            ["x (m)", "v (m/s)", "g_x (1)", "g_v", "weight", "", "name", "id"]
        } else {
            ["x", "v", "g_x", "g_v", "weight", "", "name", "id"]
        };
        let cell = |row: usize, column: usize| match column {
            0..4 => number(rows[row][column]),
            4 => number(rows[row][4].abs()),
            5 | 7 => row.to_string(),
            _ => format!("n{row}"),
        };
        let line = |cells: Vec<String>| cells.join(&dialect.separator.to_string());
        let mut lines = vec![line(order.iter().map(|&i| headers[i].to_owned()).collect())];
        lines.extend((0..rows.len()).map(|row| line(order.iter().map(|&i| cell(row, i)).collect())));
        let text = lines.join(if dialect.windows { "\r\n" } else { "\n" });
        let reading = field(&text).unwrap();
        let place = |name: &str| reading.points.names().iter().position(|known| known == name).unwrap();
        let value = |n: i32| f64::from(n) / 8.0 + 0.5;
        for (row, given) in rows.iter().enumerate() {
            for (name, column) in [("x", 0), ("v", 1)] {
                prop_assert_eq!(reading.points.column(place(name))[row], value(given[column]));
                prop_assert_eq!(reading.gradients[0][place(name)][row], value(given[column + 2]));
            }
            prop_assert_eq!(reading.weights.as_ref().unwrap()[row], value(given[4].abs()));
        }
        prop_assert_eq!(reading.points.dim(), 2);
        prop_assert_eq!(reading.notes.unused.len(), 3);
    }

    #[test]
    fn anything_is_a_table_or_an_error(text in "[gxa_wid0-9.,;eE\t\n\" -]{0,200}", skip in any::<bool>()) {
        let (_folder, path) = file("table.csv", text);
        let options = ReadOptions { skip_missing: skip, matrices: Matrices::Long, ..ReadOptions::default() };
        if let Ok(sheet) = Sheet::read(&path, &options) {
            let _ = sheet.field(&FieldColumns::default());
            let _ = sheet.values("a", None);
            let _ = sheet.points(2, None);
        }
    }

    /// A constant column and multiples of others are left out, and the gradients of a function of all
    /// columns become those of what it is of the rest.
    #[test]
    fn superfluous_columns_are_found(
        rows in prop::collection::vec((-9.0..9.0_f64, -9.0..9.0_f64), 5..30),
        constant in -1e6..1e6_f64,
        factor in prop::sample::select(vec![-1.0, 1.0, 2.0, 1e-9, 1e12, 0.3]),
    ) {
        let x: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let y: Vec<f64> = rows.iter().map(|row| row.1).collect();
        prop_assume!(x.iter().any(|a| (a - x[0]).abs() > 0.1) && y.iter().any(|a| (a - y[0]).abs() > 0.1));
        let multiple: Vec<f64> = x.iter().map(|x| x * factor).collect();
        let columns = vec![vec![constant; x.len()], x, y, multiple];
        let points = Table::new(["k", "x", "y", "m"].map(String::from).to_vec(), columns).unwrap();
        let reduction = Reduction::of(&points);
        prop_assert!(reduction.dropped().len() >= 2, "{:?}", reduction);
        let left = reduction.points(&points);
        prop_assert!(left.names().contains(&"x".to_string()) && !left.names().contains(&"k".to_string()));
        let ones: Vec<Vec<f64>> = vec![vec![1.0; points.rows()]; 4];
        let along = reduction.gradients(&ones);
        if left.dim() == 2 {
            prop_assert!((along[0][0] - (1.0 + factor)).abs() <= 1e-5 * (1.0 + factor.abs()));
        }
    }
}

#[test]
fn sums_of_others_are_named() {
    let at = |n: u32, step: f64| 3.0 * (f64::from(n) * step).fract();
    let a: Vec<f64> = (1..60).map(|n| at(n, 0.618)).collect();
    let b: Vec<f64> = (1..60).map(|n| at(n, 0.414)).collect();
    let c = a.iter().zip(&b).map(|(a, b)| a - 2.0 * b + 273.15).collect();
    let points = Table::new(["a", "b", "c"].map(String::from).to_vec(), vec![a, b, c]).unwrap();
    let told: Vec<String> = dependences(&points).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["c = a - 2*b + 273.15"]);
}

/// An array as NumPy writes it.
fn npy(descr: &str, by_columns: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if by_columns { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

fn npz(entries: &[(&str, Vec<u8>)]) -> (TempDir, PathBuf) {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in entries {
        zip.start_file(
            format!("{name}.npy"),
            options.compression_method(zip::CompressionMethod::Stored),
        )
        .unwrap();
        zip.write_all(content).unwrap();
    }
    file("table.npz", zip.finish().unwrap().into_inner())
}

#[test]
fn arrays_of_every_kind_are_read() {
    let numbers = [1_u8, 0, 3, 100];
    let bytes =
        |write: &dyn Fn(u8) -> Vec<u8>| numbers.iter().flat_map(|&n| write(n)).collect::<Vec<u8>>();
    macro_rules! both {
        ($kind:ty, $name:literal) => {
            [
                (concat!("<", $name), bytes(&|n| <$kind>::from(n).to_le_bytes().to_vec())),
                (concat!(">", $name), bytes(&|n| <$kind>::from(n).to_be_bytes().to_vec())),
            ]
        };
    }
    let mut kinds: Vec<(&str, Vec<u8>)> = Vec::new();
    kinds.extend(both!(f64, "f8"));
    kinds.extend(both!(f32, "f4"));
    kinds.extend(both!(i64, "i8"));
    kinds.extend(both!(u64, "u8"));
    kinds.extend(both!(i32, "i4"));
    kinds.extend(both!(u32, "u4"));
    kinds.extend(both!(i16, "i2"));
    kinds.extend(both!(u16, "u2"));
    // Halves of 1, 0, 3 and 100.
    let halves = [0x3c00_u16, 0, 0x4200, 0x5640];
    kinds.push(("<f2", halves.iter().flat_map(|h| h.to_le_bytes()).collect()));
    kinds.push((">f2", halves.iter().flat_map(|h| h.to_be_bytes()).collect()));
    kinds.push(("|u1", numbers.to_vec()));
    kinds.push(("|i1", numbers.to_vec()));
    for (descr, data) in kinds {
        let (_folder, path) = npz(&[("a", npy(descr, false, "(4,)", &data))]);
        assert_eq!(Table::read(&path).unwrap().column(0), [1.0, 0.0, 3.0, 100.0], "{descr}");
    }
    let text = npy("<U1", false, "(4,)", &[0; 16]);
    let (_folder, path) = npz(&[
        ("a", npy("|u1", false, "(4,)", &numbers)),
        ("b", text),
        ("n", npy("<i8", false, "()", &[0; 8])),
    ]);
    assert!(
        Table::read(&path)
            .unwrap_err()
            .to_string()
            .contains("column `b` holds elements of type '<U1'")
    );
    let sheet = Sheet::read(&path, &ReadOptions::default()).unwrap();
    let reading = sheet.points(1, None).unwrap();
    assert_eq!((names(&reading).as_str(), reading.notes.unused.len()), ("a", 2));
}

#[test]
fn the_shape_tells_which_axis_counts_the_rows() {
    let doubles =
        |count: usize| (0..count).flat_map(|n| (n as f64).to_le_bytes()).collect::<Vec<u8>>();
    let read = |entries: &[(&str, Vec<u8>)], matrices| {
        let (_folder, path) = npz(entries);
        Sheet::read(&path, &ReadOptions { matrices, ..ReadOptions::default() }).unwrap()
    };
    let wide = || npy("<f8", false, "(2, 5)", &doubles(10));
    let long = || npy("<f8", false, "(5, 2)", &doubles(10));
    let dim = |sheet: &Sheet| sheet.names().len();
    assert_eq!(dim(&read(&[("x", wide())], Matrices::Rows)), 5);
    let turned = read(&[("x", wide())], Matrices::Long);
    assert_eq!((dim(&turned), turned.turned()), (2, &["x".to_string()][..]));
    assert_eq!(turned.points(2, None).unwrap().points.column(1), [5.0, 6.0, 7.0, 8.0, 9.0]);
    assert_eq!(dim(&read(&[("x", wide())], Matrices::Wide(2))), 2);
    assert_eq!(dim(&read(&[("x", wide())], Matrices::Wide(5))), 5);
    assert_eq!(dim(&read(&[("x", long())], Matrices::Long)), 2);
    // Another array tells, whatever is asked for.
    let weight = || npy("<f8", false, "(5,)", &doubles(5));
    assert_eq!(dim(&read(&[("x", wide()), ("weight", weight())], Matrices::Rows)), 3);
    assert_eq!(dim(&read(&[("x", wide()), ("g", long())], Matrices::Long)), 4);
    // Fortran's order is another thing.
    let sheet = read(&[("x", npy("<f8", true, "(5, 2)", &doubles(10)))], Matrices::Rows);
    assert_eq!(sheet.points(2, None).unwrap().points.column(1), [5.0, 6.0, 7.0, 8.0, 9.0]);
}

/// Made by `numpy.savez_compressed(a=numpy.arange(40.0))`, and the same of 32 MiB of zeros.
#[test]
fn compressed_arrays_are_read_and_bombs_refused() {
    let data = |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let table = Table::read(data("compressed.npz")).unwrap();
    assert_eq!((table.names()[0].as_str(), table.column(0)[39]), ("a", 39.0));
    let error = Table::read(data("bomb.npz")).unwrap_err().to_string();
    assert!(error.contains("far more numbers than its length warrants"), "{error}");
}

#[test]
fn weights_count_in_estimates() {
    let at = |n: u32, step: f64| 1.0 + 2.0 * (f64::from(n) * step).fract();
    let x: Vec<f64> = (1..400).map(|n| at(n, 0.754_877_666)).collect();
    let y: Vec<f64> = (1..400).map(|n| at(n, 0.569_840_296)).collect();
    // Every third value is wrong, and weighs next to nothing.
    let wrong = |n: usize| n.is_multiple_of(3);
    let values: Vec<f64> =
        (0..399).map(|n| x[n] * y[n] + if wrong(n) { 50.0 } else { 0.0 }).collect();
    let weights: Vec<f64> = (0..399).map(|n| if wrong(n) { 1e-9 } else { 1.0 }).collect();
    let points = Table::new(vec!["x".into(), "y".into()], vec![x.clone(), y.clone()]).unwrap();
    let options = FieldOptions { tangent: TangentMode::Off, ..FieldOptions::default() };
    let build = |weights| {
        let builder = FieldBuilder::new(points.clone()).weights(weights).options(&options);
        builder.values(&values).unwrap().0
    };
    let (with, without) = (build(Some(weights)), build(None));
    let cosine = |field: &symgrad_data::DirectionField| {
        let total: f64 = field.weights().iter().sum();
        let cosine = |n: usize| {
            let (x, y) = (field.points().column(0)[n], field.points().column(1)[n]);
            (field.basis(0)[0][n] * y + field.basis(0)[1][n] * x) / x.hypot(y)
        };
        (0..field.len()).map(|n| field.weights()[n] * cosine(n)).sum::<f64>() / total
    };
    assert!(cosine(&with) > 0.9999, "{}", cosine(&with));
    assert!(cosine(&without) < 0.99, "{}", cosine(&without));
}
