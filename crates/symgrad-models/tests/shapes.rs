//! Shapes that a file asks for: what is allocated goes with the file's size, not with the shape.
//!
//! A test of its own, since it counts what the whole process allocates.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use peak_alloc::PeakAlloc;
use symgrad_models::Network;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// A field of a message: texts, bytes and messages.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(content.len() as u64), content].concat()
}

/// A field that is a number.
fn count(number: u8, value: u64) -> Vec<u8> {
    [vec![number << 3], varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    loop {
        let low = u8::try_from(value & 127).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 128);
    }
}

/// An ONNX file in which an operator gets points of one number each and a list of integers.
fn onnx(operator: &str, integers: &[i64], attribute: &[u8]) -> Vec<u8> {
    let raw: Vec<u8> = integers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let list = [count(1, integers.len() as u64), count(2, 7), field(8, b"n"), field(9, &raw)];
    let node = [field(1, b"x"), field(1, b"n"), field(2, b"y"), field(4, operator.as_bytes())];
    let node = [node.concat(), attribute.to_vec()].concat();
    let dims = [field(1, &field(2, b"batch")), field(1, &count(1, 1))].concat();
    let tensor = [count(1, 1), field(2, &dims)].concat();
    let kind = field(2, &field(1, &tensor));
    let input = [field(1, b"x"), kind.clone()].concat();
    let output = [field(1, b"y"), kind].concat();
    let graph = [field(1, &node), field(5, &list.concat()), field(11, &input), field(12, &output)];
    [count(1, 8), field(8, &count(2, 17)), field(7, &graph.concat())].concat()
}

/// A few bytes can ask for any shape. What is granted goes with the file's size.
#[test]
fn shapes_are_not_believed() {
    let mut most = 0;
    for size in [1_000, 400_000, 700_000, 1_000_000, 4_000_000, 8_000_000, 16_000_000, 1 << 40] {
        for (operator, integers) in [
            ("Expand", vec![1, size]),
            ("Tile", vec![1, size]),
            ("Pad", vec![0, 0, 0, size - 1]),
            ("Pad", vec![0, size / 2, 0, size / 2]),
        ] {
            let bytes = onnx(operator, &integers, &[]);
            assert!(bytes.len() < 300);
            let before = ALLOCATOR.current_usage();
            ALLOCATOR.reset_peak_usage();
            let network = Network::from_onnx(&bytes);
            let peak = ALLOCATOR.peak_usage().saturating_sub(before);
            assert_eq!(network.is_ok(), size <= 400_000, "{operator} {size}: {:?}", network.err());
            assert!(peak < 128_000_000, "{operator} {size}: {peak}");
            most = most.max(peak);
        }
    }
    eprintln!("at most {most} bytes");
}

/// Whatever axes are named, once or twice, within the rank or beyond it: a network or an error.
#[test]
fn any_axes_are_read_or_refused() {
    let axes: Vec<i64> = (-4..=4).collect();
    let mut read = 0;
    for operator in ["Unsqueeze", "Squeeze"] {
        for &one in &axes {
            for &two in &axes {
                for list in [vec![one], vec![one, two], vec![one, two, one]] {
                    let distinct =
                        list.iter().all(|a| list.iter().filter(|b| a == *b).count() == 1);
                    let network = Network::from_onnx(&onnx(operator, &list, &[]));
                    assert!(network.is_err() || distinct, "{operator} {list:?}");
                    read += usize::from(network.is_ok());
                }
            }
        }
    }
    assert!(read > 0);
}
