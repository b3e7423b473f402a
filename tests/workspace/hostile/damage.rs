//! What damages files, and watches those that read them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use cpu_time::ProcessTime;

/// A file.
pub(super) type Bytes = Vec<u8>;

/// Damaged files of each kind where nothing else is asked for.
const CASES: u64 = 60;

/// Reading a small file takes no longer, in processor time: the machine may be busy.
const LONGEST: Duration = Duration::from_mins(1);

/// What takes longer is worth a look.
const SLOW: Duration = Duration::from_secs(1);

/// Pieces of which files are made, or that are hard to read.
const PIECES: [&[u8]; 28] = [
    b"\0",
    b"\xff\xff\xff\xff",
    b"\x80",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    b"\x7f",
    b"\n",
    b"\r\n",
    b",",
    b";",
    b"\t",
    b"\"",
    b"'",
    b"(",
    b")",
    b"{",
    b"[",
    b"-",
    b"e999",
    b"1e-320",
    b"NaN",
    b"inf",
    b"\xef\xbb\xbf",
    b"99999999999999999999",
    b"0",
    b"^",
    b"\\",
    b"\xe2\x82\xac",
];

/// Random numbers: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of so many.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).unwrap_or_default()
    }

    /// Seldom far: a few bytes most of the time.
    fn length(&mut self, most: usize) -> usize {
        let scale = 1_usize << self.below(12);
        self.below(scale.min(most) + 1)
    }
}

/// A good file with some damage.
fn damaged(dice: &mut Dice, good: &[Bytes]) -> Bytes {
    let mut bytes = good[dice.below(good.len())].clone();
    for _ in 0..=dice.below(6) {
        let at = dice.below(bytes.len() + 1);
        let length = dice.length(bytes.len() - at);
        match dice.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = dice.roll().to_le_bytes()[0],
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let copy = bytes[at..at + length].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            4 => {
                let piece = PIECES[dice.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            5 => {
                let piece = PIECES[dice.below(PIECES.len())];
                let end = (at + piece.len()).min(bytes.len());
                bytes.splice(at..end, piece.iter().copied());
            }
            6 => {
                let other = &good[dice.below(good.len())];
                let from = dice.below(other.len() + 1);
                let end = from + dice.length(other.len() - from);
                bytes.splice(at..at + length, other[from..end].iter().copied());
            }
            7 if dice.below(4) == 0 => bytes.truncate(at),
            8 => {
                // A count, an offset or a size that is nearly right.
                let change = [1, 255, 2, 128, 64][dice.below(5)];
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = byte.wrapping_add(change);
                }
            }
            _ => {}
        }
    }
    bytes
}

/// Has damaged files read, for so many seconds of processor time where a number is set. What fails is kept beside the tests' other output, with the way to it.
pub(super) fn hold(kind: &str, good: &[Bytes], read: impl Fn(&[u8])) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("PROPTEST_RNG_SEED").unwrap_or_default();
    let seconds = number("SYMGRAD_FUZZ_SECONDS").map(Duration::from_secs);
    let start = ProcessTime::now();
    let kind_of = kind.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31) + u64::from(byte));
    // Of neighbouring seeds none draws the other's files again.
    let stream = Dice(seed ^ kind_of.rotate_left(32)).roll();
    let (mut case, mut slowest, mut told) = (0, Duration::ZERO, Duration::ZERO);
    loop {
        if seconds.map_or(case >= CASES, |seconds| start.elapsed() >= seconds) {
            break;
        }
        let mut dice = Dice(stream ^ case);
        // The first are as good as they came.
        let bytes = usize::try_from(case).ok().and_then(|case| good.get(case).cloned());
        let bytes = bytes.unwrap_or_else(|| damaged(&mut dice, good));
        let before = ProcessTime::now();
        let result = catch_unwind(AssertUnwindSafe(|| read(&bytes)));
        let took = before.elapsed();
        if result.is_err() || took > LONGEST {
            let path = kept(kind, case, &bytes);
            panic!("{kind}, seed {seed}, case {case}, {took:?}: see {}", path.display());
        }
        if seconds.is_some() && took > slowest.max(SLOW) {
            let path = kept(kind, case, &bytes);
            eprintln!("{kind}: case {case} took {took:?}: see {}", path.display());
        }
        slowest = slowest.max(took);
        case += 1;
        // What ends the whole process leaves at least this.
        if seconds.is_some() && start.elapsed() >= told + Duration::from_secs(10) {
            told = start.elapsed();
            eprintln!("{kind}: {case} files, the slowest took {slowest:?}");
        }
    }
    if seconds.is_some() {
        let took = start.elapsed();
        eprintln!(
            "{kind}: {case} files in {took:?} of processor time, the slowest took {slowest:?}"
        );
    }
}

fn kept(kind: &str, case: u64, bytes: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("damaged-{kind}-{case}"));
    // Where that fails, the seed and the number of the case make the file again.
    let _ = std::fs::write(&path, bytes);
    path
}
