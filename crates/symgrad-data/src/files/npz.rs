//! NumPy archives: one array per column, or matrices.

use super::npy::{Array, format as format_array, parse as parse_array};
use super::sheet::{Column, Matrices};
use crate::{DataError, FileProblem, Table};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use std::io::{Cursor, Read, Write};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// Numbers that an archive may hold for each of its bytes, and in addition: what was not made to
/// fill the memory has less, however well some of its columns can be packed.
const NUMBERS: (usize, usize) = (4, 1 << 20);

/// Bytes of the largest number, and of an array's header.
const WIDEST: usize = 8;
const HEADER: usize = 1 << 11;

/// The columns of an archive, and the matrices that were turned.
pub(super) fn parse(
    bytes: &[u8],
    matrices: Matrices,
) -> Result<(Vec<Column>, Vec<String>), FileProblem> {
    if bytes.is_empty() {
        return Err(FileProblem::Empty);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut left = NUMBERS.0.saturating_mul(bytes.len()).saturating_add(NUMBERS.1);
    let mut arrays: Vec<(String, Array)> = Vec::new();
    for index in 0..archive.len() {
        let (name, content) = entry(&mut archive, index, left)?;
        let unreadable = |reason| FileProblem::Array { array: name.clone(), reason };
        let array = parse_array(&content).map_err(unreadable)?;
        let held = array.len().max(content.len() / WIDEST);
        left = left.checked_sub(held).ok_or_else(too_large)?;
        arrays.push((name, array));
    }
    check_parts(&arrays)?;
    let rows = Rows::of(&arrays, matrices);
    let (mut columns, mut turned) = (Vec::new(), Vec::new());
    for (name, array) in arrays {
        let turn = rows.turn(&array);
        if turn {
            turned.push(name.clone());
        }
        push_columns(name, array, turn, &mut columns);
    }
    Ok((columns, turned))
}

/// An archive with one array per column.
pub(super) fn format(table: &Table) -> std::io::Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, column) in table.names().iter().zip(table.columns()) {
        writer.start_file(format!("{name}.npy"), options).map_err(std::io::Error::other)?;
        writer.write_all(&format_array(column))?;
    }
    Ok(writer.finish().map_err(std::io::Error::other)?.into_inner())
}

/// The name and content of an entry, which may hold that many numbers.
fn entry(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    numbers: usize,
) -> Result<(String, Vec<u8>), FileProblem> {
    let most = WIDEST.saturating_mul(numbers).saturating_add(HEADER);
    let mut packed = archive.by_index_raw(index).map_err(broken)?;
    let name = packed.name().strip_suffix(".npy").unwrap_or(packed.name()).to_string();
    let (method, sum, size) = (packed.compression(), packed.crc32(), packed.size());
    let mut content = Vec::new();
    packed.by_ref().take(most as u64 + 1).read_to_end(&mut content).map_err(broken)?;
    // It is unpacked here, where it is known how long it can be: the archive's reader need not know.
    if method == CompressionMethod::DEFLATE {
        let size = usize::try_from(size).ok().filter(|size| *size <= most).ok_or_else(too_large)?;
        let unpacked = unpacked(&content, size);
        content =
            unpacked.ok_or_else(|| broken(format!("`{name}` is not packed as it should be")))?;
    } else if method != CompressionMethod::Stored {
        return Err(broken(format!("`{name}` is packed by {method}, which is not known")));
    }
    if content.len() > most {
        return Err(too_large());
    }
    if crc32fast::hash(&content) != sum {
        return Err(broken(format!("`{name}` is damaged")));
    }
    Ok((name, content))
}

/// What was packed by deflate, if it is of that size.
fn unpacked(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut content = vec![0; size];
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = Box::<DecompressorOxide>::default();
    let (status, _, written) = decompress(&mut state, packed, &mut content, 0, flags);
    (status == TINFLStatus::Done && written == size).then_some(content)
}

#[expect(clippy::needless_pass_by_value, reason = "errors come by value")]
fn broken(reason: impl ToString) -> FileProblem {
    FileProblem::Archive { reason: reason.to_string() }
}

