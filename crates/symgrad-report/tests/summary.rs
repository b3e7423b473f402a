//! The summary as Markdown.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use symgrad_report::{FrontLabels, FrontPoint, Picture, Section, Summary, TextTable, pareto_svg};

fn summary() -> Summary {
    let formula = "a11*a22 - a12*a21";
    let front = [
        FrontPoint { complexity: 1, loss: 0.4, expression: "a11".into() },
        FrontPoint { complexity: 7, loss: 1.6e-4, expression: formula.into() },
    ];
    let mut table = TextTable::new(["experiment", "answer", "loss", "recovered"]);
    table.row(["determinant-2x2", formula, "1.60e-4", "yes"]);
    let picture = Picture {
        name: "determinant-2x2 front".into(),
        caption: "Loss < 1 against complexity".into(),
        svg: pareto_svg(&front, Some(1), &FrontLabels::default()).unwrap(),
    };
    Summary {
        title: "Reproduction".into(),
        facts: vec![("seed".into(), "1".into()), ("suite".into(), "<six>".into())],
        table: Some(table.clone()),
        sections: vec![Section {
            title: "determinant-2x2".into(),
            formula: Some(formula.into()),
            text: vec!["The neuron's cosine is 0.999_9.".into()],
            table: Some(table),
            pictures: vec![picture],
        }],
    }
}

#[test]
fn markdown_reads_well() {
    insta::assert_snapshot!(summary().to_markdown());
}
