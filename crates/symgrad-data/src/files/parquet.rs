//! Apache Parquet, as pandas, Polars and Arrow write it: flat columns of numbers.
//!
//! A file of a few bytes can claim any number of rows, and a page any length. So nothing is
//! believed: rows are compared with the file's length, and pages are unpacked here, where it is
//! known how long they can be.

use super::sheet::Column;
use crate::FileProblem;
use bytes::Bytes;
use parquet::basic::{Compression, CompressionCodec, ConvertedType, Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result as PageResult};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::ReaderProperties;
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescPtr;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Numbers that a file may hold for each of its bytes, and in addition. Where columns repeat
/// themselves a number takes less than a byte, but not in all columns of a useful table.
const NUMBERS: (usize, usize) = (4, 1 << 20);

/// Bytes that a page may have for each row, and in addition.
const PAGE: (usize, usize) = (16, 1 << 16);

/// Rows that are decoded at once.
const BATCH: usize = 4096;

/// The columns of a Parquet file.
pub(super) fn parse(bytes: Vec<u8>) -> Result<Vec<Column>, FileProblem> {
    if bytes.is_empty() {
        return Err(FileProblem::Empty);
    }
    let bytes = Bytes::from(bytes);
    // The reader is made for files that were written as they should be.
    catch_unwind(AssertUnwindSafe(|| read(&bytes)))
        .unwrap_or_else(|_| Err(broken("its parts contradict each other")))
}

fn read(bytes: &Bytes) -> Result<Vec<Column>, FileProblem> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(bytes).map_err(broken)?;
    let rows = group_rows(&metadata, bytes.len())?;
    let mut columns = Vec::new();
    for (index, column) in metadata.file_metadata().schema_descr().columns().iter().enumerate() {
        let name = column.path().parts().first().cloned().unwrap_or_default();
        if is_label(&name) {
            continue;
        }
        if let Some(kind) = other_kind(column) {
            columns.push(Column::of_kind(name, kind));
            continue;
        }
        let mut values = Vec::new();
        for (group, rows) in metadata.row_groups().iter().zip(&rows) {
            let chunk = group.columns().get(index).ok_or_else(|| broken("a column is missing"))?;
            Chunk { name: &name, column, metadata: chunk, rows: *rows }.read(bytes, &mut values)?;
        }
        columns.push(Column::of_numbers(name, values));
    }
    Ok(columns)
}

#[expect(clippy::needless_pass_by_value, reason = "errors come by value")]
fn broken(reason: impl ToString) -> FileProblem {
    FileProblem::Parquet { reason: plain(&reason.to_string()) }
}

/// The reader's reason without its own label.
fn plain(reason: &str) -> String {
    reason.strip_prefix("Parquet error: ").unwrap_or(reason).to_string()
}

/// The rows of each group, if a file of that length can hold them.
fn group_rows(metadata: &ParquetMetaData, length: usize) -> Result<Vec<usize>, FileProblem> {
    let columns = metadata.file_metadata().schema_descr().num_columns();
    let most = NUMBERS.0.saturating_mul(length).saturating_add(NUMBERS.1) / columns.max(1);
    let mut total = 0_usize;
    let mut rows = Vec::new();
    for group in metadata.row_groups() {
        let claimed = usize::try_from(group.num_rows()).unwrap_or(usize::MAX);
        total = total.saturating_add(claimed);
        if total > most {
            return Err(broken("it claims more rows than fit into a file of its length"));
        }
        rows.push(claimed);
    }
    Ok(rows)
}

/// Whether a column holds the row labels of pandas, which are no data.
fn is_label(name: &str) -> bool {
    name.strip_prefix("__index_level_").is_some_and(|rest| rest.ends_with("__"))
}

/// What a column holds that is not a flat column of numbers.
fn other_kind(column: &ColumnDescPtr) -> Option<&'static str> {
    Some(if column.path().parts().len() > 1 || column.max_rep_level() > 0 {
        "nested values"
    } else {
        match (column.physical_type(), column.converted_type()) {
            (Type::FLOAT | Type::DOUBLE, _) => return None,
            (Type::INT32 | Type::INT64, kind) if is_integer(kind, column) => return None,
            (Type::INT32 | Type::INT64, ConvertedType::DECIMAL) => "decimals",
            (Type::INT32 | Type::INT64 | Type::INT96, _) => "dates or times",
            (Type::BOOLEAN, _) => "booleans",
            (Type::BYTE_ARRAY, ConvertedType::UTF8) => "text",
            (Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY, _) => "bytes",
        }
    })
}