fn too_large() -> FileProblem {
    broken("it holds far more numbers than its length warrants")
}

/// Whether anchors, positives and negatives that are matrices are as many: of the same inputs, along one
/// axis, they can differ along the other alone, which is that of the rows.
fn check_parts(arrays: &[(String, Array)]) -> Result<(), FileProblem> {
    let part = |&part: &&'static str| {
        let (_, array) = arrays.iter().find(|(name, _)| name == part)?;
        let shape = <[usize; 2]>::try_from(array.shape.as_slice()).ok()?;
        array.kind.is_none().then_some((part, shape))
    };
    let mut parts = super::PARTS.iter().filter_map(part);
    let Some((super::ANCHOR, anchors)) = parts.next() else { return Ok(()) };
    let others: Vec<(&'static str, [usize; 2])> = parts.collect();
    let alike = |axis: usize| others.iter().all(|(_, shape)| shape[axis] == anchors[axis]);
    let rows = match [alike(0), alike(1)] {
        [false, true] => 0,
        [true, false] => 1,
        _ => return Ok(()),
    };
    let unequal = others.into_iter().find(|(_, shape)| shape[rows] != anchors[rows]);
    unequal.map_or(Ok(()), |(part, shape)| {
        let (found, expected) = (shape[rows], anchors[rows]);
        Err(FileProblem::Content(Box::new(DataError::PartRows { part, found, expected })))
    })
}

/// What is known about the number of rows.
struct Rows {
    matrices: Matrices,
    /// Lengths of vectors or, where there are none, lengths that all matrices have.
    known: Vec<usize>,
}

impl Rows {
    fn of(arrays: &[(String, Array)], matrices: Matrices) -> Self {
        let shapes = || arrays.iter().filter(|(_, array)| array.kind.is_none());
        let shapes = || shapes().map(|(_, array)| array.shape.as_slice());
        let mut known: Vec<usize> =
            shapes().filter_map(|shape| if let [n] = shape { Some(*n) } else { None }).collect();
        if known.is_empty() {
            let mut both = shapes().filter(|shape| shape.len() == 2);
            known = both.next().unwrap_or_default().to_vec();
            for shape in both {
                known.retain(|n| shape.contains(n));
            }
        }
        Self { matrices, known }
    }

    /// Whether an array has its rows along the second axis.
    fn turn(&self, array: &Array) -> bool {
        let [rows, columns] = array.shape[..] else { return false };
        match (self.known.contains(&rows), self.known.contains(&columns)) {
            (true, false) => false,
            (false, true) => true,
            _ => match self.matrices {
                Matrices::Rows => false,
                Matrices::Long => rows < columns,
                Matrices::Wide(inputs) => rows == inputs && columns != inputs,
            },
        }
    }
}

/// Adds a vector as one column and a matrix of N rows and d columns as d columns.
fn push_columns(name: String, array: Array, turned: bool, columns: &mut Vec<Column>) {
    let Array { shape, values, .. } = &array;
    let by_axis = |rows: usize, width: usize, row_step: usize, step: usize| {
        let stem = if super::PARTS.contains(&&*name) { format!("{name}_x") } else { name.clone() };
        (0..width).map(move |index| {
            let values = (0..rows).map(|row| values[row * row_step + index * step]).collect();
            Column::of_numbers(format!("{stem}{}", index + 1), values)
        })
    };
    if let Some(kind) = array.kind {
        return columns.push(Column::of_kind(name, kind));
    }
    match shape[..] {
        [_] => columns.push(Column::of_numbers(name, array.values)),
        // Without rows, a few bytes could claim any number of columns.
        [first, second] if first > 0 && second > 0 => {
            let (step, other) = if array.by_columns { (1, first) } else { (second, 1) };
            columns.extend(if turned {
                by_axis(second, first, other, step).collect::<Vec<_>>()
            } else {
                by_axis(first, second, step, other).collect::<Vec<_>>()
            });
        }
        _ => {
            let kind =
                format!("an array of shape {shape:?}, where (rows) or (rows, columns) is expected");
            columns.push(Column::of_kind(name, kind));
        }
    }
}
