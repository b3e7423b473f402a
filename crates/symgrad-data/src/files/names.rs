//! Names for formulas, from the headers that people write.

use std::collections::BTreeSet;

/// The names of columns in formulas. A header that can stand in a formula is its own name. Others,
/// such as `mass (kg)` or `flow rate`, lose what is in brackets, and get `_` for what no name
/// can hold. An empty header gives none.
pub(super) fn short_names<'a>(
    headers: impl Iterator<Item = &'a str> + Clone,
) -> Vec<Option<String>> {
    let mut taken: BTreeSet<String> =
        headers.clone().filter(|header| is_identifier(header)).map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    headers
        .enumerate()
        .map(|(index, header)| {
            if header.is_empty() {
                return None;
            }
            if is_identifier(header) && seen.insert(header) {
                return Some(header.to_owned());
            }
            let stem = shortened(header).unwrap_or_else(|| format!("x{}", index + 1));
            let numbered = (2..).map(|number: usize| format!("{stem}_{number}"));
            let free = |name: &String| !taken.contains(name);
            let name = std::iter::once(stem.clone()).chain(numbered).find(free);
            taken.extend(name.clone());
            name
        })
        .collect()
}

/// What is left of a header as a name, if anything.
fn shortened(header: &str) -> Option<String> {
    let mut depth = 0_usize;
    let mut name = String::new();
    for c in header.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if is_part(c) => name.push(c),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    let name = name.trim_matches('_');
    let first = name.chars().next()?;
    Some(if first.is_alphabetic() { name.to_owned() } else { format!("x{name}") })
}

fn is_identifier(text: &str) -> bool {
    let first = |c: char| c.is_alphabetic() || c == '_';
    text.starts_with(first) && text.chars().all(is_part)
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_of_people_get_names() {
        let names = |headers: &[&str]| -> Vec<String> {
            short_names(headers.iter().copied())
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect()
        };
        assert_eq!(names(&["mass (kg)", "T [K]", "v_x", ""]), ["mass", "T", "v_x", ""]);
        assert_eq!(
            names(&["flow rate", "2theta", "%", "x-y"]),
            ["flow_rate", "x2theta", "x3", "x_y"]
        );
        assert_eq!(names(&["v (m/s)", "v", "v (km/h)", "v"]), ["v_2", "v", "v_3", "v_4"]);
        assert_eq!(names(&["θ (°)", "g_mass (1/kg)"]), ["θ", "g_mass"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Every header that is not empty gets a name of its own that formulas can hold, and those
        /// that are such names keep them.
        #[test]
        fn names_are_names_and_differ(headers in prop::collection::vec("[a-c_ ()%1é]{0,4}", 1..12)) {
            let names = short_names(headers.iter().map(String::as_str));
            let given: Vec<&String> = names.iter().flatten().collect();
            prop_assert!(given.iter().all(|name| is_identifier(name)));
            let distinct: BTreeSet<&String> = given.iter().copied().collect();
            prop_assert_eq!(distinct.len(), given.len());
            for (at, (header, name)) in headers.iter().zip(&names).enumerate() {
                prop_assert_eq!(name.is_none(), header.is_empty());
                if is_identifier(header) && !headers[..at].contains(header) {
                    prop_assert_eq!(name.as_ref(), Some(header));
                }
            }
        }
    }
}
