//! Names that were probably meant.

/// Changes that are forgiven at most.
const MOST: usize = 3;

/// The known name that one which is not known was probably meant to be: the one for which the fewest
/// characters have to be inserted, deleted, replaced or swapped with their neighbour (optimal string
/// alignment), upper and lower case being the same; of several the first. One such change is forgiven,
/// or one for every four characters, up to three; but not every character may change.
///
/// ```
/// use symgrad_expr::nearest;
/// assert_eq!(nearest("determinant3x3", ["trace-3x3", "determinant-3x3"]), Some("determinant-3x3"));
/// assert_eq!(nearest("q", ["x", "y"]), None);
/// ```
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let signs = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let wanted = signs(name);
    let forgiven = (wanted.len() / 4).clamp(1, MOST);
    let mut best = None;
    for candidate in known {
        let other = signs(candidate);
        if wanted.len().abs_diff(other.len()) > forgiven || wanted.len() > LONGEST {
            continue;
        }
        let changes = changes(&wanted, &other);
        let likely = changes <= forgiven && changes < wanted.len().max(other.len());
        if likely && best.is_none_or(|(fewest, _)| changes < fewest) {
            best = Some((changes, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer texts are no names that somebody typed.
const LONGEST: usize = 200;

/// ` (did you mean …?)` where there is a name that was probably meant, and nothing elsewhere.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"))
}

/// The changes by which one text becomes the other.
fn changes(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &sign) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &other) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(sign != other);
            let mut fewest = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && sign == b[j - 1] && a[i - 1] == other {
                fewest = fewest.min(before[j - 1] + 1);
            }
            row.push(fewest);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All texts that one change makes of this one, with these characters.
    fn one_change(name: &str, signs: &[char]) -> Vec<String> {
        let chars: Vec<char> = name.chars().collect();
        let mut all: Vec<Vec<char>> = vec![];
        for place in 0..=chars.len() {
            for &sign in signs {
                let mut longer = chars.clone();
                longer.insert(place, sign);
                all.push(longer);
            }
            if place < chars.len() {
                let mut shorter = chars.clone();
                shorter.remove(place);
                all.push(shorter);
                for &sign in signs {
                    let mut other = chars.clone();
                    other[place] = sign;
                    all.push(other);
                }
            }
            if place + 1 < chars.len() {
                let mut swapped = chars.clone();
                swapped.swap(place, place + 1);
                all.push(swapped);
            }
        }
        all.into_iter().map(String::from_iter).collect()
    }

    proptest! {
        #[test]
        fn a_name_with_one_change_is_recognised(
            known in prop::collection::vec("[a-cé_1]{2,9}", 1..6),
            which: prop::sample::Index,
            change: prop::sample::Index,
        ) {
            const SIGNS: [char; 6] = ['a', 'b', 'c', 'é', '_', '1'];
            let name = which.get(&known);
            let all = one_change(name, &SIGNS);
            let typed = change.get(&all);
            let found = nearest(typed, known.iter().map(String::as_str));
            let found = found.ok_or_else(|| TestCaseError::fail(format!("{typed}: none")))?;
            // Another known name may be as near.
            let is_near = found == typed || one_change(found, &SIGNS).contains(typed);
            prop_assert!(is_near, "{} for {}", found, typed);
        }

        #[test]
        fn any_texts_are_compared(name: String, known in prop::collection::vec(any::<String>(), 0..4)) {
            let found = nearest(&name, known.iter().map(String::as_str));
            prop_assert!(found.is_none_or(|found| known.iter().any(|text| text == found)));
        }
    }

    #[test]
    fn what_is_like_nothing_is_not_guessed() {
        assert_eq!(nearest("velocity", ["x", "v", "mass"]), None);
        assert_eq!(nearest("VX", ["x", "vx"]), Some("vx"));
        assert_eq!(nearest("sni", ["sin", "cos"]), Some("sin"));
        assert_eq!(nearest("", ["x"]), None);
    }
}
