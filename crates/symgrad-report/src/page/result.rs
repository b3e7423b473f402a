//! The page of one result.

use maud::{Markup, html};

use super::frame::{badge, command, facts, formula, notations, page, scrolled};
use super::{PageEntry, PageHint, ResultPage, Span95, Spelt};
use super::{plane, plot};
use crate::canvas::shortened;
use crate::format_loss;

const SCRIPT: &str = concat!(include_str!("copy.js"), include_str!("result.js"));

/// Bytes of formulas on a page, in all notations. Beyond this an entry is told in the table alone,
/// so that the page stays far below a megabyte.
const FORMULAS: usize = 150_000;

/// Bytes of one formula's markup beside the answer.
const SHORT: usize = 30_000;

/// Bytes of pictures of the points, likewise.
const PICTURES: usize = 100_000;

/// Bytes of planes, likewise.
const PLANES: usize = 60_000;

/// Characters of a formula in the table.
const ROW: usize = 400;

impl ResultPage {
    /// As one HTML file.
    pub fn to_html(&self) -> String {
        page(
            &self.title,
            SCRIPT,
            &html! {
                (self.first_screen())
                main {
                    (self.table())
                    (self.credible())
                    (self.points())
                    (self.checked())
                    (self.trained())
                    (self.hints())
                    (self.about())
                }
            },
        )
    }

    /// The answer, the verdict, the front, and how to repeat it.
    fn first_screen(&self) -> Markup {
        html! {
            header {
                div .head { h1 { (self.title) } (badge(self.badge)) }
                p { (self.sentence) }
                @if let Some(reason) = &self.reason { p .soft { (reason) } }
                @for remark in &self.remarks { p .soft { (remark) } }
            }
            @if !self.entries.is_empty() {
                div .card .big { (self.formulas()) }
                div .split {
                    div .card { (self.spelt()) @if self.command.is_some() { h3 { "To repeat it" } (command(self.command.as_deref())) } }
                    figure .card {
                        (plot::front(&self.entries, self.answer, &format!("loss ({})", self.loss)))
                        figcaption { (self.loss) ": " (self.meaning) }
                        p .readout aria-hidden="true" { "Choose a point to see its formula." }
                    }
                }
            }
            @else { (command(self.command.as_deref())) }
        }
    }

    /// Every entry typeset, of which one is shown.
    fn formulas(&self) -> Markup {
        let fits = self.fitting();
        html! {
            @for (index, entry) in self.entries.iter().enumerate() {
                @let chosen = index == self.answer;
                div data-of=(index) hidden=[(!chosen).then_some("")] {
                    div .head {
                        h2 { @if chosen { (self.noun()) } @else { "Formula of complexity " (entry.complexity) } }
                        @if !chosen {
                            button type="button" data-entry=(self.answer) { "back to the answer" }
                        }
                    }
                    @if fits[index] {
                        (formula(&entry.math, &entry.text, "Formula"))
                    } @else {
                        p { code { (shortened(&entry.text, ROW)) } }
                        p .soft { "Too long for this page; the result's file holds it." }
                    }
                    p .soft {
                        (numbers(entry))
                        @if entry.rounded { ". Typeset with few digits; the notations have all." }
                    }
                }
            }
        }
    }

    /// Every entry in the notations, of which one is shown.
    fn spelt(&self) -> Markup {
        let fits = self.fitting();
        html! {
            @for (index, entry) in self.entries.iter().enumerate().filter(|(index, _)| fits[*index]) {
                div data-of=(index) hidden=[(index != self.answer).then_some("")] {
                    (notations(&entry.notations, &format!("code-{index}")))
                }
            }
        }
    }

