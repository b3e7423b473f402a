//! Tables for terminals and for Markdown.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};

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

    /// Like [`to_text`](Self::to_text) for a terminal of that many columns: what does not fit there wraps
    /// in the last column, which has two fifths of the width or all it needs. To make room for that, the
    /// columns before it are left out from the right, all but the first three, and named below the table.
    ///
    /// ```
    /// use symgrad_report::TextTable;
    /// let mut table = TextTable::new(["size", "loss", "bits", "held out", "formula"]);
    /// table.row(["5", "1.2e-5", "42", "1.4e-5", "a*d - b*c"]);
    /// assert_eq!(
    ///     table.to_text_fitting(40),
    ///     concat!(
    ///         " size     loss   bits   formula\n",
    ///         "──────────────────────────────────\n",
    ///         "    5   1.2e-5     42   a*d - b*c\n",
    ///         "no room for: held out\n",
    ///     )
    /// );
    /// ```
    pub fn to_text_fitting(&self, width: u16) -> String {
        // Behind the last column no blank is needed.
        let width = u32::from(width) + 1;
        let widths = outer_widths(&self.laid_out(str::to_owned));
        let (true, Some((&needed, _))) = (widths.iter().sum::<u32>() > width, widths.split_last())
        else {
            return self.to_text();
        };
        // Heads may wrap between their words, cells before the last column not at all.
        let mut narrow = outer_widths(&self.with_head_words().laid_out(str::to_owned));
        let wished = needed.min(2 * width / 5);
        let mut kept: Vec<usize> = (0..narrow.len()).collect();
        let before =
            |kept: &[usize]| kept[..kept.len() - 1].iter().map(|&c| narrow[c]).sum::<u32>();
        while before(&kept) + wished > width && kept.len() > KEPT + 1 {
            kept.remove(kept.len() - 2);
        }
        let rest = width.saturating_sub(before(&kept)).clamp(NARROWEST, needed.max(NARROWEST));
        if let Some(last) = narrow.last_mut() {
            *last = rest;
        }
        let mut table = self.only(&kept).ruled();
        table.set_content_arrangement(ContentArrangement::Dynamic);
        for (column, &index) in table.column_iter_mut().zip(&kept) {
            let inner = u16::try_from(narrow[index] - 1).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(inner)));
        }
        let left: Vec<&str> = (0..self.columns())
            .filter(|column| !kept.contains(column))
            .filter_map(|column| self.header.get(column).map(String::as_str))
            .collect();
        let note = if left.is_empty() {
            String::new()
        } else {
            format!("no room for: {}\n", left.join(", "))
        };
        ended(&table.to_string()) + &note
    }

    /// Those columns alone.
    fn only(&self, columns: &[usize]) -> Self {
        let of = |cells: &Vec<String>| -> Vec<String> {
            columns.iter().map(|&c| cells.get(c).cloned().unwrap_or_default()).collect()
        };
        Self { header: of(&self.header), rows: self.rows.iter().map(of).collect() }
    }

    /// Without a head, whose words are rows of their own.
    fn with_head_words(&self) -> Self {
        let words: Vec<Vec<&str>> =
            self.header.iter().map(|head| head.split(' ').collect()).collect();
        let most = words.iter().map(Vec::len).max().unwrap_or(0);
        let word = |row: usize, column: usize| {
            let words = words.get(column).map_or(&[][..], Vec::as_slice);
            words.get(row).map_or_else(String::new, |word| (*word).to_owned())
        };
        let columns = self.columns();
        let heads = (0..most).map(|row| (0..columns).map(|column| word(row, column)).collect());
        Self { header: vec![], rows: heads.chain(self.rows.iter().cloned()).collect() }
    }

    fn ruled(&self) -> comfy_table::Table {
        let mut table = self.laid_out(str::to_owned);
        let rule = comfy_table::LineStyle::none().fill('─').junction('─');
        table.load_style(presets::NOTHING.header_separator(rule));
        table
    }

    fn text(&self, width: Option<u16>) -> String {
        let mut table = self.ruled();
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

/// Columns that stay however narrow the terminal is.
const KEPT: usize = 3;

/// No last column is narrower, with the blanks around it.
const NARROWEST: u32 = 12;

/// The columns' widths with the blank on each side and the one between two columns.
fn outer_widths(table: &comfy_table::Table) -> Vec<u32> {
    table.column_max_content_widths().iter().map(|&width| u32::from(width) + 3).collect()
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
