//! State dictionaries that PyTorch saves: an archive with a pickle and the numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::architecture::{self, Architecture, Weights};
use crate::note::Note;
use crate::pickle::{self, Id, Item, Pickle, View};
use crate::tensor::{Number, Tensor};
use crate::{ModelError, Network};

/// Numbers of all tensors at most.
const LARGEST: usize = 1 << 25;

/// Bytes of a pickle at most: names and shapes of some ten thousand tensors.
const PICKLE: usize = 1 << 22;

/// Reads a network from the bytes of a PyTorch file and the text of an architecture.
pub(crate) fn read(bytes: &[u8], text: Option<&str>) -> Result<Network, ModelError> {
    let architecture = Architecture::parse(text)?;
    let wanted = architecture.as_ref().and_then(|a| a.state_dict.as_deref());
    architecture::build(weights(bytes, wanted)?, architecture)
}

/// All tensors of the state dictionary, in its order.
fn weights(bytes: &[u8], wanted: Option<&str>) -> Result<Weights, ModelError> {
    let mut archive = Archive::open(bytes)?;
    let program = archive.entry("data.pkl", PICKLE)?;
    let pickle = pickle::read(&program)?;
    if archive.entry("byteorder", 16).is_ok_and(|order| order == b"big") {
        let what = "numbers with the highest byte first".into();
        return Err(ModelError::NotRead { what, hint: "save it on a machine of the usual order" });
    }
    let (part, note) = choose(&pickle, wanted)?;
    if let Some((name, class)) = part.objects.first() {
        let problem = format!("a tensor of {class} is not supported; save an ordinary one");
        return Err(ModelError::tensor(name, problem));
    }
    let mut storages: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    // Tensors may share their numbers, and repeat them, but not without end.
    let mut room = LARGEST.min(bytes.len().saturating_mul(2));
    let mut tensors: Vec<(String, Tensor)> = Vec::new();
    let mut names = BTreeSet::new();
    for (name, arguments) in part.tensors {
        if !names.insert(name) {
            return Err(ModelError::DuplicateTensor { tensor: name.into() });
        }
        let view = pickle.view(arguments)?;
        let (key, kind) = (view.storage.key, view.storage.kind);
        let number = view.storage.number.ok_or_else(|| {
            ModelError::tensor(name, format!("numbers of {kind} are not supported"))
        })?;
        if !storages.contains_key(key) {
            storages.insert(key.into(), archive.entry(&format!("data/{key}"), usize::MAX)?);
        }
        let stored = storages.get(key).map_or(&[][..], |stored| stored);
        tensors.push((name.into(), view_of(stored, number, &view, name, &mut room)?));
    }
    Ok(Weights { tensors, ordered: true, notes: note.into_iter().collect() })
}

/// Tensors with names: the whole file's, or those of a dictionary within it.
struct Part<'p> {
    name: &'p str,
    /// Names, and what the tensors are made from.
    tensors: Vec<(&'p str, u32)>,
    /// Tensors of kinds that are not read, with their class.
    objects: Vec<(&'p str, &'p str)>,
    /// Whether there is a matrix among them.
    has_matrix: bool,
}

impl<'p> Part<'p> {
    fn of(pickle: &'p Pickle<'_>, name: &'p str, id: Id) -> Self {
        let mut part = Self { name, tensors: vec![], objects: vec![], has_matrix: false };
        for (name, value) in pickle.entries(id) {
            match pickle.item(value) {
                Item::Tensor(arguments) => {
                    part.tensors.push((name, *arguments));
                    let view = pickle.view(*arguments);
                    part.has_matrix |= view.is_ok_and(|view| view.shape.len() > 1);
                }
                Item::Object(class) if class.starts_with("torch._utils._rebuild") => {
                    part.objects.push((name, class));
                }
                _ => {}
            }
        }
        part
    }
}

/// What programs call a model's state dictionary within a checkpoint.
const USUAL: [&str; 10] = [
    "model_state_dict",
    "state_dict",
    "model_state",
    "model",
    "net_state_dict",
    "network_state_dict",
    "net",
    "network",
    "weights",
    "params",
];

