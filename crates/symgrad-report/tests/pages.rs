//! Pages hold what was found, whole and harmless, whatever the names in it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use proptest::prelude::*;
use symgrad_report::{
    Badge, Card, CardGroup, Cell, GridPage, IndexPage, IndexRow, PageEntry, PageHint, PagePlane,
    PageTruth, Relation, ResultPage, Section, Span95, Spelt, TextTable,
};

/// A page on which every text is the given one.
fn page(text: &str) -> ResultPage {
    let entry = |complexity: u32| PageEntry {
        complexity,
        loss: 1.0 / f64::from(complexity).powi(6),
        second: Some(0.5),
        text: text.to_owned(),
        math: "<mi>x</mi>".into(),
        rounded: true,
        notations: vec![spelt(text)],
        held_out: Some(Span95 { estimate: 0.1, low: 0.05, high: 0.2 }),
        outermost: Some(Span95::default()),
        bits: Some(12.0),
        relation: Some(relation(text)),
        angles: vec![0.0, 0.1, 30.0],
        plane: Some(PagePlane {
            names: [text.to_owned(), text.to_owned()],
            spread: [1.0, 2.0],
            nodes: [vec![0.0, 1.0, 2.0], vec![0.0, 1.0]],
            levels: vec![0.0, 1.0, f64::NAN, 1.0, 2.0, 3.0],
            places: vec![[0.5, 0.5]],
            given: vec![[0.6, 0.8]],
            own: vec![[3.0, 4.0]],
            others: text.to_owned(),
        }),
    };
    ResultPage {
        title: text.to_owned(),
        badge: Badge::Ambiguous,
        sentence: text.to_owned(),
        reason: Some(text.to_owned()),
        remarks: vec![text.to_owned()],
        loss: text.to_owned(),
        meaning: text.to_owned(),
        second: Some(text.to_owned()),
        entries: [1, 3, 7].map(entry).into(),
        answer: 2,
        alternatives: vec![1, 99],
        command: Some(text.to_owned()),
        truth: Some(PageTruth {
            text: text.to_owned(),
            math: String::new(),
            sentences: vec![text.to_owned()],
        }),
        training: vec![(text.to_owned(), vec![[0.0, 1.0], [1.0, 0.1]])],
        stages: vec![(0.0, text.to_owned()), (1.0, text.to_owned())],
        hints: vec![PageHint { text: text.to_owned(), against: true }],
        work: vec![(text.to_owned(), text.to_owned())],
        provenance: vec![(text.to_owned(), text.to_owned())],
        configuration: Some(text.to_owned()),
    }
}

fn relation(text: &str) -> Relation {
    Relation {
        target: text.to_owned(),
        fit: text.to_owned(),
        points: vec![[0.0, 0.1], [1.0, 0.9], [2.0, f64::NAN]],
        curve: vec![[0.0, 0.0], [1.0, 1.0]],
        numbers: text.to_owned(),
    }
}

fn spelt(text: &str) -> Spelt {
    Spelt { language: text.to_owned(), text: text.to_owned(), note: Some(text.to_owned()) }
}

fn grid(text: &str) -> GridPage {
    let card = Card {
        name: text.to_owned(),
        badge: Badge::Identified,
        text: format!("x{text}"),
        notations: vec![spelt(text)],
        complexity: Some(3),
        loss: Some(0.0),
        remarks: vec![text.to_owned()],
        curve: vec![[0.0, 1.0], [1.0, 1.0]],
        ..Card::default()
    };
    GridPage {
        title: text.to_owned(),
        sentences: vec![text.to_owned()],
        groups: vec![
            CardGroup {
                name: text.to_owned(),
                text: format!("x{text}"),
                cards: vec![card.clone()],
                ..CardGroup::default()
            },
            [card, Card { badge: Badge::Dead, name: text.to_owned(), ..Card::default() }]
                .into_iter()
                .collect(),
        ],
        further: Some((text.to_owned(), vec![(text.to_owned(), text.to_owned())])),
        command: Some(text.to_owned()),
        provenance: vec![(text.to_owned(), text.to_owned())],
        configuration: Some(text.to_owned()),
    }
}

fn index(text: &str) -> IndexPage {
    let row = IndexRow {
        name: text.to_owned(),
        link: text.to_owned(),
        loss: Some(0.5),
        text: text.to_owned(),
        cells: vec![
            Cell::Holds(false),
            Cell::Text(text.to_owned()),
            Cell::Number(1.0, text.to_owned()),
        ],
        ..IndexRow::default()
    };
    let mut table = TextTable::new([text]);
    table.row([text]);
    let section = Section {
        title: text.to_owned(),
        formula: Some(text.to_owned()),
        text: vec![text.to_owned()],
        table: Some(table),
        pictures: vec![],
    };
    IndexPage {
        title: text.to_owned(),
        sentences: vec![text.to_owned()],
        command: Some(text.to_owned()),
        columns: vec![text.to_owned(), text.to_owned()],
        rows: vec![row, IndexRow::default()],
        sections: vec![section],
        provenance: vec![(text.to_owned(), text.to_owned())],
    }
}

fn pages(text: &str) -> [String; 3] {
    [page(text).to_html(), grid(text).to_html(), index(text).to_html()]
}

/// What a page is made of: its elements with the names of their attributes, and its texts. The body
/// is XML as well; one that is not fails the test.
fn parts(page: &str) -> (Vec<String>, Vec<String>) {
    let body = &page[page.find("<body>").unwrap()..=page.rfind("</body>").unwrap() + 6];
    let document = roxmltree::Document::parse(body).unwrap();
    let elements = document.descendants().filter(roxmltree::Node::is_element).map(|node| {
        let names: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
        format!("{} {}", node.tag_name().name(), names.join(" "))
    });
    let texts = document.descendants().filter(roxmltree::Node::is_text);
    let texts = texts.filter_map(|node| node.text()).map(str::to_owned);
    (elements.collect(), texts.collect())
}

