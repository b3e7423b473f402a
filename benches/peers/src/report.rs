//! Sections and tables, printed as they come and kept for a Markdown file.

use symgrad_report::TextTable;

/// What has been printed so far, as Markdown.
#[derive(Default)]
pub(crate) struct Report {
    markdown: String,
}

impl Report {
    /// Starts a section with a few sentences on what its tables hold.
    pub(crate) fn section(&mut self, title: &str, text: &str) {
        println!("\n{title}\n{}\n{text}", "=".repeat(title.chars().count()));
        self.markdown.extend(["### ", title, "\n\n", text, "\n\n"]);
    }

    pub(crate) fn table(&mut self, table: &TextTable) {
        println!("\n{}", table.to_text());
        self.markdown.extend([&table.to_markdown(), "\n"]);
    }

    pub(crate) fn remark(&mut self, text: &str) {
        println!("{text}");
        self.markdown.extend([text, "\n\n"]);
    }

    pub(crate) fn markdown(&self) -> &str {
        &self.markdown
    }
}
