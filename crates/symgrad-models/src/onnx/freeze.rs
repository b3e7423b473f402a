//! Inputs that are set become stored tensors, and open sizes that are set are given.

use std::collections::BTreeSet;

use super::proto::element;
use super::proto::{DimensionProto, GraphProto, TensorProto, TensorTypeProto, ValueInfoProto};
use crate::{ModelError, Setting, SettingValue};

/// Numbers of an input that is set, at most.
const LARGEST: usize = 1 << 20;

/// Changes a graph as it is set.
pub(super) fn freeze(graph: &mut GraphProto, settings: &[Setting]) -> Result<(), ModelError> {
    if settings.is_empty() {
        return Ok(());
    }
    let stored: BTreeSet<String> = graph.initializer.iter().map(|t| t.name.clone()).collect();
    let mut done = BTreeSet::new();
    let (inputs, sizes): (Vec<&Setting>, Vec<&Setting>) = settings.iter().partition(|setting| {
        graph.input.iter().any(|input| input.name == setting.name && !stored.contains(&input.name))
    });
    for setting in &sizes {
        let found = size(graph, setting)?;
        if !found {
            return Err(unknown(graph, &stored, setting));
        }
    }
    for setting in inputs.iter().chain(&sizes) {
        if !done.insert(&setting.name[..]) {
            return Err(fail(setting, "it is set twice".into()));
        }
    }
    let frozen: BTreeSet<&str> = inputs.iter().map(|setting| &setting.name[..]).collect();
    let is_left = |input: &&ValueInfoProto| {
        !frozen.contains(&input.name[..]) && !stored.contains(&input.name)
    };
    let Some(first) = graph.input.iter().find(is_left) else {
        let all = inputs.last().copied();
        let problem = "then no input is left whose values could be read in".to_owned();
        return Err(all.map_or(ModelError::NothingComputed, |setting| fail(setting, problem)));
    };
    let points = dimensions(first).first().and_then(|axis| axis.dim_param.clone());
    let mut tensors = Vec::new();
    for setting in inputs {
        let input = graph.input.iter().find(|input| input.name == setting.name);
        let kind = input.and_then(tensor);
        let Some((input, kind)) = input.zip(kind) else {
            return Err(fail(setting, "it is not a tensor".into()));
        };
        tensors.push(constant(
            setting,
            kind.elem_type,
            &shape(setting, input, points.as_deref())?,
        )?);
    }
    graph.input.retain(|input| !tensors.iter().any(|tensor| tensor.name == input.name));
    graph.initializer.extend(tensors);
    Ok(())
}

/// Gives a size wherever it is left open by that name, and tells whether it is anywhere.
fn size(graph: &mut GraphProto, setting: &Setting) -> Result<bool, ModelError> {
    let mut found = false;
    for axis in graph.input.iter_mut().chain(&mut graph.output).flat_map(axes) {
        if axis.dim_param.as_ref() == Some(&setting.name) {
            let size = match setting.value {
                SettingValue::All(size) if size >= 1.0 && size.fract() == 0.0 && size < 1e9 => size,
                _ => return Err(fail(setting, "a size is a whole number from 1 on".into())),
            };
            // Exact: it is whole and small.
            #[expect(clippy::cast_possible_truncation)]
            let size = size as i64;
            *axis = DimensionProto { dim_value: Some(size), dim_param: None };
            found = true;
        }
    }
    Ok(found)
}

/// The shape of an input that is set: axes of the points, and those without a name, have size 1.
fn shape(
    setting: &Setting,
    input: &ValueInfoProto,
    points: Option<&str>,
) -> Result<Vec<i64>, ModelError> {
    let sizes = dimensions(input).iter().map(|axis| match (axis.dim_value, &axis.dim_param) {
        (Some(size @ 1..), _) => Ok(size),
        (_, Some(name)) if !name.is_empty() && Some(&name[..]) != points => {
            Err(fail(setting, format!("its size `{name}` is open; set that, too")))
        }
        _ => Ok(1),
    });
    sizes.collect()
}

/// The tensor that an input is set to.
fn constant(setting: &Setting, kind: i32, shape: &[i64]) -> Result<TensorProto, ModelError> {
    let count = shape.iter().try_fold(1_usize, |count, &size| {
        count.checked_mul(usize::try_from(size).ok()?).filter(|&count| count <= LARGEST)
    });
    let count = count.ok_or_else(|| fail(setting, format!("its shape {shape:?} is too large")))?;
    let numbers = match &setting.value {
        SettingValue::All(number) => vec![*number; count],
        SettingValue::Each(numbers) if numbers.len() == count => numbers.clone(),
        SettingValue::Each(numbers) => {
            let problem = format!("{} numbers for the shape {shape:?}", numbers.len());
            return Err(fail(setting, problem));
        }
    };
    let mut tensor =
        TensorProto { name: setting.name.clone(), dims: shape.to_vec(), ..TensorProto::default() };
    if matches!(kind, element::FLOAT | element::DOUBLE | element::FLOAT16 | element::BFLOAT16) {
        tensor.data_type = element::DOUBLE;
        tensor.double_data = numbers;
        return Ok(tensor);
    }
    if numbers.iter().any(|x| x.fract() != 0.0 || x.abs() > 2f64.powi(53)) {
        return Err(fail(setting, "it holds whole numbers".into()));
    }
    // Exact: they are whole, and below 2^53.
    #[expect(clippy::cast_possible_truncation)]
    let whole = numbers.iter().map(|&x| x as i64);
    if kind == element::BOOL {
        tensor.data_type = element::BOOL;
        tensor.int32_data = whole.map(|x| i32::from(x != 0)).collect();
    } else {
        tensor.data_type = element::INT64;
        tensor.int64_data = whole.collect();
    }
    Ok(tensor)
}

/// The error of a name that the graph does not have.
fn unknown(graph: &GraphProto, stored: &BTreeSet<String>, setting: &Setting) -> ModelError {
    let quoted = |name: &str| format!("`{name}`");
    let inputs: Vec<String> = graph
        .input
        .iter()
        .filter(|input| !stored.contains(&input.name))
        .map(|input| quoted(&input.name))
        .collect();
    let open: BTreeSet<String> = graph
        .input
        .iter()
        .flat_map(dimensions)
        .filter_map(|axis| axis.dim_param.as_deref())
        .filter(|name| !name.is_empty())
        .map(quoted)
        .collect();
    let open: Vec<String> = open.into_iter().collect();
    let inputs = inputs.join(", ");
    let problem = match &open[..] {
        [] => format!("the graph's inputs are {inputs}, and it has no open sizes with names"),
        open => format!("the graph's inputs are {inputs}, and its open sizes {}", open.join(", ")),
    };
    fail(setting, problem)
}

fn fail(setting: &Setting, problem: String) -> ModelError {
    ModelError::Set { name: setting.name.clone(), problem }
}

fn tensor(input: &ValueInfoProto) -> Option<&TensorTypeProto> {
    input.r#type.as_ref()?.tensor_type.as_ref()
}

fn dimensions(input: &ValueInfoProto) -> &[DimensionProto] {
    tensor(input).and_then(|tensor| tensor.shape.as_ref()).map_or(&[], |shape| &shape.dim)
}

fn axes(input: &mut ValueInfoProto) -> &mut [DimensionProto] {
    let tensor = input.r#type.as_mut().and_then(|kind| kind.tensor_type.as_mut());
    match tensor.and_then(|tensor| tensor.shape.as_mut()) {
        Some(shape) => &mut shape.dim,
        None => &mut [],
    }
}