    fn noun(&self) -> &'static str {
        if self.badge == super::Badge::NotFound { "Best guess" } else { "Answer" }
    }

    /// Which entries' formulas there is room for.
    fn fitting(&self) -> Vec<bool> {
        let note = |spelt: &Spelt| spelt.note.as_ref().map_or(0, String::len);
        let length = |spelt: &Spelt| spelt.text.len() + note(spelt);
        let size = |entry: &PageEntry| {
            entry.math.len() + entry.text.len() + entry.notations.iter().map(length).sum::<usize>()
        };
        let sizes: Vec<usize> = self.entries.iter().map(size).collect();
        self.within(&sizes, FORMULAS)
    }

    /// Which entries there is room for if each takes so much of it, those next to the answer first.
    fn within(&self, sizes: &[usize], mut room: usize) -> Vec<bool> {
        let mut fits = vec![false; sizes.len()];
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by_key(|index| index.abs_diff(self.answer));
        for index in order {
            fits[index] = sizes[index] <= room;
            room -= if fits[index] { sizes[index] } else { 0 };
        }
        fits
    }

    fn table(&self) -> Markup {
        let held = self.entries.iter().any(|entry| entry.held_out.is_some());
        let outermost = self.entries.iter().any(|entry| entry.outermost.is_some());
        let bits = self.entries.iter().any(|entry| entry.bits.is_some());
        // Each cell says what it holds: on a narrow screen rows are stacks.
        let second = self.second.as_deref();
        let table = html! {
            table .stacks .front {
                thead { tr {
                    th scope="col" { span .unseen { "Show" } }
                    th .number scope="col" { "complexity" }
                    th .number scope="col" { (self.loss) }
                    @if held { th .number scope="col" { "held out" } th .number scope="col" { "95 %" } }
                    @if outermost { th .number scope="col" { "outermost" } }
                    @if let Some(second) = second { th .number scope="col" { (second) } }
                    @if bits { th .number scope="col" { "bits in favour" } }
                    th scope="col" { "formula" }
                } }
                tbody {
                    @for (index, entry) in self.entries.iter().enumerate() {
                        @let chosen = index == self.answer;
                        tr .answer[chosen] {
                            td {
                                button type="button" data-entry=(index) aria-pressed=(chosen)
                                    aria-label={ "Show the formula of complexity " (entry.complexity) } { "show" }
                            }
                            td .number data-head="complexity" { (entry.complexity) }
                            td .number data-head=(self.loss) { (format_loss(entry.loss)) }
                            @if held {
                                td .number data-head="held out" { (loss_of(entry.held_out)) }
                                td .number data-head="95 %" { (ends_of(entry.held_out)) }
                            }
                            @if outermost { td .number data-head="outermost" { (loss_of(entry.outermost)) } }
                            @if let Some(second) = second {
                                td .number data-head=(second) { (entry.second.map(format_loss).unwrap_or_default()) }
                            }
                            @if bits {
                                td .number data-head="bits in favour" {
                                    (entry.bits.map(|bits| format!("{bits:.0}")).unwrap_or_default())
                                }
                            }
                            td data-head="formula" { code { (shortened(&entry.text, ROW)) } }
                        }
                    }
                }
            }
        };
        html! {
            @if !self.entries.is_empty() {
                section aria-labelledby="front" {
                    h2 #front { "The front" }
                    p .soft {
                        "The best formula of each complexity. "
                        @if held { "Held out: the loss on points that the search has not seen, and where it lies in 95 of 100 draws of them. " }
                        @if outermost { "Outermost: the same on the points farthest out, where a formula that only fits goes astray. " }
                        @if bits { "Bits in favour: by how much agreement by chance is less probable than there are formulas as short." }
                    }
                    (scrolled("The front as a table", &table))
                }
            }
        }
    }

    fn credible(&self) -> Markup {
        let entries: Vec<&PageEntry> =
            self.alternatives.iter().filter_map(|&index| self.entries.get(index)).collect();
        html! {
            @if !entries.is_empty() {
                section aria-labelledby="alternatives" {
                    h2 #alternatives { "As credible" }
                    p .soft { "The data do not tell these from the answer." }
                    @for entry in entries {
                        (formula(&short_math(entry), &shortened(&entry.text, ROW), "Alternative"))
                        p .soft { (numbers(entry)) }
                    }
                }
            }
        }
    }

    /// What every entry is like at the points, of which one is shown.
    fn points(&self) -> Markup {
        let size = |picture: &Option<Markup>| picture.as_ref().map_or(0, |markup| markup.0.len());
        let planes: Vec<Option<Markup>> = self.entries.iter().map(plane_of).collect();
        let sizes: Vec<usize> = planes.iter().map(size).collect();
        let with_plane = self.within(&sizes, PLANES);
        let pictures: Vec<Option<Markup>> = self.entries.iter().map(pictures).collect();
        let sizes: Vec<usize> = pictures.iter().map(size).collect();
        let fits = self.within(&sizes, PICTURES);
        let is_any = pictures.iter().chain(&planes).any(Option::is_some);
        html! {
            @if is_any {
                section aria-labelledby="points" {
                    h2 #points { "At the points" }
                    @for (index, (plane, picture)) in planes.iter().zip(&pictures).enumerate() {
                        @let shown = [(plane, with_plane[index]), (picture, fits[index])];
                        div data-of=(index) hidden=[(index != self.answer).then_some("")] {
                            div .pictures {
                                @for (picture, _) in shown.iter().filter(|(_, fits)| *fits) {
                                    @if let Some(picture) = picture { (picture) }
                                }
                            }
                            @if shown.iter().any(|(picture, fits)| picture.is_some() && !fits) {
                                p .soft { "No room for pictures of this formula." }
                            } @else if plane.is_none() && picture.is_none() {
                                p .soft { "No pictures of this formula." }
                            }
                        }
                    }
                    p .soft { "A sample of the points, at most some hundred." }
                }
            }
        }
    }

    /// The formula that is known to be right.
    fn checked(&self) -> Markup {
        html! {
            @if let Some(truth) = &self.truth {
                section aria-labelledby="truth" {
                    h2 #truth { "The truth" }
                    (formula(&truth.math, &truth.text, "The truth"))
                    @for sentence in &truth.sentences { p { (sentence) } }
                }
            }
        }
    }

    /// The training.
    fn trained(&self) -> Markup {
        html! {
            @if let Some(picture) = plot::training(&self.training, &self.stages) {
                section aria-labelledby="training" {
                    h2 #training { "The training" }
                    figure .card {
                        (picture)
                        figcaption { (training_caption(&self.training, &self.stages)) }
                    }
                }
            }
        }
    }

    fn hints(&self) -> Markup {
        html! {
            @if !self.hints.is_empty() {
                section aria-labelledby="hints" {
                    h2 #hints { "What the data alone tell" }
                    ul {
                        @for PageHint { text, against } in &self.hints {
                            li {
                                (text)
                                @if *against { " " strong { "the answer does not keep to this" } }
                            }
                        }
                    }
                }
            }
        }
    }

    fn about(&self) -> Markup {
        html! {
            section aria-labelledby="about" {
                h2 #about { "The run" }
                (facts(self.work.iter().chain(&self.provenance)))
                @if let Some(configuration) = &self.configuration {
                    details {
                        summary { "Settings" }
                        pre { code { (configuration) } }
                    }
                }
            }
        }
    }
}

