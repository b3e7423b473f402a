//! Numbers where vectors load them fastest.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// A cache line in bytes: a vector that straddles two costs twice.
const LINE: usize = 64;

/// Numbers that start at a cache line: columns kept like this are swept fastest.
///
/// ```
/// use symgrad_expr::Aligned;
/// let column = Aligned::from(vec![1.0, 2.0, 3.0]);
/// assert_eq!(column.iter().sum::<f64>(), 6.0);
/// assert_eq!(column.as_ptr().align_offset(64), 0);
/// ```
#[derive(Default)]
pub struct Aligned {
    memory: Vec<f64>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// So many numbers; what stood there before may still do, elsewhere stands 0.
    pub(crate) fn resize(&mut self, length: usize) {
        let slack = LINE / size_of::<f64>();
        if self.memory.len() < length + slack {
            self.memory.resize(length + slack, 0.0);
            self.start = self.memory.as_ptr().align_offset(LINE).min(slack);
        }
        self.length = length;
    }
}

impl From<&[f64]> for Aligned {
    fn from(numbers: &[f64]) -> Self {
        let mut aligned = Self::default();
        aligned.resize(numbers.len());
        aligned.copy_from_slice(numbers);
        aligned
    }
}

impl From<Vec<f64>> for Aligned {
    /// Keeps the memory if it happens to start at a cache line.
    fn from(numbers: Vec<f64>) -> Self {
        if numbers.as_ptr().align_offset(LINE) == 0 {
            return Self { length: numbers.len(), memory: numbers, start: 0 };
        }
        Self::from(numbers.as_slice())
    }
}

impl FromIterator<f64> for Aligned {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        numbers.into_iter().collect::<Vec<f64>>().into()
    }
}

impl Clone for Aligned {
    /// The copy's memory starts elsewhere, but at a cache line too.
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl PartialEq for Aligned {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Aligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Deref for Aligned {
    type Target = [f64];

    #[inline]
    fn deref(&self) -> &[f64] {
        &self.memory[self.start..self.start + self.length]
    }
}

impl DerefMut for Aligned {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.memory[self.start..self.start + self.length]
    }
}

impl AsRef<[f64]> for Aligned {
    #[inline]
    fn as_ref(&self) -> &[f64] {
        self
    }
}

impl<'a> IntoIterator for &'a Aligned {
    type Item = &'a f64;
    type IntoIter = std::slice::Iter<'a, f64>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_start_at_cache_lines_too() {
        for length in [0, 1, 7, 8, 1000] {
            let numbers: Vec<f64> = (0..length).map(f64::from).collect();
            let first = Aligned::from(numbers.as_slice());
            let copies = [first.clone(), first.clone().clone(), numbers.clone().into()];
            for copy in copies {
                assert_eq!(&*copy, numbers);
                assert!(copy.is_empty() || copy.as_ptr().align_offset(LINE) == 0);
            }
        }
    }
}