fn is_integer(kind: ConvertedType, column: &ColumnDescPtr) -> bool {
    match kind {
        // Times in nanoseconds have no converted type.
        ConvertedType::NONE => column.logical_type_ref().is_none(),
        kind => is_unsigned(kind) || is_signed(kind),
    }
}

fn is_signed(kind: ConvertedType) -> bool {
    use ConvertedType::{INT_8, INT_16, INT_32, INT_64};
    matches!(kind, INT_8 | INT_16 | INT_32 | INT_64)
}

fn is_unsigned(kind: ConvertedType) -> bool {
    use ConvertedType::{UINT_8, UINT_16, UINT_32, UINT_64};
    matches!(kind, UINT_8 | UINT_16 | UINT_32 | UINT_64)
}

/// A column's part in one group of rows.
struct Chunk<'a> {
    name: &'a str,
    column: &'a ColumnDescPtr,
    metadata: &'a ColumnChunkMetaData,
    rows: usize,
}

impl Chunk<'_> {
    fn read(&self, bytes: &Bytes, values: &mut Vec<f64>) -> Result<(), FileProblem> {
        let pages = self.pages(bytes).map_err(|error| self.unreadable(error))?;
        let unsigned = is_unsigned(self.column.converted_type());
        match get_column_reader(Arc::clone(self.column), Box::new(pages)) {
            ColumnReader::DoubleColumnReader(reader) => self.decode(reader, |x| *x, values),
            ColumnReader::FloatColumnReader(reader) => {
                self.decode(reader, |x| f64::from(*x), values)
            }
            ColumnReader::Int32ColumnReader(reader) if unsigned => {
                self.decode(reader, |x| f64::from(x.cast_unsigned()), values)
            }
            ColumnReader::Int32ColumnReader(reader) => {
                self.decode(reader, |x| f64::from(*x), values)
            }
            ColumnReader::Int64ColumnReader(reader) if unsigned => {
                self.decode(reader, |x| x.cast_unsigned() as f64, values)
            }
            ColumnReader::Int64ColumnReader(reader) => self.decode(reader, |x| *x as f64, values),
            _ => Err(self.unreadable("not a column of numbers")),
        }
    }

    /// The chunk's pages, unpacked.
    fn pages(&self, bytes: &Bytes) -> PageResult<Pages> {
        let chunk = self.metadata;
        let starts = [Some(chunk.data_page_offset()), chunk.dictionary_page_offset()];
        if starts.into_iter().flatten().chain([chunk.compressed_size()]).any(|number| number < 0) {
            return Err(ParquetError::General("negative offsets".into()));
        }
        let packed = chunk.clone().into_builder();
        let packed = packed.set_compression(Compression::UNCOMPRESSED).build()?;
        let settings = ReaderProperties::builder().set_read_page_statistics(false).build();
        let file = Arc::new(bytes.clone());
        let pages = SerializedPageReader::new_with_properties(
            file,
            &packed,
            self.rows,
            None,
            Arc::new(settings),
        )?;
        let size = if matches!(chunk.column_type(), Type::INT32 | Type::FLOAT) { 4 } else { 8 };
        Ok(Pages {
            packed: pages,
            codec: chunk.compression_codec(),
            rows: self.rows,
            size,
            dictionary: false,
        })
    }

    fn decode<T: DataType>(
        &self,
        mut reader: ColumnReaderImpl<T>,
        number: impl Fn(&T::T) -> f64,
        values: &mut Vec<f64>,
    ) -> Result<(), FileProblem> {
        let (mut batch, mut levels) = (Vec::new(), Vec::new());
        let mut done = 0;
        while done < self.rows {
            batch.clear();
            levels.clear();
            let wanted = BATCH.min(self.rows - done);
            let (read, ..) = reader
                .read_records(wanted, Some(&mut levels), None, &mut batch)
                .map_err(|error| self.unreadable(error))?;
            // Columns that cannot be empty have no levels.
            let empty = levels.iter().filter(|level| **level == 0).count();
            if read == 0
                || batch.len() + empty != read
                || !(levels.is_empty() || levels.len() == read)
            {
                return Err(self.unreadable("it has fewer values than rows"));
            }
            let mut given = batch.iter().map(&number);
            if levels.is_empty() {
                values.extend(given);
            } else {
                // A null is no number.
                let value = |level: &i16| if *level == 0 { None } else { given.next() };
                values.extend(levels.iter().map(value).map(|value| value.unwrap_or(f64::NAN)));
            }
            done += read;
        }
        Ok(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "errors come by value")]
    fn unreadable(&self, reason: impl ToString) -> FileProblem {
        let reason = plain(&reason.to_string());
        FileProblem::ParquetColumn { column: self.name.into(), reason }
    }
}

