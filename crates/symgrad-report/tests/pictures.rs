//! Every picture is well-formed XML with all of its texts, whatever the data.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use proptest::prelude::*;
use symgrad_report::{
    Curve, FrontLabels, FrontPoint, ReportError, ScatterLabels, TextTable, pareto_svg, scatter_svg,
    training_curve_svg,
};

fn entry(complexity: u32, loss: f64, expression: &str) -> FrontPoint {
    FrontPoint { complexity, loss, expression: expression.to_owned() }
}

/// The texts of a picture; a picture that is not well-formed fails the test.
fn texts(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.filter_map(|node| node.text()).map(|text| text.trim().to_owned()).collect()
}

/// Whether all circles lie within the picture.
fn circles_are_inside(svg: &str) -> bool {
    let document = roxmltree::Document::parse(svg).unwrap();
    let root = document.root_element();
    let view: Vec<i32> =
        root.attribute("viewBox").unwrap().split(' ').map(|n| n.parse().unwrap()).collect();
    document.descendants().filter(|node| node.has_tag_name("circle")).all(|node| {
        let read = |name| node.attribute(name).unwrap().parse::<i32>().unwrap();
        (0..=view[2]).contains(&read("cx")) && (0..=view[3]).contains(&read("cy"))
    })
}

#[test]
fn formulas_and_titles_are_escaped() {
    let formula = r#"x1 < "x2" & 'x3' > 0"#;
    let labels = FrontLabels { title: "a\u{1}<b>\n&", ..FrontLabels::default() };
    let svg = pareto_svg(&[entry(3, 0.1, formula)], Some(0), &labels).unwrap();
    let texts = texts(&svg);
    assert!(texts.iter().any(|text| text == formula), "{texts:?}");
    assert!(texts.iter().any(|text| text == "a <b> &"), "{texts:?}");
}

#[test]
fn the_answer_is_told_with_its_numbers() {
    let front = [entry(1, 0.5, "x1"), entry(7, 3.2e-5, "x1*x2")];
    let chosen = texts(&pareto_svg(&front, Some(1), &FrontLabels::default()).unwrap());
    assert!(chosen.contains(&"x1*x2".to_owned()));
    assert!(chosen.contains(&"complexity 7, loss 3.20e-5".to_owned()));
    let open = texts(&pareto_svg(&front, None, &FrontLabels::default()).unwrap());
    assert!(!open.contains(&"x1*x2".to_owned()));
}

#[test]
fn what_cannot_be_drawn_is_named() {
    let labels = FrontLabels::default();
    let empty = pareto_svg(&[], None, &labels).unwrap_err();
    assert!(matches!(empty, ReportError::Empty { .. }));
    let front = [entry(1, 0.5, "x1"), entry(2, f64::NAN, "x2")];
    let nan = pareto_svg(&front, None, &labels).unwrap_err();
    assert!(matches!(nan, ReportError::NotDrawable { index: 1, .. }), "{nan}");
    let outside = pareto_svg(&front[..1], Some(1), &labels).unwrap_err();
    assert!(matches!(outside, ReportError::NoSuchEntry { index: 1, len: 1 }));
    let lengths = scatter_svg(&[1.0], &[], &ScatterLabels::default()).unwrap_err();
    assert!(matches!(lengths, ReportError::Lengths { left_len: 1, right_len: 0, .. }));
    let none = training_curve_svg(&[], "", "step").unwrap_err();
    assert!(matches!(none, ReportError::Empty { .. }));
}

#[test]
fn tables_survive_wide_characters_bars_and_ragged_rows() {
    let mut table = TextTable::new(["formula", "count"]);
    table.row(["∇f ∥ ∇g", "10/10", "further"]).row(["漢字|x"]).row(["x1*x2\ny", "7 %"]);
    insta::assert_snapshot!(table.to_text() + &table.to_markdown() + &table.to_html());
}

