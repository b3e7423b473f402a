//! State dictionaries that PyTorch saves: an archive with a pickle and the numbers.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::layout;
use crate::pickle::{self, Id, Item, Pickle, View};
use crate::tensor::Tensor;
use crate::{ModelError, Network, architecture};

/// Numbers of all tensors at most.
const LARGEST: usize = 1 << 25;

/// Bytes of a pickle at most: names and shapes of some ten thousand tensors.
const PICKLE: usize = 1 << 22;

/// Reads a network from the bytes of a PyTorch file and the text of an architecture.
pub(crate) fn read(bytes: &[u8], text: Option<&str>) -> Result<Network, ModelError> {
    architecture::build(&tensors(bytes)?, text)
}

/// All tensors of the state dictionary, in its order.
fn tensors(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, ModelError> {
    let mut archive = Archive::open(bytes)?;
    let pickle = pickle::read(&archive.entry("data.pkl", PICKLE)?)?;
    if archive.entry("byteorder", 16).is_ok_and(|order| order == b"big") {
        let what = "numbers with the highest byte first".into();
        return Err(ModelError::NotRead { what, hint: "save it on a machine of the usual order" });
    }
    let mut storages: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    let mut room = LARGEST;
    let mut tensors: Vec<(String, Tensor)> = Vec::new();
    let mut names = BTreeSet::new();
    for (name, view) in state(&pickle)? {
        if !names.insert(name) {
            return Err(ModelError::DuplicateTensor { tensor: name.into() });
        }
        let Item::Storage { number, kind, key } = &pickle.items[view.storage] else {
            return Err(ModelError::tensor(name, "it has no storage"));
        };
        // Tensors may share their numbers.
        let storage = match storages.entry((kind, key)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let fail = |problem: String| ModelError::tensor(name, problem);
                let number =
                    number.ok_or_else(|| fail(format!("numbers of {kind} are not supported")))?;
                let numbers = number.read_all(&archive.entry(&format!("data/{key}"), usize::MAX)?);
                entry.insert(numbers.ok_or_else(|| fail("its last number is cut".into()))?)
            }
        };
        let tensor = view_of(storage, view, name, &mut room)?;
        tensors.push((name.into(), tensor));
    }
    Ok(tensors)
}

/// The named tensors of the state dictionary: the pickle's own, or the one within it.
fn state(pickle: &Pickle) -> Result<Vec<(&str, &View)>, ModelError> {
    let entries = match &pickle.items[pickle.root] {
        Item::Dictionary(entries) => entries,
        Item::Object(class) => {
            return Err(ModelError::NotRead {
                what: format!("an object of class {class}"),
                hint: "save its numbers alone: torch.save(model.state_dict(), path)",
            });
        }
        _ => return Err(no_state()),
    };
    let own = named_tensors(pickle, pickle.root);
    if !own.is_empty() {
        return Ok(own);
    }
    let mut inner: Vec<(&str, Id)> =
        entries.iter().filter_map(|&(k, v)| Some((text(pickle, k)?, v))).collect();
    let mut seen = BTreeSet::new();
    inner.retain(|(_, id)| seen.insert(*id));
    let mut found: Vec<(&str, Vec<(&str, &View)>)> =
        inner.into_iter().map(|(name, id)| (name, named_tensors(pickle, id))).collect();
    found.retain(|(_, tensors)| !tensors.is_empty());
    let usual = ["state_dict", "model_state_dict", "model", "net", "network"];
    let chosen = usual.iter().find_map(|usual| found.iter().position(|(name, _)| name == usual));
    match (chosen, found.len()) {
        (Some(index), _) => Ok(found.swap_remove(index).1),
        (None, 1) => Ok(found.remove(0).1),
        _ => Err(no_state()),
    }
}

fn no_state() -> ModelError {
    ModelError::NotRead {
        what: "no state dictionary, or several".into(),
        hint: "save it alone: torch.save(model.state_dict(), path)",
    }
}

fn named_tensors(pickle: &Pickle, id: Id) -> Vec<(&str, &View)> {
    let Item::Dictionary(entries) = &pickle.items[id] else { return Vec::new() };
    let tensor = |&(key, value): &(Id, Id)| match &pickle.items[value] {
        Item::Tensor(view) => Some((text(pickle, key)?, view)),
        _ => None,
    };
    entries.iter().filter_map(tensor).collect()
}

fn text(pickle: &Pickle, id: Id) -> Option<&str> {
    match &pickle.items[id] {
        Item::Text(text) => Some(text),
        _ => None,
    }
}

/// Some elements of a storage as a tensor.
fn view_of(
    storage: &[f64],
    view: &View,
    name: &str,
    room: &mut usize,
) -> Result<Tensor, ModelError> {
    let fail = |problem: &str| ModelError::tensor(name, problem);
    let count = view.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let count = count.filter(|count| count <= room && view.shape.len() == view.strides.len());
    let count = count.ok_or_else(|| fail("its shape is too large or does not fit its strides"))?;
    *room -= count;
    let mut last = Some(view.offset);
    for (size, stride) in view.shape.iter().zip(&view.strides) {
        let span = size.saturating_sub(1).checked_mul(*stride);
        last = last.zip(span).and_then(|(last, span)| last.checked_add(span));
    }
    if count > 0 && last.is_none_or(|last| last >= storage.len()) {
        return Err(fail("it reaches beyond the stored numbers"));
    }
    let strides: Vec<isize> = view.strides.iter().map(|stride| stride.cast_signed()).collect();
    let elements = layout::walk(&view.shape, &strides, view.offset);
    let data = elements.into_iter().map(|index| storage[index as usize]).collect();
    Tensor::new(name, view.shape.clone(), data)
}

struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// The folder of everything in the archive, with a slash.
    root: String,
    /// Bytes that entries may still have: together no more than the file.
    left: usize,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, ModelError> {
        if !bytes.starts_with(b"PK") {
            return Err(ModelError::NotRead {
                what: "no archive of PyTorch 1.6 or newer".into(),
                hint: "load it with PyTorch and save it again: torch.save(model.state_dict(), path)",
            });
        }
        let zip = ZipArchive::new(Cursor::new(bytes));
        let zip = zip.map_err(|problem| ModelError::malformed("PyTorch", &problem))?;
        let root = zip.file_names().find_map(|name| name.strip_suffix("data.pkl"));
        let root = root.filter(|root| root.is_empty() || root.ends_with('/'));
        let missing = || ModelError::malformed("PyTorch", &"the archive holds no data.pkl");
        let root = root.ok_or_else(missing)?.to_owned();
        if zip.index_for_name(&format!("{root}constants.pkl")).is_some() {
            return Err(ModelError::NotRead {
                what: "a TorchScript program".into(),
                hint: "export the model to ONNX, or save its state_dict()",
            });
        }
        Ok(Self { zip, root, left: bytes.len() })
    }

    fn entry(&mut self, name: &str, largest: usize) -> Result<Vec<u8>, ModelError> {
        let fail = |problem: &dyn ToString| {
            ModelError::malformed("PyTorch", &format!("entry {name}: {}", problem.to_string()))
        };
        let path = format!("{}{name}", self.root);
        let entry = self.zip.by_name(&path).map_err(|problem| fail(&problem))?;
        let largest = largest.min(self.left);
        let mut bytes = Vec::new();
        let limit = u64::try_from(largest).unwrap_or(u64::MAX);
        entry.take(limit + 1).read_to_end(&mut bytes).map_err(|problem| fail(&problem))?;
        if bytes.len() > largest {
            return Err(fail(&"it is too large"));
        }
        self.left -= bytes.len();
        Ok(bytes)
    }
}
