//! The part of Python's pickle language in which PyTorch writes state dictionaries.
//!
//! A pickle is a program; this interpreter knows data, and a few functions that make tensors.
//! Everything else becomes an opaque value. Values refer to one another by index and are never
//! copied, and each operation adds at most one: no file can make them deep, nor take more memory
//! than a small multiple of its own size.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::ModelError;
use crate::tensor::Number;

/// The index of a value.
pub(crate) type Id = usize;

/// A value of the pickle.
#[derive(Clone, Debug)]
pub(crate) enum Item<'a> {
    Other,
    Int(i64),
    Text(&'a str),
    /// A tuple, a list or a set.
    Sequence(Vec<u32>),
    /// Keys and values by turns.
    Dictionary(Vec<u32>),
    /// A class or function, as `module.name`.
    Global(Rc<str>),
    /// What a call of something that is not known has made, or an instance of a class.
    Object(Rc<str>),
    /// Numbers in the archive's entry of that key: the sequence that names them.
    Storage(u32),
    /// The sequence of arguments that a tensor is made from.
    Tensor(u32),
}

/// Numbers in the archive.
pub(crate) struct Storage<'a> {
    /// `None` for kinds that are not read.
    pub(crate) number: Option<Number>,
    pub(crate) kind: &'a str,
    pub(crate) key: &'a str,
}

/// A tensor within a storage.
pub(crate) struct View<'a> {
    pub(crate) storage: Storage<'a>,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

/// Axes of a tensor at most, as in PyTorch.
const AXES: usize = 64;

/// All values of a pickle. The first one is [`Item::Other`], for everything that is not needed.
pub(crate) struct Pickle<'a> {
    items: Vec<Item<'a>>,
    root: Id,
}

/// Runs a pickle.
pub(crate) fn read(bytes: &[u8]) -> Result<Pickle<'_>, ModelError> {
    let mut machine = Machine {
        bytes,
        // What Python writes for a value takes two bytes or more.
        room: bytes.len() / 2 + 64,
        items: vec![Item::Other],
        stack: vec![],
        marks: vec![],
        memo: BTreeMap::new(),
    };
    let root = machine.run()?;
    Ok(Pickle { items: machine.items, root: root as Id })
}

impl Pickle<'_> {
    /// The value that the whole pickle stands for.
    pub(crate) fn root(&self) -> Id {
        self.root
    }

    pub(crate) fn item(&self, id: Id) -> &Item<'_> {
        &self.items[id]
    }

    /// The entries of a dictionary whose keys are texts.
    pub(crate) fn entries(&self, id: Id) -> impl Iterator<Item = (&str, Id)> {
        let flat: &[u32] = match &self.items[id] {
            Item::Dictionary(entries) => entries,
            _ => &[],
        };
        flat.chunks_exact(2).filter_map(|pair| match self.items[pair[0] as Id] {
            Item::Text(key) => Some((key, pair[1] as Id)),
            _ => None,
        })
    }

    /// What a tensor's arguments say.
    pub(crate) fn view(&self, arguments: u32) -> Result<View<'_>, ModelError> {
        let [storage, offset, shape, strides, ..] = self.sequence(arguments) else {
            return Err(broken("a tensor without a shape"));
        };
        let Item::Storage(name) = self.items[*storage as Id] else {
            return Err(broken("a tensor without numbers"));
        };
        Ok(View {
            storage: self.storage(name)?,
            offset: self.size(*offset)?,
            shape: self.sizes(*shape)?,
            strides: self.sizes(*strides)?,
        })
    }

    /// What `("storage", class, key, device, count)` stands for.
    fn storage(&self, name: u32) -> Result<Storage<'_>, ModelError> {
        let named = match self.sequence(name) {
            [_, class, key, ..] => (&self.items[*class as Id], &self.items[*key as Id]),
            _ => (&Item::Other, &Item::Other),
        };
        let (Item::Global(kind), Item::Text(key)) = named else {
            return Err(broken("numbers without a key"));
        };
        let number = match &**kind {
            "torch.DoubleStorage" => Some(Number::F64),
            "torch.FloatStorage" => Some(Number::F32),
            "torch.HalfStorage" => Some(Number::F16),
            "torch.BFloat16Storage" => Some(Number::BF16),
            "torch.LongStorage" => Some(Number::I64),
            "torch.IntStorage" => Some(Number::I32),
            "torch.CharStorage" => Some(Number::I8),
            "torch.ByteStorage" | "torch.BoolStorage" => Some(Number::U8),
            _ => None,
        };
        Ok(Storage { number, kind, key })
    }

    fn sequence(&self, id: u32) -> &[u32] {
        match &self.items[id as Id] {
            Item::Sequence(items) => items,
            _ => &[],
        }
    }

    fn sizes(&self, id: u32) -> Result<Vec<usize>, ModelError> {
        let sizes = self.sequence(id);
        if sizes.len() > AXES {
            return Err(broken(&format!("a tensor of {} axes", sizes.len())));
        }
        sizes.iter().map(|&size| self.size(size)).collect()
    }

    fn size(&self, id: u32) -> Result<usize, ModelError> {
        match self.items[id as Id] {
            Item::Int(size) => usize::try_from(size).map_err(|_| broken("a negative size")),
            _ => Err(broken("a size that is no integer")),
        }
    }
}

