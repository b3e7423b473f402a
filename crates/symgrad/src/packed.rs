//! Values as bytes with a checksum, behind a header that says what they are.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

pub(crate) fn pack(header: &[u8], value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let body = postcard::to_stdvec_crc32(value, CRC.digest())
        .map_err(|error| Error::Unsaved { reason: error.to_string() })?;
    Ok([header, &body].concat())
}

/// The value, or why there is none: the noun says what it should be.
pub(crate) fn unpack<T: DeserializeOwned>(
    header: &[u8],
    noun: &str,
    packed: &[u8],
) -> Result<T, String> {
    let body = packed
        .strip_prefix(header)
        .ok_or_else(|| format!("it is no {noun} kept by this version"))?;
    postcard::from_bytes_crc32(body, CRC.digest())
        .map_err(|_| "it is cut short or damaged".to_owned())
}
