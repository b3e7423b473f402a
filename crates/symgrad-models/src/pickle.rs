//! The part of Python's pickle language in which PyTorch writes state dictionaries.
//!
//! A pickle is a program; this interpreter knows data, and a few functions that make tensors.
//! Everything else becomes an opaque value. Values refer to one another by index, so that no
//! file can make them deep.

use std::collections::BTreeMap;

use crate::ModelError;
use crate::tensor::Number;

/// The index of a value.
pub(crate) type Id = usize;

/// A value of the pickle.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Other,
    Int(i64),
    Text(String),
    /// A tuple or a list.
    Sequence(Vec<Id>),
    Dictionary(Vec<(Id, Id)>),
    /// A class or function, as `module.name`.
    Global(String),
    /// An instance of a class that is not known.
    Object(String),
    /// Numbers in the archive's entry of that key.
    Storage {
        number: Option<Number>,
        kind: String,
        key: String,
    },
    Tensor(View),
}

/// A tensor within a storage.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) storage: Id,
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

/// All values of a pickle.
pub(crate) struct Pickle {
    pub(crate) items: Vec<Item>,
    pub(crate) root: Id,
}

/// Runs a pickle.
pub(crate) fn read(bytes: &[u8]) -> Result<Pickle, ModelError> {
    let mut machine =
        Machine { bytes, items: vec![], stack: vec![], marks: vec![], memo: BTreeMap::new() };
    let root = machine.run()?;
    Ok(Pickle { items: machine.items, root })
}

struct Machine<'a> {
    /// What is left to read.
    bytes: &'a [u8],
    items: Vec<Item>,
    stack: Vec<Id>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Id>,
}