/// The plane of the two inputs that matter most.
fn plane_of(entry: &PageEntry) -> Option<Markup> {
    let (picture, caption) = plane::plane(entry.plane.as_ref()?)?;
    Some(html! { figure .card { (picture) figcaption { (caption) } } })
}

/// What an entry is like at the points. `None` where nothing is known.
fn pictures(entry: &PageEntry) -> Option<Markup> {
    let relation = entry.relation.as_ref();
    let scatter = relation.and_then(plot::relation);
    let angles = plot::angles(&entry.angles);
    if scatter.is_none() && angles.is_none() {
        return None;
    }
    Some(html! {
        @if let (Some([whole, rest]), Some(relation)) = (&scatter, relation) {
            figure .card {
                (whole)
                figcaption { (relation.target) " = " (relation.fit) ". " (relation.numbers) }
            }
            figure .card { (rest) figcaption { "What " (relation.fit) " leaves." } }
        }
        @if let Some(picture) = &angles {
            figure .card {
                (picture)
                figcaption {
                    "Angles between the gradients: half of the points below "
                    (degrees(&entry.angles, 0.5)) ", 95 % below " (degrees(&entry.angles, 0.95)) "."
                }
            }
        }
    })
}

/// Which line is which, and which stage.
fn training_caption(curves: &[(String, Vec<[f64; 2]>)], stages: &[(f64, String)]) -> String {
    let looks = ["thin", "thick, dashed"].into_iter().cycle();
    let told = curves.iter().zip(looks).map(|((name, _), look)| format!("{name} ({look})"));
    let lines = format!("Loss by step: {}.", told.collect::<Vec<_>>().join(", "));
    if stages.is_empty() {
        return lines;
    }
    let stage = |(number, (from, name)): (usize, &(f64, String))| {
        format!("{}: {name}, from step {from}", number + 1)
    };
    let stages: Vec<String> = stages.iter().enumerate().map(stage).collect();
    format!("{lines} Losses of different stages cannot be compared. {}.", stages.join("; "))
}

/// The markup of a formula unless it is so long that the text has to do.
fn short_math(entry: &PageEntry) -> String {
    if entry.math.len() > SHORT { String::new() } else { entry.math.clone() }
}

fn numbers(entry: &PageEntry) -> String {
    let loss = format_loss(entry.loss);
    let held_out = entry.held_out.map_or_else(String::new, |span| {
        let [estimate, low, high] = [span.estimate, span.low, span.high].map(format_loss);
        format!("; held out {estimate} (95 %: {low} to {high})")
    });
    format!("complexity {}, loss {loss}{held_out}", entry.complexity)
}

fn loss_of(span: Option<Span95>) -> String {
    span.map_or_else(String::new, |span| format_loss(span.estimate))
}

fn ends_of(span: Option<Span95>) -> String {
    let ends = |span: Span95| format!("{} – {}", format_loss(span.low), format_loss(span.high));
    span.map_or_else(String::new, ends)
}

/// The angle below which that share of the points lies.
fn degrees(angles: &[f64], share: f64) -> String {
    let mut sorted = angles.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let place = (share * (sorted.len().max(1) - 1) as f64).round() as usize;
    sorted.get(place).map_or_else(String::new, |angle| format!("{}°", format_loss(*angle)))
}