/// Pages as they are in the file, unpacked one after the other.
struct Pages {
    packed: SerializedPageReader<Bytes>,
    codec: CompressionCodec,
    rows: usize,
    /// Bytes of a value.
    size: usize,
    /// Whether there was a dictionary, without which some pages mean nothing.
    dictionary: bool,
}

impl Pages {
    fn unpacked(&mut self, page: Page) -> PageResult<Page> {
        let too_many = || ParquetError::General("a page claims too many values".into());
        let fits = |values: u32| usize::try_from(values).is_ok_and(|values| values <= self.rows);
        match page {
            Page::DataPage { num_values, .. } | Page::DataPageV2 { num_values, .. }
                if !fits(num_values) =>
            {
                Err(too_many())
            }
            Page::DataPage { encoding, .. } | Page::DataPageV2 { encoding, .. }
                if !self.dictionary && is_by_dictionary(encoding) =>
            {
                Err(ParquetError::General("a dictionary is missing".into()))
            }
            Page::DataPage {
                buf,
                num_values,
                encoding,
                def_level_encoding,
                rep_level_encoding,
                statistics,
            } => Ok(Page::DataPage {
                buf: self.unpack(&buf, 0)?,
                num_values,
                encoding,
                def_level_encoding,
                rep_level_encoding,
                statistics,
            }),
            Page::DataPageV2 {
                buf,
                num_values,
                encoding,
                num_nulls,
                num_rows,
                def_levels_byte_len,
                rep_levels_byte_len,
                is_compressed,
                statistics,
            } => {
                let levels = def_levels_byte_len.saturating_add(rep_levels_byte_len) as usize;
                let buf = if is_compressed { self.unpack(&buf, levels)? } else { buf };
                if levels > buf.len() {
                    return Err(too_many());
                }
                Ok(Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    num_nulls,
                    num_rows,
                    def_levels_byte_len,
                    rep_levels_byte_len,
                    is_compressed: false,
                    statistics,
                })
            }
            Page::DictionaryPage { buf, num_values, encoding, is_sorted } => {
                let buf = self.unpack(&buf, 0)?;
                if num_values as usize > buf.len() / self.size {
                    return Err(too_many());
                }
                self.dictionary = true;
                Ok(Page::DictionaryPage { buf, num_values, encoding, is_sorted })
            }
        }
    }

    /// The bytes of a page, of which the first few are never packed.
    fn unpack(&self, packed: &Bytes, first: usize) -> PageResult<Bytes> {
        let refuse = |reason: &str| ParquetError::General(reason.into());
        let too_long = || refuse("a page is longer than its rows need");
        let most = PAGE.0.saturating_mul(self.rows).saturating_add(PAGE.1);
        let rest = packed.get(first..).ok_or_else(|| refuse("a page is shorter than it says"))?;
        let mut unpacked = packed[..first].to_vec();
        match self.codec {
            CompressionCodec::UNCOMPRESSED => return Ok(packed.clone()),
            _ if rest.is_empty() => {}
            CompressionCodec::SNAPPY => {
                if snap::raw::decompress_len(rest).map_err(outer)? > most {
                    return Err(too_long());
                }
                let decoded = snap::raw::Decoder::new().decompress_vec(rest).map_err(outer)?;
                unpacked.extend(decoded);
            }
            CompressionCodec::ZSTD => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(rest).map_err(outer)?;
                let read = decoder.take(most as u64 + 1).read_to_end(&mut unpacked);
                if read.map_err(outer)? > most {
                    return Err(too_long());
                }
            }
            codec => {
                return Err(refuse(&format!(
                    "it is packed by {codec:?}, where only snappy and zstd are known; write it \
                     again with compression='snappy'"
                )));
            }
        }
        Ok(Bytes::from(unpacked))
    }
}

fn is_by_dictionary(encoding: Encoding) -> bool {
    matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY)
}

fn outer(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::General(error.to_string())
}

impl Iterator for Pages {
    type Item = PageResult<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> PageResult<Option<Page>> {
        let page = self.packed.get_next_page()?;
        page.map(|page| self.unpacked(page)).transpose()
    }

    fn peek_next_page(&mut self) -> PageResult<Option<PageMetadata>> {
        self.packed.peek_next_page()
    }

    fn skip_next_page(&mut self) -> PageResult<()> {
        self.packed.skip_next_page()
    }
}