fn broken(problem: &str) -> ModelError {
    ModelError::malformed("PyTorch", &problem)
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Id, ModelError> {
        loop {
            let [code] = self.array()?;
            match code {
                b'.' => return self.pop(),
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'(' => self.marks.push(self.stack.len()),
                b'q' | b'r' => {
                    let index = self.index(code == b'q')?;
                    let top = self.top()?;
                    self.memo.insert(index, top);
                }
                0x94 => {
                    let index = u32::try_from(self.memo.len());
                    let top = self.top()?;
                    self.memo.insert(index.map_err(|_| broken("too many values"))?, top);
                }
                b'h' | b'j' => {
                    let index = self.index(code == b'h')?;
                    let id = self.recall(index)?;
                    self.stack.push(id);
                }
                b'c' => {
                    let module = self.line()?;
                    let name = self.line()?;
                    self.push(Item::Global(format!("{module}.{name}")));
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    let global = match (&self.items[module], &self.items[name]) {
                        (Item::Text(module), Item::Text(name)) => format!("{module}.{name}"),
                        _ => return Err(broken("a class without a name")),
                    };
                    self.push(Item::Global(global));
                }
                b't' | b'l' => {
                    let items = self.since_mark()?;
                    self.push(Item::Sequence(items));
                }
                0x85..=0x87 => {
                    let start = self.stack.len().checked_sub(usize::from(code - 0x84));
                    let start = start.ok_or_else(|| broken("an empty stack"))?;
                    let items = self.stack.split_off(start);
                    self.push(Item::Sequence(items));
                }
                b'd' => {
                    let entries = pairs(&self.since_mark()?);
                    self.push(Item::Dictionary(entries));
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.insert(&[key, value])?;
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.insert(&items)?;
                }
                b'a' => {
                    let item = self.pop()?;
                    self.append(&[item])?;
                }
                b'e' => {
                    let items = self.since_mark()?;
                    self.append(&items)?;
                }
                b'R' | 0x81 => {
                    let (arguments, callable) = (self.pop()?, self.pop()?);
                    let result = self.call(callable, arguments)?;
                    self.stack.push(result);
                }
                // The state of an object: names of submodules' versions, for a dictionary.
                b'b' | b'0' => drop(self.pop()?),
                b'Q' => {
                    let id = self.pop()?;
                    let storage = self.storage(id)?;
                    self.push(storage);
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
            b']' | b')' => Item::Sequence(vec![]),
            b'J' => Item::Int(i32::from_le_bytes(self.array()?).into()),
            b'K' => Item::Int(u8::from_le_bytes(self.array()?).into()),
            b'M' => Item::Int(u16::from_le_bytes(self.array()?).into()),
            0x8a => long(self.sized(1)?),
            b'G' => {
                self.take(8)?;
                Item::Other
            }
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            b'U' | b'C' => {
                self.sized(1)?;
                Item::Other
            }
            b'T' | b'B' => {
                self.sized(4)?;
                Item::Other
            }
            other => return Err(broken(&format!("operation {other:#x} is not known"))),
        };
        self.push(item);
        Ok(())
    }

    fn push(&mut self, item: Item) {
        self.stack.push(self.items.len());
        self.items.push(item);
    }

    fn pop(&mut self) -> Result<Id, ModelError> {
        self.stack.pop().ok_or_else(|| broken("an empty stack"))
    }

    fn top(&self) -> Result<Id, ModelError> {
        self.stack.last().copied().ok_or_else(|| broken("an empty stack"))
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, ModelError> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or_else(|| broken("a mark is missing"))?))
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

    fn sized(&mut self, width: usize) -> Result<&'a [u8], ModelError> {
        let size = self.index(width == 1)?;
        self.take(usize::try_from(size).unwrap_or(usize::MAX))
    }

    fn text(&mut self, width: usize) -> Result<Item, ModelError> {
        let text = std::str::from_utf8(self.sized(width)?);
        Ok(Item::Text(text.map_err(|_| broken("text that is not UTF-8"))?.to_owned()))
    }

    fn line(&mut self) -> Result<String, ModelError> {
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| broken("it ends too early"))?;
        let line = String::from_utf8_lossy(self.take(end)?).into_owned();
        self.take(1)?;
        Ok(line)
    }

    fn recall(&self, index: u32) -> Result<Id, ModelError> {
        self.memo.get(&index).copied().ok_or_else(|| broken("a value is missing"))
    }

    fn insert(&mut self, items: &[Id]) -> Result<(), ModelError> {
        let target = self.top()?;
        if let Item::Dictionary(entries) = &mut self.items[target] {
            entries.extend(pairs(items));
        }
        Ok(())
    }

    fn append(&mut self, items: &[Id]) -> Result<(), ModelError> {
        let target = self.top()?;
        if let Item::Sequence(entries) = &mut self.items[target] {
            entries.extend(items);
        }
        Ok(())
    }

    fn sequence(&self, id: Id) -> &[Id] {
        match &self.items[id] {
            Item::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The result of a function or class.
    fn call(&mut self, callable: Id, arguments: Id) -> Result<Id, ModelError> {
        let Item::Global(name) = &self.items[callable] else {
            return Err(broken("a call of something that is no function"));
        };
        let arguments = self.sequence(arguments);
        let item = match (name.as_str(), arguments) {
            ("collections.OrderedDict", _) => Item::Dictionary(vec![]),
            (
                "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state",
                [data, ..],
            ) => return Ok(*data),
            (
                "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor",
                [storage, offset, shape, strides, ..],
            ) => Item::Tensor(View {
                storage: *storage,
                offset: self.sizes(&[*offset])?[0],
                shape: self.sizes(self.sequence(*shape))?,
                strides: self.sizes(self.sequence(*strides))?,
            }),
            ("torch.Size", [sizes, ..]) => self.items[*sizes].clone(),
            _ => Item::Object(name.clone()),
        };
        self.items.push(item);
        Ok(self.items.len() - 1)
    }

    fn sizes(&self, ids: &[Id]) -> Result<Vec<usize>, ModelError> {
        ids.iter()
            .map(|&id| match self.items[id] {
                Item::Int(size) => usize::try_from(size).map_err(|_| broken("a negative size")),
                _ => Err(broken("a size that is no integer")),
            })
            .collect()
    }

    /// What `("storage", class, key, device, count)` stands for.
    fn storage(&self, id: Id) -> Result<Item, ModelError> {
        let [_, class, key, ..] = self.sequence(id) else {
            return Err(broken("a storage without a key"));
        };
        let (Item::Global(kind), Item::Text(key)) = (&self.items[*class], &self.items[*key]) else {
            return Err(broken("a storage without a key"));
        };
        let number = match kind.as_str() {
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
        Ok(Item::Storage { number, kind: kind.clone(), key: key.clone() })
    }
}

/// An integer of any length, if it is one of 64 bits.
fn long(bytes: &[u8]) -> Item {
    let mut wide = [if bytes.last().is_some_and(|&top| top >= 0x80) { 0xff } else { 0 }; 8];
    match wide.get_mut(..bytes.len()) {
        Some(low) => low.copy_from_slice(bytes),
        None => return Item::Other,
    }
    Item::Int(i64::from_le_bytes(wide))
}

fn pairs(items: &[Id]) -> Vec<(Id, Id)> {
    items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}
