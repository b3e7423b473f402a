//! NumPy's format of a single array: a header in Python's notation, then the numbers.

use half::f16;

/// Longest header that is looked at; for plain arrays they take about a hundred bytes.
const LONGEST_HEADER: usize = 1024;

/// An array of numbers, or of something else.
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    /// Whether the first axis runs fastest.
    pub(super) by_columns: bool,
    /// In the order of the file.
    pub(super) values: Vec<f64>,
    /// What it holds, if not numbers; there are no values then.
    pub(super) kind: Option<String>,
}

impl Array {
    /// Numbers it holds.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// The array in the bytes of a `.npy` file. The header is not trusted: numbers are as many as there
/// are bytes for.
pub(super) fn parse(bytes: &[u8]) -> Result<Array, String> {
    let (header, data) = split(bytes)?;
    let field = |name: &str| {
        let quoted = [format!("'{name}'"), format!("\"{name}\"")];
        let rest = quoted.iter().find_map(|key| Some(header.split_once(key.as_str())?.1));
        let value = rest.and_then(|rest| rest.trim_start().strip_prefix(':'));
        value.map(str::trim_start).ok_or_else(|| format!("its header lacks `{name}`"))
    };
    let shape = shape(field("shape")?).ok_or("its header has no shape that can be")?;
    let by_columns = field("fortran_order")?.starts_with("True");
    let descr = field("descr")?;
    let descr = descr
        .strip_prefix(['\'', '"'])
        .and_then(|rest| Some(rest.split_once(['\'', '"'])?.0))
        .unwrap_or("of several fields");
    let Some((read, size)) = reader(descr) else {
        let kind = Some(format!("elements of type '{descr}'"));
        return Ok(Array { shape, by_columns, values: Vec::new(), kind });
    };
    let expected = shape.iter().try_fold(size, |product, &n| product.checked_mul(n));
    if expected != Some(data.len()) {
        return Err(format!("its shape {shape:?} is not that of its {} bytes", data.len()));
    }
    let values = data.chunks_exact(size).map(read).collect();
    Ok(Array { shape, by_columns, values, kind: None })
}

/// A vector of doubles.
pub(super) fn format(column: &[f64]) -> Vec<u8> {
    let header =
        format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({},), }}", column.len());
    // Magic, length and header, with the line's end, are to be a multiple of 64 bytes.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(format!("{header:<0$}\n", length - 1).bytes());
    bytes.extend(column.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The header and what follows it.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let (length, rest) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, rest @ ..] => {
            (usize::from(u16::from_le_bytes([*a, *b])), rest)
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, rest @ ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]);
            (usize::try_from(length).unwrap_or(usize::MAX), rest)
        }
        _ => return Err("it does not start like an NPY file".into()),
    };
    if length > LONGEST_HEADER {
        return Err("its header is too long for a plain array".into());
    }
    let (header, data) = rest.split_at_checked(length).ok_or("it ends within its header")?;
    let header = std::str::from_utf8(header).map_err(|_| "its header is no text")?;
    Ok((header, data))
}

/// A tuple such as `(3, 2)`, `(3,)` or `()`.
fn shape(text: &str) -> Option<Vec<usize>> {
    let (inside, _) = text.strip_prefix('(')?.split_once(')')?;
    let inside = inside.trim().strip_suffix(',').unwrap_or(inside).trim();
    if inside.is_empty() {
        return Some(Vec::new());
    }
    inside.split(',').map(|number| number.trim().trim_end_matches('L').parse().ok()).collect()
}

type Reader = fn(&[u8]) -> f64;

/// How numbers of a type are read, and how many bytes each has.
fn reader(descr: &str) -> Option<(Reader, usize)> {
    // The number in that many bytes; there are as many.
    macro_rules! reader {
        ($kind:ty, $from:ident, $number:expr) => {
            Some((
                |bytes| {
                    let bytes = bytes.try_into().unwrap_or_default();
                    $number(<$kind>::$from(bytes))
                },
                size_of::<$kind>(),
            ))
        };
    }
    fn of_i64(x: i64) -> f64 {
        x as f64
    }
    fn of_u64(x: u64) -> f64 {
        x as f64
    }
    let (order, kind) = descr.split_at_checked(1)?;
    match (order, kind) {
        ("<" | "=", "f8") => reader!(f64, from_le_bytes, f64::from),
        (">", "f8") => reader!(f64, from_be_bytes, f64::from),
        ("<" | "=", "f4") => reader!(f32, from_le_bytes, f64::from),
        (">", "f4") => reader!(f32, from_be_bytes, f64::from),
        ("<" | "=", "f2") => reader!(f16, from_le_bytes, f64::from),
        (">", "f2") => reader!(f16, from_be_bytes, f64::from),
        ("<" | "=", "i8") => reader!(i64, from_le_bytes, of_i64),
        (">", "i8") => reader!(i64, from_be_bytes, of_i64),
        ("<" | "=", "u8") => reader!(u64, from_le_bytes, of_u64),
        (">", "u8") => reader!(u64, from_be_bytes, of_u64),
        ("<" | "=", "i4") => reader!(i32, from_le_bytes, f64::from),
        (">", "i4") => reader!(i32, from_be_bytes, f64::from),
        ("<" | "=", "u4") => reader!(u32, from_le_bytes, f64::from),
        (">", "u4") => reader!(u32, from_be_bytes, f64::from),
        ("<" | "=", "i2") => reader!(i16, from_le_bytes, f64::from),
        (">", "i2") => reader!(i16, from_be_bytes, f64::from),
        ("<" | "=", "u2") => reader!(u16, from_le_bytes, f64::from),
        (">", "u2") => reader!(u16, from_be_bytes, f64::from),
        (_, "i1") => reader!(i8, from_le_bytes, f64::from),
        (_, "u1" | "b1") => reader!(u8, from_le_bytes, f64::from),
        _ => None,
    }
}
