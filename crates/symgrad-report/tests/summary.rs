//! A summary's two forms say the same, and every file it mentions is there.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use symgrad_report::{
    FrontLabels, FrontPoint, Picture, ReportError, Section, Summary, TextTable, pareto_svg,
};

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

#[test]
fn html_holds_everything_and_nothing_unescaped() {
    let page = summary().to_html();
    // All of the page but its doctype and two `meta` elements is XML as well.
    let body = &page[page.find("<style>").unwrap()..page.find("</html>").unwrap()];
    let body = format!("<html>{body}</html>");
    let document = roxmltree::Document::parse(&body).unwrap();
    let count = |name: &str| document.descendants().filter(|n| n.has_tag_name(name)).count();
    assert_eq!((count("table"), count("figure"), count("pre")), (2, 1, 1));
    assert!(page.contains("&lt;six&gt;") && !page.contains("<six>"));
}

#[test]
fn files_are_written_or_the_failure_names_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("run");
    let files = summary().write(&inner).unwrap();
    let names: Vec<&str> = files.iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["summary.md", "summary.html", "determinant-2x2-front.svg"]);
    assert!(files.iter().all(|file| file.is_file()));
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains("(determinant-2x2-front.svg)"));

    // A file stands where the folder should be.
    let error = summary().write(&files[0]).unwrap_err();
    assert!(matches!(&error, ReportError::Write { path, .. } if *path == files[0]), "{error}");
}
