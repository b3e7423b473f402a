//! The extension module `symgrad._symgrad`: arrays in, JSON out. What users see is written in Python,
//! under `python/symgrad`.

#[cfg(feature = "extension")]
mod extension;