/// The state dictionary: the wanted one, the file's own, or the one within it.
fn choose<'p>(
    pickle: &'p Pickle<'_>,
    wanted: Option<&str>,
) -> Result<(Part<'p>, Option<Note>), ModelError> {
    let root = pickle.root();
    if let Item::Object(class) = pickle.item(root) {
        return Err(ModelError::NotRead {
            what: format!("an object of class {class}"),
            hint: "save its numbers alone: torch.save(model.state_dict(), path)",
        });
    }
    let own = Part::of(pickle, "", root);
    let mut seen = BTreeSet::from([root]);
    let mut inner: Vec<Part<'_>> = pickle
        .entries(root)
        .filter(|&(_, id)| matches!(pickle.item(id), Item::Dictionary(_)) && seen.insert(id))
        .map(|(name, id)| Part::of(pickle, name, id))
        .filter(|part| !part.tensors.is_empty() || !part.objects.is_empty())
        .collect();
    let position = |name: &str| inner.iter().position(|part| part.name == name);
    let with_matrix: Vec<usize> = (0..inner.len()).filter(|&i| inner[i].has_matrix).collect();
    let chosen = match wanted {
        Some(name) => Some(position(name).ok_or_else(|| several(&inner, Some(name)))?),
        None => match (USUAL.iter().find_map(|name| position(name)), &with_matrix[..]) {
            (Some(usual), _) => Some(usual),
            (None, _) if own.has_matrix || inner.is_empty() => None,
            (None, [one]) => Some(*one),
            (None, []) if inner.len() == 1 && own.tensors.is_empty() => Some(0),
            (None, []) if !own.tensors.is_empty() => None,
            (None, _) => return Err(several(&inner, None)),
        },
    };
    let Some(chosen) = chosen else {
        let found = !own.tensors.is_empty() || !own.objects.is_empty();
        return if found { Ok((own, None)) } else { Err(several(&inner, None)) };
    };
    let part = inner.remove(chosen);
    let note = Note::StateDictionary {
        name: part.name.into(),
        others: inner.iter().filter(|part| part.has_matrix).map(|p| p.name.to_owned()).collect(),
        tensors: own.tensors.iter().map(|(name, _)| (*name).to_owned()).collect(),
        asked: wanted.is_some(),
    };
    Ok((part, Some(note)))
}

/// No state dictionary, not the wanted one, or too many.
fn several(parts: &[Part<'_>], wanted: Option<&str>) -> ModelError {
    let names: Vec<String> = parts.iter().map(|part| format!("`{}`", part.name)).collect();
    let names = names.join(", ");
    let what = match (wanted, parts.len()) {
        (_, 0) => "no state dictionary".into(),
        (Some(wanted), _) => format!("no state dictionary `{wanted}` in it; there are {names}"),
        (None, _) => format!("several state dictionaries: {names}"),
    };
    let hint = match parts.len() {
        0 => "save it: torch.save(model.state_dict(), path)",
        _ => "name one in the architecture, as in `state_dict = \"model\"`",
    };
    ModelError::NotRead { what, hint }
}

/// Some elements of a storage as a tensor.
fn view_of(
    stored: &[u8],
    number: Number,
    view: &View<'_>,
    name: &str,
    room: &mut usize,
) -> Result<Tensor, ModelError> {
    let fail = |problem: &str| ModelError::tensor(name, problem);
    let count = view.shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let count = count.filter(|count| count <= room && view.shape.len() == view.strides.len());
    let count = count.ok_or_else(|| fail("its shape is too large or does not fit its strides"))?;
    *room -= count;
    if !stored.len().is_multiple_of(number.size()) {
        return Err(fail("its last number is cut"));
    }
    let mut last = Some(view.offset);
    for (size, stride) in view.shape.iter().zip(&view.strides) {
        let span = size.saturating_sub(1).checked_mul(*stride);
        last = last.zip(span).and_then(|(last, span)| last.checked_add(span));
    }
    if count > 0 && last.is_none_or(|last| last >= stored.len() / number.size()) {
        return Err(fail("it reaches beyond the stored numbers"));
    }
    let mut place = vec![0; view.shape.len()];
    let mut element = view.offset;
    let mut data = Vec::with_capacity(count);
    for _ in 0..count {
        let start = element * number.size();
        data.push(number.read(&stored[start..start + number.size()]));
        // The next place, row by row.
        for axis in (0..place.len()).rev() {
            place[axis] += 1;
            element = element.wrapping_add(view.strides[axis]);
            if place[axis] < view.shape[axis] {
                break;
            }
            let back = view.strides[axis].wrapping_mul(view.shape[axis]);
            element = element.wrapping_sub(back);
            place[axis] = 0;
        }
    }
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
        let Some(root) = root.map(ToOwned::to_owned) else {
            return Err(ModelError::NotRead {
                what: "an archive that PyTorch did not write: it holds no data.pkl".into(),
                hint: "save the weights with torch.save(model.state_dict(), path), or export the \
                       model to ONNX",
            });
        };
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
