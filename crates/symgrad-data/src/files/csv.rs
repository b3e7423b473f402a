//! Text with a header line and fields between separators.

use super::dates::is_date;
use super::sheet::{Column, Commas, Flaw};
use crate::{FileProblem, Place, Table};
use csv::{ByteRecord, ReaderBuilder, Trim};

/// Separators that are told from a text, the more common first.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Bytes and records from which they are told.
const LOOK: (usize, usize) = (1 << 16, 50);

/// Texts that stand for no number at all.
const MISSING: [&str; 12] =
    ["", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "nil", "missing", "-", "?"];

/// The columns of a text.
pub(super) fn parse(bytes: &[u8], separator: Option<char>) -> Result<Vec<Column>, FileProblem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let separator = match separator {
        None => told(bytes),
        Some(given) => u8::try_from(given)
            .ok()
            .filter(|byte| {
                byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n".contains(byte)
            })
            .ok_or(FileProblem::Separator { found: given })?,
    };
    let mut reader = reader(bytes, separator);
    let mut record = ByteRecord::new();
    if !next(&mut reader, &mut record)? {
        return Err(FileProblem::Empty);
    }
    let mut columns = header(&record, line_of(&record, bytes))?;
    while next(&mut reader, &mut record)? {
        let line = line_of(&record, bytes);
        if record.len() != columns.len() {
            let (found, expected) = (record.len(), columns.len());
            return Err(FileProblem::Ragged { line, found, expected });
        }
        for (column, field) in columns.iter_mut().zip(&record) {
            column.push(text(field, line)?, Place::Line(line));
        }
    }
    if columns[0].values.is_empty() {
        return Err(FileProblem::HeaderOnly);
    }
    Ok(columns)
}

/// Text of a table: numbers as short as they can be without losing a bit.
pub(super) fn format(table: &Table) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.names())?;
    for row in 0..table.rows() {
        writer.write_record(table.columns().iter().map(|column| format!("{:?}", column[row])))?;
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}

fn reader(bytes: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(separator).has_headers(false).flexible(true).trim(Trim::All);
    builder.from_reader(bytes)
}

fn next(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool, FileProblem> {
    // Reading bytes from memory with rows of any length leaves nothing to fail.
    reader
        .read_byte_record(record)
        .map_err(|error| FileProblem::Io { action: "read", source: error.into() })
}

/// The separator that cuts the first records into as many fields as the header has, most of them
/// numbers.
fn told(bytes: &[u8]) -> u8 {
    let start = &bytes[..bytes.len().min(LOOK.0)];
    // The last line may be cut.
    let end = start.iter().rposition(|&byte| byte == b'\n').filter(|_| start.len() < bytes.len());
    let start = &start[..end.unwrap_or(start.len())];
    let mut best = (SEPARATORS[0], (0, 0));
    for separator in SEPARATORS {
        let mut reader = reader(start, separator);
        let mut record = ByteRecord::new();
        let mut width = 0;
        let (mut even, mut numbers, mut cells) = (0_usize, 0_usize, 0_usize);
        for number in 0..LOOK.1 {
            if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
                break;
            }
            if number == 0 {
                width = record.len();
                continue;
            }
            even += usize::from(record.len() == width);
            cells += record.len();
            let field = |field: &&[u8]| std::str::from_utf8(field).is_ok_and(is_numeric);
            numbers += record.iter().filter(field).count();
        }
        if width < 2 {
            continue;
        }
        // Shares in thousandths, so that they have an order.
        let score = (1 + even, (1000 * numbers).checked_div(cells).unwrap_or(width));
        if score > best.1 {
            best = (separator, score);
        }
    }
    best.0
}

fn is_numeric(field: &str) -> bool {
    field.parse::<f64>().is_ok() || is_missing(field) || decimal(field).is_some()
}

fn header(record: &ByteRecord, line: u64) -> Result<Vec<Column>, FileProblem> {
    let mut columns = Vec::with_capacity(record.len());
    for (index, field) in record.iter().enumerate() {
        let mut name = text(field, line)?;
        if index == 0 {
            // As numpy.savetxt marks its header.
            name = name.trim_start_matches('#').trim_start();
        }
        if name.parse::<f64>().is_ok() || decimal(name).is_some() {
            return Err(FileProblem::NoHeader { found: name.into() });
        }
        columns.push(Column::new(name.into()));
    }
    Ok(columns)
}

impl Column {
    fn push(&mut self, field: &str, place: Place) {
        let value = match field.parse::<f64>() {
            Ok(value) if value.is_finite() => {
                self.commas.point = self.commas.point || field.contains('.');
                value
            }
            Ok(value) if value.is_infinite() => {
                let infinite = || Flaw::Infinite(place, shortened(field));
                self.flaw.get_or_insert_with(infinite);
                value
            }
            _ => self.other(field, place),
        };
        self.values.push(value);
    }

    /// A number that is written with a comma, or none.
    fn other(&mut self, field: &str, place: Place) -> f64 {
        if let Some(value) = decimal(field) {
            self.commas.note(field, place);
            return value;
        }
        if is_missing(field) {
            self.missing.get_or_insert_with(|| (place, field.into()));
        } else {
            self.flaw.get_or_insert_with(|| Flaw::Text(place, shortened(field)));
            if self.words.undated.is_none() && !is_date(field) {
                self.words.undated = Some((place, shortened(field)));
            }
            self.words.push(self.values.len(), field);
        }
        f64::NAN
    }
}

impl Commas {
    fn note(&mut self, field: &str, place: Place) {
        let unsigned = field.trim_start_matches(['+', '-']);
        let (whole, rest) = unsigned.split_once(',').unwrap_or((unsigned, ""));
        let grouped = rest.len() == 3
            && rest.bytes().all(|byte| byte.is_ascii_digit())
            && (1..=3).contains(&whole.len())
            && !whole.starts_with('0');
        let first = if grouped { &mut self.unclear } else { &mut self.clear };
        first.get_or_insert_with(|| (place, shortened(field)));
    }
}

/// The number that a text is with a comma for the point.
fn decimal(field: &str) -> Option<f64> {
    let (whole, rest) = field.split_once(',')?;
    let digits = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    if rest.contains([',', '.']) || whole.contains('.') || !(digits(whole) || digits(rest)) {
        return None;
    }
    format!("{whole}.{rest}").parse().ok().filter(|value: &f64| value.is_finite())
}

fn is_missing(field: &str) -> bool {
    field.len() <= 7 && MISSING.iter().any(|known| field.eq_ignore_ascii_case(known))
}

fn text(field: &[u8], line: u64) -> Result<&str, FileProblem> {
    std::str::from_utf8(field).map_err(|_| FileProblem::NotText { line })
}

/// The line a record is on. The reader's position is that of the empty lines before it.
fn line_of(record: &ByteRecord, bytes: &[u8]) -> u64 {
    let Some(position) = record.position() else {
        return 1;
    };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default().iter();
    let empty = rest.take_while(|byte| b"\r\n".contains(byte)).filter(|&&byte| byte == b'\n');
    position.line() + empty.count() as u64
}

/// A field as a message can show it.
fn shortened(field: &str) -> String {
    if field.chars().count() <= 40 {
        return field.into();
    }
    field.chars().take(40).chain(['…']).collect()
}