struct Machine<'a> {
    /// What is left to read.
    bytes: &'a [u8],
    /// Values that may still be made.
    room: usize,
    items: Vec<Item<'a>>,
    stack: Vec<u32>,
    /// Heights of the stack.
    marks: Vec<u32>,
    memo: BTreeMap<u32, u32>,
}

/// The value that stands for all that are not needed.
const OTHER: u32 = 0;

fn broken(problem: &str) -> ModelError {
    ModelError::malformed("PyTorch", &problem)
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<u32, ModelError> {
        loop {
            let [code] = self.array()?;
            match code {
                b'.' => return self.pop(),
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'(' => self.marks.push(narrow(self.stack.len())?),
                b'q' | b'r' => {
                    let (index, top) = (self.index(code == b'q')?, self.top()?);
                    self.memo.insert(index, top);
                }
                0x94 => {
                    let (index, top) = (narrow(self.memo.len())?, self.top()?);
                    self.memo.insert(index, top);
                }
                b'h' | b'j' => {
                    let index = self.index(code == b'h')?;
                    let known = self.memo.get(&index).copied();
                    self.stack.push(known.ok_or_else(|| broken("a value is missing"))?);
                }
                b'2' => self.stack.push(self.top()?),
                b'1' => drop(self.since_mark()?),
                // The state of an object: names of submodules' versions, for a dictionary.
                b'0' | b'b' => drop(self.pop()?),
                b't' | b'l' | 0x91 => {
                    let items = self.since_mark()?;
                    self.push(Item::Sequence(items))?;
                }
                0x85..=0x87 => {
                    let items = self.last(usize::from(code - 0x84))?;
                    self.push(Item::Sequence(items))?;
                }
                b'd' => {
                    let entries = self.since_mark()?;
                    self.push(Item::Dictionary(pairs(entries)))?;
                }
                b's' => {
                    let entry = self.last(2)?;
                    self.insert(entry)?;
                }
                b'u' => {
                    let entries = self.since_mark()?;
                    self.insert(entries)?;
                }
                b'a' => {
                    let item = self.last(1)?;
                    self.append(&item)?;
                }
                b'e' | 0x90 => {
                    let items = self.since_mark()?;
                    self.append(&items)?;
                }
                0x92 => {
                    let [class, arguments, _] = self.last(3)?[..] else { continue };
                    self.call(class, arguments)?;
                }
                b'R' | 0x81 => {
                    let (arguments, callable) = (self.pop()?, self.pop()?);
                    self.call(callable, arguments)?;
                }
                b'Q' => {
                    let name = self.pop()?;
                    self.push(Item::Storage(name))?;
                }
                _ => self.literal(code)?,
            }
        }
    }

    /// Operations that push a value on their own.
    fn literal(&mut self, code: u8) -> Result<(), ModelError> {
        let item = match code {
            b'N' | 0x88 | 0x89 => Item::Other,
            b'}' => Item::Dictionary(vec![]),
            b']' | b')' | 0x8f => Item::Sequence(vec![]),
            b'J' => Item::Int(i32::from_le_bytes(self.array()?).into()),
            b'K' => Item::Int(u8::from_le_bytes(self.array()?).into()),
            b'M' => Item::Int(u16::from_le_bytes(self.array()?).into()),
            0x8a => long(self.sized(1)?),
            0x8b => long(self.sized(4)?),
            b'G' => self.skip(8)?,
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            0x8d => self.text(8)?,
            b'U' | b'C' => self.skip_sized(1)?,
            b'T' | b'B' => self.skip_sized(4)?,
            0x8e | 0x96 => self.skip_sized(8)?,
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                Item::Global(format!("{module}.{name}").into())
            }
            0x93 => {
                let names = self.last(2)?;
                match names[..].iter().map(|&id| &self.items[id as Id]).collect::<Vec<_>>()[..] {
                    [Item::Text(module), Item::Text(name)] => {
                        Item::Global(format!("{module}.{name}").into())
                    }
                    _ => return Err(broken("a class without a name")),
                }
            }
            other => return Err(broken(&format!("operation {other:#x} is not known"))),
        };
        self.push(item)
    }

    fn push(&mut self, item: Item<'a>) -> Result<(), ModelError> {
        let id = match item {
            Item::Other => OTHER,
            item => {
                let problem = "it makes more values than its size can explain";
                self.room = self.room.checked_sub(1).ok_or_else(|| broken(problem))?;
                self.items.push(item);
                narrow(self.items.len() - 1)?
            }
        };
        self.stack.push(id);
        Ok(())
    }

    fn pop(&mut self) -> Result<u32, ModelError> {
        self.stack.pop().ok_or_else(|| broken("an empty stack"))
    }

    fn top(&self) -> Result<u32, ModelError> {
        self.stack.last().copied().ok_or_else(|| broken("an empty stack"))
    }

    /// Takes so many values from the stack.
    fn last(&mut self, count: usize) -> Result<Vec<u32>, ModelError> {
        let start = self.stack.len().checked_sub(count);
        Ok(self.stack.drain(start.ok_or_else(|| broken("an empty stack"))?..).collect())
    }

    fn since_mark(&mut self) -> Result<Vec<u32>, ModelError> {
        let mark = self.marks.pop().map(|mark| mark as usize);
        let mark = mark.filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.drain(mark.ok_or_else(|| broken("a mark is missing"))?..).collect())
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let (taken, rest) =
            self.bytes.split_at_checked(count).ok_or_else(|| broken("it ends too early"))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let (taken, rest) =
            self.bytes.split_first_chunk().ok_or_else(|| broken("it ends too early"))?;
        self.bytes = rest;
        Ok(*taken)
    }

    /// An index of one byte or of four.
    fn index(&mut self, short: bool) -> Result<u32, ModelError> {
        if short {
            return Ok(u32::from(self.array::<1>()?[0]));
        }
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Bytes behind their count, which has 1, 4 or 8 bytes.
    fn sized(&mut self, width: usize) -> Result<&'a [u8], ModelError> {
        let size = match width {
            8 => u64::from_le_bytes(self.array()?),
            width => u64::from(self.index(width == 1)?),
        };
        self.take(usize::try_from(size).unwrap_or(usize::MAX))
    }

    fn skip(&mut self, count: usize) -> Result<Item<'a>, ModelError> {
        self.take(count)?;
        Ok(Item::Other)
    }

    fn skip_sized(&mut self, width: usize) -> Result<Item<'a>, ModelError> {
        self.sized(width)?;
        Ok(Item::Other)
    }

    fn text(&mut self, width: usize) -> Result<Item<'a>, ModelError> {
        let text = std::str::from_utf8(self.sized(width)?);
        Ok(Item::Text(text.map_err(|_| broken("text that is not UTF-8"))?))
    }

    fn line(&mut self) -> Result<&'a str, ModelError> {
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let line = self.take(end.ok_or_else(|| broken("it ends too early"))?)?;
        self.take(1)?;
        std::str::from_utf8(line).map_err(|_| broken("text that is not UTF-8"))
    }

    fn insert(&mut self, items: Vec<u32>) -> Result<(), ModelError> {
        let target = self.top()? as Id;
        if let Item::Dictionary(entries) = &mut self.items[target] {
            entries.extend(pairs(items));
        }
        Ok(())
    }

    fn append(&mut self, items: &[u32]) -> Result<(), ModelError> {
        let target = self.top()? as Id;
        if let Item::Sequence(entries) = &mut self.items[target] {
            entries.extend(items);
        }
        Ok(())
    }

    /// Pushes the result of a function or class.
    fn call(&mut self, callable: u32, arguments: u32) -> Result<(), ModelError> {
        let Item::Global(name) = &self.items[callable as Id] else {
            return self.push(Item::Object("a function that is computed".into()));
        };
        let first = match &self.items[arguments as Id] {
            Item::Sequence(items) => items.first().copied(),
            _ => None,
        };
        let item = match (&**name, first) {
            ("collections.OrderedDict", _) => Item::Dictionary(vec![]),
            ("torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor", _) => {
                Item::Tensor(arguments)
            }
            (
                "torch._utils._rebuild_parameter"
                | "torch._utils._rebuild_parameter_with_state"
                | "torch.Size",
                Some(first),
            ) => {
                self.stack.push(first);
                return Ok(());
            }
            _ => Item::Object(name.clone()),
        };
        self.push(item)
    }
}

/// An integer of any length, if it is one of 64 bits.
fn long<'a>(bytes: &[u8]) -> Item<'a> {
    let mut wide = [if bytes.last().is_some_and(|&top| top >= 0x80) { 0xff } else { 0 }; 8];
    match wide.get_mut(..bytes.len()) {
        Some(low) => low.copy_from_slice(bytes),
        None => return Item::Other,
    }
    Item::Int(i64::from_le_bytes(wide))
}

/// Keys and values by turns, without a last key that has no value.
fn pairs(mut items: Vec<u32>) -> Vec<u32> {
    items.truncate(items.len() / 2 * 2);
    items
}

/// Counts are below that of the pickle's bytes.
fn narrow(count: usize) -> Result<u32, ModelError> {
    u32::try_from(count).map_err(|_| broken("too many values"))
}
