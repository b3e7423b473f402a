//! What a file would take in memory, found before anything is allocated.
//!
//! In the file an empty message takes two bytes, in memory hundreds. So the file is scanned first:
//! its messages, texts and lists of numbers are counted with the sizes they will have.

use std::mem::size_of;

use super::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::ModelError;

/// Bytes of memory for each byte of the file, and those that every file may take.
const FACTOR: usize = 8;
const FREE: usize = 32 << 20;

/// Numbers for each byte of the file that what is computed for one point may take, tables of indices
/// included, and those that every file may have: a few bytes can ask for any shape. While a table is
/// made it takes some 16 bytes for each number, for a moment 32.
const NUMBERS: (usize, usize) = (256, 1 << 21);

/// Messages within messages that the decoder follows.
const DEPTH: usize = 100;

/// Refuses a file whose contents would take much more memory than the file.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ModelError> {
    let granted = bytes.len().saturating_mul(FACTOR).saturating_add(FREE);
    let mut left = granted;
    if scan(bytes, Message::Model, DEPTH, &mut left).is_some() {
        return Ok(());
    }
    let size = bytes.len();
    Err(ModelError::malformed(
        "ONNX",
        &format!("its {size} bytes would become more than {granted} in memory"),
    ))
}

/// Numbers that a file of so many bytes may have computed for one point; a plan has a limit besides.
pub(crate) fn numbers(bytes: usize) -> usize {
    bytes.saturating_mul(NUMBERS.0).saturating_add(NUMBERS.1)
}

#[derive(Clone, Copy)]
enum Message {
    Model,
    OperatorSet,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Dimension,
}

/// What a field becomes.
enum Field {
    Message(Message),
    /// One of a list of texts.
    Text,
    /// One of a list of numbers, or all of it, of that many bytes each: those of the decoder, and
    /// for integers those that the graph's walk makes of them.
    Numbers(usize),
    Other,
}

impl Message {
    fn size(self) -> usize {
        match self {
            Self::Model => size_of::<ModelProto>(),
            Self::OperatorSet => size_of::<OperatorSetProto>(),
            Self::Graph => size_of::<GraphProto>(),
            Self::Node => size_of::<NodeProto>(),
            Self::Attribute => size_of::<AttributeProto>(),
            Self::Tensor => size_of::<TensorProto>(),
            Self::ValueInfo => size_of::<ValueInfoProto>(),
            Self::Type => size_of::<TypeProto>(),
            Self::TensorType => size_of::<TensorTypeProto>(),
            Self::Shape => size_of::<TensorShapeProto>(),
            Self::Dimension => size_of::<DimensionProto>(),
        }
    }

    /// The fields that are read, as in `proto.rs`.
    fn field(self, number: u64) -> Field {
        match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6) => Field::Message(Self::Graph),
            (Self::Model, 8) => Field::Message(Self::OperatorSet),
            (Self::Graph, 1) => Field::Message(Self::Node),
            (Self::Graph | Self::Attribute, 5) => Field::Message(Self::Tensor),
            (Self::Graph, 11 | 12) => Field::Message(Self::ValueInfo),
            (Self::Node, 5) => Field::Message(Self::Attribute),
            (Self::ValueInfo, 2) => Field::Message(Self::Type),
            (Self::Type, 1) => Field::Message(Self::TensorType),
            (Self::TensorType, 2) => Field::Message(Self::Shape),
            (Self::Shape, 1) => Field::Message(Self::Dimension),
            (Self::Node, 1 | 2) | (Self::Attribute, 9) => Field::Text,
            (Self::Attribute, 7) | (Self::Tensor, 4) => Field::Numbers(size_of::<f32>()),
            (Self::Tensor, 10) => Field::Numbers(size_of::<f64>()),
            (Self::Attribute, 8) | (Self::Tensor, 1 | 5 | 7) => Field::Numbers(40),
            _ => Field::Other,
        }
    }
}

/// Takes what a message needs from what is left; `None` if that is not enough. Damage ends the
/// scan early, as it ends the decoder.
fn scan(mut bytes: &[u8], message: Message, depth: usize, left: &mut usize) -> Option<()> {
    let take = |left: &mut usize, bytes: usize| {
        *left = left.checked_sub(bytes)?;
        Some(())
    };
    // Lists grow by doubling.
    take(left, 2 * message.size())?;
    while let Some(tag) = varint(&mut bytes) {
        let field = message.field(tag >> 3);
        let content = match tag & 7 {
            0 if varint(&mut bytes).is_some() => &[][..],
            1 => split(&mut bytes, 8),
            5 => split(&mut bytes, 4),
            2 => {
                let length = varint(&mut bytes).and_then(|length| usize::try_from(length).ok());
                let Some(length) = length.filter(|&length| length <= bytes.len()) else { break };
                split(&mut bytes, length)
            }
            _ => break,
        };
        match field {
            Field::Message(inner) if tag & 7 == 2 && depth > 0 => {
                scan(content, inner, depth - 1, left)?;
            }
            Field::Text => take(left, 2 * size_of::<String>() + content.len())?,
            // Packed numbers end with a byte below 128, and others are alone.
            Field::Numbers(size) => {
                let packed = match size {
                    4 | 8 => content.len() / size,
                    _ => content.iter().filter(|byte| **byte < 128).count(),
                };
                take(left, size * packed.max(1))?;
            }
            Field::Message(_) | Field::Other => take(left, content.len())?,
        }
    }
    Some(())
}

fn split<'a>(bytes: &mut &'a [u8], at: usize) -> &'a [u8] {
    let (first, rest) = bytes.split_at(at.min(bytes.len()));
    *bytes = rest;
    first
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 127) << (7 * place).min(63);
        if byte < 128 {
            return Some(value);
        }
    }
    None
}
