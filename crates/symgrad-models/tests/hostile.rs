//! Files that are made to take memory: what is allocated stays within a small multiple of a
//! file's size.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::io::{Cursor, Write};

use peak_alloc::PeakAlloc;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use symgrad_models::Network;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Bytes that may be allocated for each byte of a file,
const FACTOR: usize = 64;

/// and whatever its size.
const CONSTANT: usize = 1 << 20;

/// The archive of a pickle and storages named by their index.
fn archive(pickle: &[u8], storages: &[&[u8]]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("net/data.pkl", stored).unwrap();
    zip.write_all(pickle).unwrap();
    for (key, bytes) in storages.iter().enumerate() {
        zip.start_file(format!("net/data/{key}"), stored).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// What reading a file allocates at its peak, beyond what there was.
fn peak(bytes: &[u8]) -> usize {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    drop(Network::from_pytorch(bytes, Some("activation = \"tanh\"")));
    drop(Network::from_pytorch(bytes, None));
    ALLOCATOR.peak_usage().saturating_sub(before)
}

fn text(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    [b"X", &length[..], text.as_bytes()].concat()
}

/// Puts a storage of doubles on the stack.
fn storage() -> Vec<u8> {
    let parts = [&b"("[..], &text("storage"), b"ctorch\nDoubleStorage\n", &text("0"), &text("cpu")];
    [&parts.concat()[..], b"K\x01tQ"].concat()
}

/// Starts a state dictionary and remembers the function that makes tensors as 0, its storage as
/// 1, and an empty tuple as 2.
fn start() -> Vec<u8> {
    let function = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x000";
    [function, &storage()[..], b"q\x010)q\x020}("].concat()
}

/// An entry whose tensor has the shape and the strides that are remembered as 3 and 4.
fn entry(name: usize) -> Vec<u8> {
    [&text(&name.to_string())[..], b"h\x00(h\x01K\x00h\x03h\x04\x89h\x02tR"].concat()
}

/// A tuple of so many times the same.
fn tuple(element: &[u8], count: usize) -> Vec<u8> {
    [b"(", &element.repeat(count)[..], b"t"].concat()
}

/// A state dictionary of tensors of one shape.
fn tensors(shape: &[u8], strides: &[u8], count: usize) -> Vec<u8> {
    let remembered = [&start()[..], shape, b"q\x030", strides, b"q\x040"].concat();
    let entries: Vec<u8> = (0..count).flat_map(entry).collect();
    archive(&[&remembered[..], &entries, b"u."].concat(), &[&[0; 8]])
}

/// Pickles of `size` bytes or so, each of which makes as much as it can of one kind.
fn contrived(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let repeated = |before: &[u8], piece: &[u8], after: &[u8]| {
        let count = size / piece.len();
        archive(&[b"\x80\x02", before, &piece.repeat(count), after, b"."].concat(), &[])
    };
    let long = "x".repeat(size / 2);
    let class = format!("c{long}\nf\nq\x000");
    let ones = tuple(b"K\x01", size / 4);
    let huge = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
    let expanded = tuple(b"J\x00\x00\x00\x01", 1);
    vec![
        ("dictionaries", repeated(b"", b"}", b"")),
        ("lists", repeated(b"", b"]", b"")),
        ("nothing", repeated(b"", b"N", b"")),
        ("marks", repeated(b"", b"(", b"")),
        ("nested tuples", repeated(b"N", b"\x85", b"")),
        ("small numbers", repeated(b"", b"K\x01", b"t")),
        ("remembered", repeated(b"N", b"\x94", b"")),
        ("remembered by index", {
            let puts: Vec<u8> = (0..u32::try_from(size / 5).unwrap())
                .flat_map(|n| [&b"r"[..], &n.to_le_bytes()].concat())
                .collect();
            archive(&[b"\x80\x02N", &puts[..], b"."].concat(), &[])
        }),
        // The stack's room goes to a sequence each time it is emptied.
        ("emptied stacks", repeated(b"(", &[&[b'N'; 50][..], b"t0("].concat(), b"t")),
        (
            "a long tuple called",
            repeated(
                &[b"ctorch\nSize\nq\x000", &ones[..], b"q\x010"].concat(),
                b"h\x00(h\x01tR",
                b"",
            ),
        ),
        ("a long name called", repeated(class.as_bytes(), b"h\x00)R", b"")),
        (
            "a long text remembered",
            repeated(&[&text(&long)[..], b"q\x000"].concat(), b"h\x00", b""),
        ),
        ("a list of itself", repeated(b"]q\x00", b"h\x00a", b"")),
        ("long shapes", tensors(&ones, &ones, size / 40)),
        ("repeated numbers", tensors(&expanded, &tuple(b"K\x00", 1), size / 40)),
        ("huge shapes", tensors(&tuple(huge, 2), &tuple(b"K\x00", 2), size / 40)),
        ("huge strides", tensors(&tuple(b"K\x01", 2), &tuple(huge, 2), size / 40)),
        ("huge steps", tensors(&tuple(b"K\x02", 2), &tuple(huge, 2), size / 40)),
        ("empty shapes", tensors(&tuple(b"K\x00", 3), &tuple(huge, 3), size / 40)),
        ("many axes", tensors(&tuple(b"K\x01", 65), &tuple(b"K\x01", 65), size / 40)),
        ("sizes beyond the end", archive(b"\x80\x02X\xff\xff\xff\xff", &[])),
        ("lengths beyond the end", archive(b"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff", &[])),
        ("many entries", {
            let empty: Vec<&[u8]> = vec![&[]; size / 200];
            archive(b"\x80\x02}.", &empty)
        }),
    ]
}

#[test]
fn memory_is_bounded_by_the_size_of_a_file() {
    let mut worst = (0.0, "");
    for size in [1 << 12, 1 << 16, 1 << 20] {
        for (name, bytes) in contrived(size) {
            let peak = peak(&bytes);
            let allowed = FACTOR * bytes.len() + CONSTANT;
            assert!(peak <= allowed, "{name}, {} bytes: {peak} bytes", bytes.len());
            let share = peak as f64 / bytes.len() as f64;
            if bytes.len() > 1 << 18 && share > worst.0 {
                worst = (share, name);
            }
        }
    }
    println!("at most {:.1} bytes for each byte of a file ({})", worst.0, worst.1);

    // Pickles put together at random from the operations that make something.
    let pieces: Vec<Vec<u8>> = [
        &b"}"[..],
        b"]",
        b")",
        b"N",
        b"(",
        b"t",
        b"l",
        b"d",
        b"u",
        b"e",
        b"a",
        b"s",
        b"0",
        b"1",
        b"2",
        b"\x85",
        b"\x86",
        b"\x87",
        b"\x94",
        b"q\x00",
        b"q\x01",
        b"h\x00",
        b"h\x01",
        b"R",
        b"\x81",
        b"b",
        b"Q",
        b"K\x05",
        b"ctorch\nSize\n",
        b"ccollections\nOrderedDict\n",
        b"\x93",
        b"\x90",
        b"\x8f",
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"ctorch._utils\n_rebuild_parameter\n",
        b"ctorch\nFloatStorage\n",
        b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
    ]
    .iter()
    .map(|piece| piece.to_vec())
    .chain([text("w.weight"), text("0"), storage()])
    .collect();
    let pickles = (prop::collection::vec(prop::sample::select(pieces), 1..60), 1_usize..400);
    let config = Config { cases: 1000, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&pickles, |(pieces, repeats)| {
            let body = pieces.concat().repeat(repeats);
            let bytes = archive(&[b"\x80\x02", &body[..], b"."].concat(), &[&[0; 64]]);
            let peak = peak(&bytes);
            prop_assert!(peak <= FACTOR * bytes.len() + CONSTANT, "{} bytes: {peak}", bytes.len());
            Ok(())
        })
        .unwrap();

    // Entries that share their bytes, and one that claims to be larger than the file.
    let one = archive(b"\x80\x02}.", &[&vec![7; 100_000]]);
    assert!(peak(&one) <= FACTOR * one.len() + CONSTANT);
    let mut lying = one.clone();
    let sizes: Vec<usize> =
        (0..lying.len() - 4).filter(|&at| lying[at..at + 4] == 100_000_u32.to_le_bytes()).collect();
    assert!(sizes.len() >= 2);
    for at in sizes {
        lying[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(peak(&lying) <= FACTOR * lying.len() + CONSTANT);
    }
}
