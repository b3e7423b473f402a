//! The losses of all level-set classes seen so far.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};

/// Classes after which the archive forgets: some tens of megabytes.
const MOST: usize = 2_000_000;

/// The loss of each class, by the key that a probe gives it. The keys are hashes already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, f64)>", into = "Vec<(u64, f64)>")]
pub(crate) struct Archive {
    losses: HashMap<u64, f64, BuildHasherDefault<Identity>>,
}

impl Archive {
    pub(crate) fn get(&self, key: u64) -> Option<f64> {
        self.losses.get(&key).copied()
    }

    pub(crate) fn insert(&mut self, key: u64, loss: f64) {
        self.losses.insert(key, loss);
    }

    /// Takes over what another archive holds; what is known stays.
    pub(crate) fn absorb(&mut self, other: &mut Self) {
        if self.losses.len() + other.losses.len() > MOST {
            self.losses.clear();
        }
        for (key, loss) in other.losses.drain() {
            self.losses.entry(key).or_insert(loss);
        }
    }
}

impl From<Vec<(u64, f64)>> for Archive {
    fn from(pairs: Vec<(u64, f64)>) -> Self {
        Self { losses: pairs.into_iter().collect() }
    }
}

impl From<Archive> for Vec<(u64, f64)> {
    fn from(archive: Archive) -> Self {
        let mut pairs: Self = archive.losses.into_iter().collect();
        pairs.sort_unstable_by_key(|(key, _)| *key);
        pairs
    }
}

/// Passes a key through as its own hash.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