proptest! {
    #[test]
    fn every_front_is_well_formed(
        entries in prop::collection::vec((0..1000_u32, loss(), any::<String>()), 1..40),
        chosen in any::<prop::sample::Index>(),
        answered in any::<bool>(),
        title in any::<String>(),
    ) {
        let front: Vec<FrontPoint> =
            entries.iter().map(|(complexity, loss, text)| entry(*complexity, *loss, text)).collect();
        let answer = answered.then(|| chosen.index(front.len()));
        let reference = Some((title.as_str(), &front[..1]));
        let labels = FrontLabels { title: &title, reference, ..FrontLabels::default() };
        let svg = pareto_svg(&front, answer, &labels).unwrap();
        prop_assert!(circles_are_inside(&svg));
        prop_assert_eq!(&svg, &pareto_svg(&front, answer, &labels).unwrap());
    }

    #[test]
    fn every_scatter_is_well_formed(
        points in prop::collection::vec((any::<f64>(), -1e150..1e150_f64), 1..60),
    ) {
        let (latent, formula): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        match scatter_svg(&latent, &formula, &ScatterLabels::default()) {
            Ok(svg) => prop_assert!(circles_are_inside(&svg)),
            Err(error) => {
                let named = matches!(error, ReportError::NotDrawable { index, .. }
                    if !latent[index].is_finite() || latent[index].abs() > 1e150);
                prop_assert!(named, "{}", error);
            }
        }
    }

    #[test]
    fn every_curve_is_well_formed(
        points in prop::collection::vec((-1e9..1e9_f64, loss()), 1..60),
        name in any::<String>(),
    ) {
        let curves = [Curve { name: &name, points: &points }; 5];
        let svg = training_curve_svg(&curves, &name, &name).unwrap();
        prop_assert!(circles_are_inside(&svg));
    }

    #[test]
    fn no_cell_breaks_a_table(cells in prop::collection::vec(any::<String>(), 0..12)) {
        let mut table = TextTable::new(["a", "b"]);
        for row in cells.chunks(3) {
            table.row(row.iter().map(String::as_str));
        }
        let lines = 2 + cells.chunks(3).len();
        prop_assert_eq!(table.to_markdown().matches('\n').count(), lines);
        prop_assert!(!table.to_text().is_empty() && !table.to_text_within(20).is_empty());
        prop_assert!(!table.to_text_fitting(20).is_empty());
    }

    #[test]
    fn tables_fit_and_their_last_column_is_whole(
        rows in prop::collection::vec(
            ("[→ ]", "[0-9]{1,2}", "[0-9]\\.[0-9]{2}e-[0-9]", "[0-9]{4,17}", "[a-z0-9*+ ]{0,90}"),
            1..8,
        ),
        width in 40_u16..130,
    ) {
        let mut table = TextTable::new(["", "complexity", "level-set loss", "held out", "formula"]);
        for (mark, complexity, loss, held, formula) in &rows {
            table.row([mark, complexity, loss, held, formula]);
        }
        let text = table.to_text_fitting(width);
        prop_assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{}", text);
        // Where there is room nothing changes.
        let plain = table.to_text();
        if plain.lines().all(|line| line.chars().count() + 1 < usize::from(width)) {
            prop_assert_eq!(&text, &plain);
        }
        let signs = |text: &str, all: &str| {
            text.chars().filter(|sign| all.contains(*sign)).count()
        };
        for sign in ["*", "+"] {
            prop_assert_eq!(signs(&text, sign), signs(&plain, sign), "{}", text);
        }
    }
}

/// Zero, every magnitude down to the smallest, and up to the largest double.
fn loss() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), (-323.0..308.0_f64).prop_map(|e| 10_f64.powf(e)), Just(f64::MAX)]
}

#[test]
fn narrow_terminals_have_narrow_tables() {
    let mut table = TextTable::new(["size", "loss", "bits", "held out", "formula"]);
    table.row(["5", "1.2e-5", "42", "1.4e-5", "a*d - b*c"]);
    assert_eq!(
        table.to_text_fitting(40),
        concat!(
            " size     loss   bits   formula\n",
            "──────────────────────────────────\n",
            "    5   1.2e-5     42   a*d - b*c\n",
            "no room for: held out\n",
        )
    );
    assert_eq!(table.to_text_fitting(80), table.to_text());
}
