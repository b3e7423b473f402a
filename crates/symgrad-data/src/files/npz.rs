//! NumPy archives: one array per column, or matrices.

use super::Columns;
use crate::{FileProblem, Table};
use ndarray::{ArrayD, ArrayView1, ArrayViewD, Axis, Ix2};
use ndarray_npy::{NpzWriter, ReadNpyExt, ReadableElement, ViewElement, ViewNpyError, ViewNpyExt};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Longest array header that is looked at; for plain arrays they take about a hundred bytes.
const LONGEST_HEADER: usize = 1024;

/// Deepest nesting that is looked at in a header; a dictionary with a tuple has 2.
const DEEPEST_HEADER: usize = 8;

/// Names and columns of an archive.
pub(super) fn parse(bytes: &[u8]) -> Result<Columns, FileProblem> {
    if bytes.is_empty() {
        return Err(FileProblem::Empty);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut left = bytes.len() as u64;
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(broken)?;
        let name = entry.name().strip_suffix(".npy").unwrap_or(entry.name()).to_string();
        let mut content = Vec::new();
        entry.take(left + 1).read_to_end(&mut content).map_err(broken)?;
        // Nothing is compressed, so all entries together are shorter than the archive, unless
        // it was made to fill the memory.
        left = left
            .checked_sub(content.len() as u64)
            .ok_or_else(|| broken("its entries are longer than itself"))?;
        push_columns(&name, &array(&name, &content)?, &mut names, &mut columns)?;
    }
    Ok((names, columns))
}

/// An archive with one array per column.
pub(super) fn format(table: &Table) -> std::io::Result<Vec<u8>> {
    let mut writer = NpzWriter::new(Cursor::new(Vec::new()));
    for (name, column) in table.names().iter().zip(table.columns()) {
        let array = ArrayView1::from(column.as_slice());
        writer.add_array(name.as_str(), &array).map_err(std::io::Error::other)?;
    }
    Ok(writer.finish().map_err(std::io::Error::other)?.into_inner())
}

#[expect(clippy::needless_pass_by_value, reason = "errors come by value")]
fn broken(reason: impl ToString) -> FileProblem {
    let reason = reason.to_string();
    FileProblem::Archive { reason }
}

/// Adds a vector as one column and a matrix of shape (N, d) as d columns.
fn push_columns(
    name: &str,
    array: &ArrayD<f64>,
    names: &mut Vec<String>,
    columns: &mut Vec<Vec<f64>>,
) -> Result<(), FileProblem> {
    if array.ndim() == 1 {
        names.push(name.into());
        columns.push(array.iter().copied().collect());
        return Ok(());
    }
    let wrong_shape = |expected: &str| FileProblem::Shape {
        array: name.into(),
        found: format!("{:?}", array.shape()),
        expected: expected.into(),
    };
    let matrix = array.view().into_dimensionality::<Ix2>();
    let matrix = matrix.map_err(|_| wrong_shape("(rows) or (rows, columns)"))?;
    // Without rows, a few bytes could claim any number of columns.
    if matrix.nrows() == 0 {
        return Err(wrong_shape("at least one row"));
    }
    let stem = if super::PARTS.contains(&name) { format!("{name}_x") } else { name.into() };
    for (index, column) in matrix.axis_iter(Axis(1)).enumerate() {
        names.push(format!("{stem}{}", index + 1));
        columns.push(column.to_vec());
    }
    Ok(())
}

/// The array in the bytes of a `.npy` file, of doubles or singles.
fn array(name: &str, bytes: &[u8]) -> Result<ArrayD<f64>, FileProblem> {
    let unreadable = |reason: String| FileProblem::Array { array: name.into(), reason };
    check_header(bytes).map_err(|reason| unreadable(reason.into()))?;
    match typed::<f64>(bytes) {
        Ok(array) => return Ok(array),
        Err(ViewNpyError::WrongDescriptor(_)) => {}
        Err(error) => return Err(unreadable(error.to_string())),
    }
    match typed::<f32>(bytes) {
        Ok(array) => Ok(array.mapv(f64::from)),
        Err(ViewNpyError::WrongDescriptor(found)) => {
            Err(FileProblem::ElementType { array: name.into(), found: found.to_string() })
        }
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// Reads without trusting the header: a view compares the claimed shape with the bytes there
/// are before anything is allocated.
fn typed<T: ReadableElement + ViewElement + Clone>(
    bytes: &[u8],
) -> Result<ArrayD<T>, ViewNpyError> {
    match ArrayViewD::<T>::view_npy(bytes) {
        Err(ViewNpyError::MisalignedData) => {
            ArrayD::read_npy(bytes).map_err(|_| ViewNpyError::MisalignedData)
        }
        view => view.map(|array| array.to_owned()),
    }
}

/// Refuses headers that the parser, which allocates and recurses as they say, should not see.
fn check_header(bytes: &[u8]) -> Result<(), &'static str> {
    let length = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => {
            usize::from(u16::from_le_bytes([*a, *b]))
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX)
        }
        _ => return Err("it does not start like an NPY file"),
    };
    if length > LONGEST_HEADER {
        return Err("its header is too long for a plain array");
    }
    let header = &bytes[..bytes.len().min(length + 12)];
    if header.iter().filter(|byte| b"([{".contains(byte)).count() > DEEPEST_HEADER {
        return Err("its header is too deep for a plain array");
    }
    Ok(())
}
