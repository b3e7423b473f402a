//! Tables for terminals and for Markdown.

use comfy_table::{CellAlignment, ContentArrangement, presets};

/// A table of text whose columns of numbers are aligned to the right.
///
/// A column counts as numeric if each of its cells is a number, perhaps with a unit, a percent
/// sign or a denominator (`10/10`), or else empty or a dash. Widths are those of a terminal, so
/// `∇` or wide characters do not break the alignment.
///
/// ```
/// use symgrad_report::TextTable;
/// let mut table = TextTable::new(["experiment", "loss"]);
/// table.row(["trace-2x2", "1.07e-5"]);
/// table.row(["potentials", "0.0106"]);
/// assert_eq!(
///     table.to_text(),
///     concat!(
///         " experiment      loss\n",
///         "──────────────────────\n",
///         " trace-2x2    1.07e-5\n",
///         " potentials    0.0106\n",
///     )
/// );
/// assert!(table.to_markdown().starts_with("| experiment |    loss |\n|------------|--------:|\n"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextTable {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    /// A table with that header and no rows.
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: vec![] }
    }

    /// Adds a row. Missing cells stay empty, further cells get a column without a name.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) -> &mut Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// For a terminal: a ruled header and no other lines. Ends with a line break.
    pub fn to_text(&self) -> String {
        self.text(None)
    }

    /// Like [`to_text`](Self::to_text), but long cells wrap so that lines fit `width` columns.
    pub fn to_text_within(&self, width: u16) -> String {
        self.text(Some(width))
    }

    fn text(&self, width: Option<u16>) -> String {
        let mut table = self.laid_out(str::to_owned);
        let rule = comfy_table::LineStyle::none().fill('─').junction('─');
        table.load_style(presets::NOTHING.header_separator(rule));
        if let Some(width) = width {
            table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        }
        ended(&table.to_string())
    }

    /// As GitHub-flavoured Markdown. Bars and line breaks within cells are made harmless, and
    /// cells with signs that would be taken for markup, as formulas have, become code, unless
    /// they hold backticks of their own. Ends with a line break.
    pub fn to_markdown(&self) -> String {
        let mut table = self.laid_out(harmless);
        table.load_style(presets::ASCII_MARKDOWN);
        let rule: Vec<String> = table
            .column_max_content_widths()
            .iter()
            .enumerate()
            .map(|(column, &width)| {
                let dashes = "-".repeat(usize::from(width) + 1);
                let end = if self.is_numeric(column) { ':' } else { '-' };
                format!("{dashes}{end}")
            })
            .collect();
        let drawn = table.to_string();
        let mut lines: Vec<&str> = drawn.lines().collect();
        let rule = format!("|{}|", rule.join("|"));
        if let Some(line) = lines.get_mut(1) {
            *line = &rule;
        }
        ended(&lines.join("\n"))
    }

    /// As an HTML table whose numeric columns have the class `number`, and whose cells each say under which
    /// head they stand: on a narrow screen rows can be stacks. Ends with a line break.
    pub fn to_html(&self) -> String {
        let columns = self.columns();
        let text =
            |cells: &[String], column: usize| escaped(cells.get(column).map_or("", String::as_str));
        let class = |column: usize| if self.is_numeric(column) { " class=\"number\"" } else { "" };
        let head =
            |column: usize| format!("<th{}>{}</th>", class(column), text(&self.header, column));
        let cell = |row: &[String], column: usize| {
            let head = text(&self.header, column);
            format!("<td{} data-head=\"{head}\">{}</td>", class(column), text(row, column))
        };
        let heads: String = (0..columns).map(head).collect();
        let row = |row: &Vec<String>| {
            let cells: String = (0..columns).map(|column| cell(row, column)).collect();
            format!("<tr>{cells}</tr>\n")
        };
        let rows: String = self.rows.iter().map(row).collect();
        format!(
            "<table class=\"stacks plain\">\n<thead><tr>{heads}</tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table>\n"
        )
    }

    fn laid_out(&self, clean: impl Fn(&str) -> String) -> comfy_table::Table {
        let columns = self.columns();
        let full = |cells: &[String]| -> Vec<String> {
            (0..columns)
                .map(|c| cells.get(c).map_or_else(String::new, |cell| clean(cell)))
                .collect()
        };
        let mut table = comfy_table::Table::new();
        table.set_header(full(&self.header));
        table.add_rows(self.rows.iter().map(|row| full(row)));
        for (index, column) in table.column_iter_mut().enumerate() {
            if self.is_numeric(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).fold(self.header.len(), usize::max)
    }

    fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .filter(|cell| !is_blank(cell))
            .peekable();
        cells.peek().is_some() && cells.all(|cell| is_number(cell))
    }
}

fn is_blank(cell: &str) -> bool {
    matches!(cell.trim(), "" | "-" | "–" | "—")
}

/// A number, a percentage or a count out of a total, each with at most one word for its unit.
fn is_number(cell: &str) -> bool {
    let mut words = cell.split_whitespace();
    let Some(first) = words.next() else { return false };
    let parts = first.trim_end_matches('%').replace('−', "-");
    let all_parse = parts.split('/').all(|part| part.parse::<f64>().is_ok());
    let units_only = words.all(|word| word.parse::<f64>().is_ok() || word.chars().all(is_of_unit));
    all_parse && units_only
}

fn is_of_unit(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '%' | '/' | '°')
}

/// A cell that keeps to its column; formulas, whose `*` and `_` are markup, become code.
fn harmless(cell: &str) -> String {
    let one_line = cell.replace('|', "\\|").replace(['\r', '\n'], " ");
    let marked_up = one_line.contains(['*', '_', '<', '[', '~']);
    if marked_up && !one_line.contains('`') { format!("`{one_line}`") } else { one_line }
}

/// Text in which HTML sees no markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Lines without blanks at their ends, each ending with a line break.
fn ended(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}
