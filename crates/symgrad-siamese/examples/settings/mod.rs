//! Settings on the command line of the examples.

use std::error::Error;

use symgrad_siamese::TrainConfig;

/// The configuration with settings such as `encoder.width=64` laid over it.
pub(crate) fn over(
    config: &TrainConfig,
    settings: &[&String],
) -> Result<TrainConfig, Box<dyn Error>> {
    let mut table = toml::Table::try_from(config)?;
    for setting in settings {
        let (path, value) = setting.split_once('=').unwrap_or((setting, ""));
        let value: toml::Table = format!("value = {value}").parse()?;
        let mut inner = &mut table;
        let (parents, leaf) = path.rsplit_once('.').map_or((None, path), |(p, l)| (Some(p), l));
        for parent in parents.into_iter().flat_map(|parents| parents.split('.')) {
            let next = inner.get_mut(parent).and_then(toml::Value::as_table_mut);
            inner = next.ok_or_else(|| format!("no group of settings {parent}"))?;
        }
        inner.insert(leaf.into(), value["value"].clone());
    }
    Ok(table.try_into()?)
}