#[test]
fn a_page_holds_what_was_found() {
    let found = ResultPage {
        title: "orbit.csv".into(),
        badge: Badge::Identified,
        sentence: "It is so.".into(),
        command: Some("symgrad search orbit.csv".into()),
        ..page("x + y")
    };
    let html = found.to_html();
    for words in [
        "<!DOCTYPE html>",
        "<title>orbit.csv – symgrad</title>",
        "badge identified",
        "It is so.",
        "symgrad search orbit.csv",
        r#"<math displaystyle="true"><mi>x</mi></math>"#,
        r#"data-copy="code-2-0""#,
        r#"role="button" tabindex="0" data-entry="0" aria-pressed="false""#,
        r#"aria-label="complexity 7, loss 8.50e-6: x + y""#,
        "the answer does not keep to this",
        "prefers-color-scheme: dark",
        "@media print",
    ] {
        assert!(html.contains(words), "{words}");
    }
    // One entry is shown, the others wait.
    assert_eq!(html.matches(r#"hidden="""#).count(), 6);
    // What is known of each entry at the points is there, too.
    assert_eq!(html.matches("Histogram of the angles").count(), 3);
    assert_eq!(html, found.to_html());
}

#[test]
fn nothing_is_fetched() {
    for html in pages("x") {
        assert!(html.contains("default-src 'none'"));
        for word in ["http:", "https:", "src=", "@import", "url(", "<link", "<base", "fetch("] {
            assert!(!html.contains(word), "{word}");
        }
    }
}

#[test]
fn a_dead_neuron_has_a_page() {
    let dead = ResultPage { badge: Badge::Dead, title: "Neuron 3".into(), ..ResultPage::default() };
    let html = dead.to_html();
    parts(&html);
    assert!(html.contains("dead") && !html.contains("<svg"));
    // An answer that is not there is none.
    let odd = ResultPage { answer: 9, ..page("x") };
    parts(&odd.to_html());
}

/// Long formulas in many entries leave the page small, and the answer on it.
#[test]
fn pages_are_small() {
    let long = "<mi>x</mi>".repeat(2_000);
    let entry = |complexity| PageEntry {
        complexity,
        loss: 0.1,
        math: long.clone(),
        text: "x*".repeat(4_000),
        notations: vec![Spelt { text: "y".repeat(8_000), ..spelt("z") }; 4],
        relation: Some(Relation {
            points: (0..400).map(|n| f64::from(n) / 7.0).map(|x| [x, x.sin()]).collect(),
            ..relation("x")
        }),
        ..PageEntry::default()
    };
    let entries: Vec<PageEntry> = (1..100).map(entry).collect();
    let html = ResultPage { entries, answer: 80, ..page("x") }.to_html();
    assert!(html.len() < 500_000, "{} bytes", html.len());
    assert!(html.contains(&long) && html.contains("Too long for this page"));
    assert!(html.contains("No room for pictures"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in it, a text is text: it makes no element and no attribute.
    #[test]
    fn hostile_names_are_harmless(text in hostile()) {
        for (html, plain) in pages(&text).iter().zip(pages("x")) {
            let ((elements, texts), (wanted, _)) = (parts(html), parts(&plain));
            prop_assert_eq!(elements, wanted);
            // XML has no carriage returns, nor control characters.
            let shown = |c: char| if c.is_control() && c != '\n' || "\u{fffe}\u{ffff}".contains(c) { ' ' } else { c };
            let shown: String = text.chars().map(shown).collect();
            prop_assert!(texts.iter().any(|found| found.contains(&shown)), "{:?}", shown);
            // Neither does one end the title.
            prop_assert_eq!(html.matches("</title>").count(), 1);
            prop_assert_eq!(html.matches("<script").count(), 1);
        }
    }

    /// Any numbers can be drawn, or are left out.
    #[test]
    fn any_numbers_make_a_page(
        losses in prop::collection::vec(any::<f64>(), 1..9),
        points in prop::collection::vec(any::<(f64, f64)>(), 0..9),
        angles in prop::collection::vec(any::<f64>(), 0..9),
    ) {
        let mut odd = page("x");
        let pairs: Vec<[f64; 2]> = points.into_iter().map(|(x, y)| [x, y]).collect();
        let entry = |(complexity, loss): (u32, f64)| PageEntry {
            complexity,
            loss,
            relation: Some(Relation {
                points: pairs.clone(),
                curve: pairs.clone(),
                ..Relation::default()
            }),
            angles: angles.clone(),
            ..PageEntry::default()
        };
        odd.entries = (0..).zip(losses).map(entry).collect();
        odd.training = vec![(String::new(), pairs.clone()), (String::new(), vec![])];
        let html = odd.to_html();
        parts(&html);
        prop_assert!(!html.contains("NaN ") && !html.contains("\"inf"));
    }
}

/// Names as nobody should give them.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("</script><script>alert(1)</script>".to_owned()),
        Just("</title></style><img src=x onerror=alert(1)>".to_owned()),
        Just("\" onmouseover=\"alert(1)".to_owned()),
        Just("' autofocus onfocus='alert(1)".to_owned()),
        Just("<!-- ]]> -->".to_owned()),
        Just("&lt;&#60;&".to_owned()),
        Just("javascript:alert(1)".to_owned()),
        "[\\x00-\\x1f<>&\"'`=/]{1,4}",
        any::<String>(),
    ];
    prop::collection::vec(pieces, 1..4).prop_map(|pieces| pieces.concat())
}
