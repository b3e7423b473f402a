//! Comma-separated text with a header line.

use super::Columns;
use crate::table::{first_duplicate, is_name};
use crate::{FileProblem, Table};
use csv::{ByteRecord, ReaderBuilder, Trim};

/// Names and columns of a CSV file.
pub(super) fn parse(bytes: &[u8]) -> Result<Columns, FileProblem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(bytes);
    let mut record = ByteRecord::new();
    if !next(&mut reader, &mut record)? {
        return Err(FileProblem::Empty);
    }
    let names = header(&record, line_of(&record, bytes))?;
    let mut columns = vec![Vec::new(); names.len()];
    while next(&mut reader, &mut record)? {
        let line = line_of(&record, bytes);
        if record.len() != names.len() {
            let (found, expected) = (record.len(), names.len());
            return Err(FileProblem::Ragged { line, found, expected });
        }
        for ((name, column), field) in names.iter().zip(&mut columns).zip(&record) {
            column.push(number(field, name, line)?);
        }
    }
    if columns[0].is_empty() {
        return Err(FileProblem::HeaderOnly);
    }
    Ok((names, columns))
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

fn next(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool, FileProblem> {
    // Reading bytes from memory with rows of any length leaves nothing to fail.
    reader
        .read_byte_record(record)
        .map_err(|error| FileProblem::Io { action: "read", source: error.into() })
}

fn header(record: &ByteRecord, line: u64) -> Result<Vec<String>, FileProblem> {
    let mut names = Vec::with_capacity(record.len());
    for (index, field) in record.iter().enumerate() {
        let name = text(field, line)?;
        if name.is_empty() {
            return Err(FileProblem::Unnamed { column: index + 1 });
        }
        if name.parse::<f64>().is_ok() {
            return Err(FileProblem::NoHeader { found: name.into() });
        }
        if !is_name(name) {
            return Err(FileProblem::BadName { name: name.into() });
        }
        names.push(name.to_string());
    }
    match first_duplicate(&names) {
        Some(name) => Err(FileProblem::DuplicateName { name: name.into() }),
        None => Ok(names),
    }
}

fn number(field: &[u8], column: &str, line: u64) -> Result<f64, FileProblem> {
    let found = text(field, line)?;
    match found.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => {
            Err(FileProblem::NotFinite { line, column: column.into(), found: shortened(found) })
        }
        Err(_) => {
            Err(FileProblem::NotANumber { line, column: column.into(), found: shortened(found) })
        }
    }
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
