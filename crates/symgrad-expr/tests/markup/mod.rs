//! Reading `MathML`.

/// Well-formed, of known elements with as many children as each must have, and no text but in those
/// for text.
pub(crate) fn is_mathml(text: &str) -> bool {
    let text = format!("<math>{text}</math>");
    let Ok(document) = roxmltree::Document::parse(&text) else { return false };
    document.root_element().descendants().filter(roxmltree::Node::is_element).all(|node| {
        let elements = node.children().filter(roxmltree::Node::is_element).count();
        let bare = node.children().all(|child| child.is_element());
        match node.tag_name().name() {
            "math" | "mrow" | "msqrt" => bare && elements > 0,
            "mfrac" | "msup" | "msub" => bare && elements == 2,
            "msubsup" => bare && elements == 3,
            "mi" | "mn" | "mo" => elements == 0 && node.text().is_some_and(|text| !text.is_empty()),
            _ => false,
        }
    })
}

/// `MathML` as a person would type it.
pub(crate) fn typed(mathml: &str) -> String {
    let text = format!("<math>{mathml}</math>");
    typed_node(roxmltree::Document::parse(&text).unwrap().root_element())
}

fn typed_node(node: roxmltree::Node<'_, '_>) -> String {
    let children: Vec<_> = node.children().filter(roxmltree::Node::is_element).collect();
    let child = |index: usize| typed_node(children[index]);
    let text = node.text().unwrap_or_default();
    let bars = children.len() == 3 && children[0].text() == Some("|");
    match node.tag_name().name() {
        "mrow" if bars => format!("abs({})", child(1)),
        "math" | "mrow" => children.iter().map(|child| typed_node(*child)).collect(),
        "msqrt" => {
            let inner = children.iter().map(|child| typed_node(*child));
            format!("sqrt({})", inner.collect::<String>())
        }
        "mfrac" => format!("(({})/({}))", child(0), child(1)),
        "msup" if children[0].attribute("mathvariant").is_some() => format!("exp({})", child(1)),
        // What is raised has its own parentheses, or needs none.
        "msup" => format!("{}^({})", child(0), child(1)),
        "msub" => child(0) + &child(1),
        "msubsup" => format!("{}{}^{}", child(0), child(1), child(2)),
        "mo" => match text {
            "−" => "-".into(),
            "⋅" | "\u{2062}" => "*".into(),
            "\u{2061}" => String::new(),
            other => other.into(),
        },
        "mi" if text == "ln" => "log".into(),
        _ => text.into(),
    }
}
