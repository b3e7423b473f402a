//! Columns of numbers, copied once on their way in.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice};
use symgrad::data::Table;

use super::errors::raised;

/// Numbers that are handed over at a time: few enough to stay in the cache, so that besides the column
/// itself no other copy of it takes memory.
const CHUNK: usize = 1 << 15;

/// The numbers of a NumPy array of one dimension, of whatever type and stride.
pub(super) fn column(array: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    let py = array.py();
    let length = array.len()?;
    let mut numbers = Vec::with_capacity(length);
    for start in (0..length).step_by(CHUNK) {
        let end = length.min(start + CHUNK);
        // An index beyond isize is beyond memory.
        let slice = PySlice::new(py, start.cast_signed(), end.cast_signed(), 1);
        let doubles = array.get_item(slice)?.call_method1("astype", ("=f8",))?;
        let bytes = doubles.call_method0("tobytes")?;
        let (doubles, rest) = bytes.cast::<PyBytes>()?.as_bytes().as_chunks();
        if doubles.len() != end - start || !rest.is_empty() {
            return Err(PyTypeError::new_err("a column must be an array of one dimension"));
        }
        numbers.extend(doubles.iter().map(|&bytes| f64::from_ne_bytes(bytes)));
    }
    Ok(numbers)
}

pub(super) fn columns(arrays: &[Bound<'_, PyAny>]) -> PyResult<Vec<Vec<f64>>> {
    arrays.iter().map(column).collect()
}

/// Columns under their names.
pub(super) fn table(names: Vec<String>, arrays: &[Bound<'_, PyAny>]) -> PyResult<Table> {
    Table::new(names, columns(arrays)?).map_err(raised)
}

/// The numbers as NumPy reads them from a buffer.
pub(super) fn bytes<'py>(py: Python<'py>, numbers: &[f64]) -> Bound<'py, PyBytes> {
    PyBytes::new(
        py,
        numbers.iter().flat_map(|number| number.to_ne_bytes()).collect::<Vec<u8>>().as_slice(),
    )
}
