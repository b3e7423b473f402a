//! What all pages have: head, look, script, and the small pieces.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Badge, Spelt};

const STYLE: &str = include_str!("page.css");

/// Nothing is fetched from anywhere, whatever a page should hold.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// A page with a script of its own, in one file.
pub(super) fn page(title: &str, script: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) " – symgrad" }
                style { (PreEscaped(STYLE)) }
                script { (PreEscaped(script)) }
            }
            body {
                (body)
                p #said .unseen role="status" aria-live="polite" {}
            }
        }
    };
    printable(&page.into_string())
}

/// Control characters, which no page may hold, become blanks.
fn printable(page: &str) -> String {
    let allowed = |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    page.chars().map(|c| if allowed(c) { c } else { ' ' }).collect()
}

pub(super) fn badge(badge: Badge) -> Markup {
    html! { span class=(badge.class()) { (badge.name()) } }
}

/// A formula, typeset if it can be. Its lines break before the terms of a sum; a term that is wider than
/// its box scrolls there.
pub(super) fn formula(math: &str, text: &str, label: &str) -> Markup {
    html! {
        div .formula role="group" tabindex="0" aria-label=(label) {
            @if math.is_empty() {
                code { (text) }
            } @else {
                (typeset(math))
            }
        }
    }
}

/// Each term of a sum as a piece of its own, since lines break nowhere else.
pub(super) fn typeset(math: &str) -> Markup {
    html! {
        @for (number, term) in terms(math).into_iter().enumerate() {
            @if number > 0 { wbr; }
            math displaystyle="true" { (PreEscaped(term)) }
        }
    }
}

/// What stands inside of `<math>`, taken apart before each plus and minus between two terms.
fn terms(math: &str) -> Vec<String> {
    const SIGNS: [&str; 2] = ["<mo>+</mo>", "<mo>−</mo>"];
    let (mut found, mut begin, mut depth) = (vec![], 0, 0_usize);
    for (at, _) in math.match_indices('<') {
        let rest = &math[at..];
        if depth == 0 && at > begin && SIGNS.iter().any(|sign| rest.starts_with(sign)) {
            found.push(&math[begin..at]);
            begin = at;
        }
        // An element that is empty closes itself.
        let tag = rest.split('>').next().unwrap_or_default();
        depth = match tag {
            _ if tag.starts_with("</") => depth.saturating_sub(1),
            _ if tag.ends_with('/') => depth,
            _ => depth + 1,
        };
    }
    found.push(&math[begin..]);
    // At the beginning of a piece a sign would be one of its term alone, without space around it.
    let between = |(number, term): (usize, &str)| match term.strip_prefix("<mo>") {
        Some(rest) if number > 0 => format!("<mo form=\"infix\">{rest}"),
        _ => term.to_owned(),
    };
    found.into_iter().enumerate().map(between).collect()
}

/// The notations, each with a button that copies it. The names of their elements begin with `id`.
pub(super) fn notations(spelt: &[Spelt], id: &str) -> Markup {
    html! {
        dl .notations {
            @for (number, Spelt { language, text, note }) in spelt.iter().enumerate() {
                @let id = format!("{id}-{number}");
                dt { (language) }
                dd {
                    code #(id) { (text) }
                    button type="button" data-copy=(id) aria-label={ "Copy " (language) } { "Copy" }
                    @if let Some(note) = note { p .note { (note) } }
                }
            }
        }
    }
}

/// The command that repeats a run, with a button that copies it.
pub(super) fn command(command: Option<&str>) -> Markup {
    html! {
        @if let Some(command) = command {
            div .command {
                pre aria-label="The command that repeats the run" { code #command { (command) } }
                button type="button" data-copy="command" aria-label="Copy the command" { "Copy" }
            }
        }
    }
}

/// Names and values.
pub(super) fn facts<'a>(facts: impl IntoIterator<Item = &'a (String, String)>) -> Markup {
    html! {
        dl .facts {
            @for (name, value) in facts {
                dt { (name) }
                dd { (value) }
            }
        }
    }
}

/// A wide thing that scrolls within its own box.
pub(super) fn scrolled(label: &str, inner: &Markup) -> Markup {
    html! { div .scroll role="region" tabindex="0" aria-label=(label) { (inner) } }
}

#[cfg(test)]
mod tests {
    use super::terms;

    #[test]
    fn sums_are_taken_apart_between_their_terms() {
        let inner = "<mrow><mo>(</mo><mrow><mi>x</mi><mo>−</mo><mi>y</mi></mrow><mo>)</mo></mrow>";
        let product = format!("<mi>a</mi><mo/>{inner}");
        let whole = format!("<mo>−</mo>{product}<mo>+</mo>{inner}<mo>−</mo><mi>z</mi>");
        let first = format!("<mo>−</mo>{product}");
        let second = format!("<mo form=\"infix\">+</mo>{inner}");
        assert_eq!(terms(&whole), [&first, &second, "<mo form=\"infix\">−</mo><mi>z</mi>"]);
        assert_eq!(terms(inner), [inner]);
        assert_eq!(terms("</mi><mo>+"), ["</mi><mo>+"]);
    }
}
