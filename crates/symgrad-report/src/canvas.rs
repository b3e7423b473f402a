//! The common look: size, colours, fonts, axes, and the text placed around them.

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::element::PathElement;
use plotters::prelude::{Cartesian2d, Circle, DrawingArea, IntoDrawingArea, Rectangle, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, FontStyle, IntoFont, RGBColor, TextStyle, WHITE};

use crate::ReportError;
use crate::axis::Axis;

/// Width of a picture in CSS pixels.
const WIDTH: i32 = 720;
/// Height of a picture in CSS pixels.
const HEIGHT: i32 = 450;
/// The backend knows whole pixels only, so pictures are drawn this much larger and scaled back.
const SCALE: i32 = 4;

/// Left edge of the plot in CSS pixels.
pub(crate) const LEFT: i32 = 76;
const RIGHT: i32 = 22;
/// Upper edge of the plot in CSS pixels.
pub(crate) const TOP: i32 = 50;
const BOTTOM: i32 = 58;

/// Width of the area between the axes in CSS pixels.
pub(crate) const PLOT_WIDTH: i32 = WIDTH - LEFT - RIGHT;
/// Height of the area between the axes in CSS pixels.
pub(crate) const PLOT_HEIGHT: i32 = HEIGHT - TOP - BOTTOM;

// Colours of Okabe and Ito, which stay apart for every common kind of colour blindness.
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const VERMILION: RGBColor = RGBColor(213, 94, 0);
pub(crate) const GREEN: RGBColor = RGBColor(0, 158, 115);
pub(crate) const GREY: RGBColor = RGBColor(140, 140, 140);
pub(crate) const INK: RGBColor = RGBColor(34, 34, 34);
pub(crate) const SOFT_INK: RGBColor = RGBColor(95, 95, 95);
const GRID: RGBColor = RGBColor(232, 232, 232);
const AXIS_LINE: RGBColor = RGBColor(150, 150, 150);

const SANS: &str = "Helvetica, Arial, DejaVu Sans, sans-serif";
const MONO: &str = "Menlo, Consolas, DejaVu Sans Mono, monospace";
/// Advance of one character of a monospaced font, in units of its size.
pub(crate) const MONO_ADVANCE: f64 = 0.605;
/// The backend divides font sizes by this.
const FONT_UNIT: f64 = 1.24;

type Root<'b> = DrawingArea<SVGBackend<'b>, Shift>;

/// An empty pair of axes with their names, and what stands above them.
pub(crate) struct Frame<'a> {
    pub(crate) title: &'a str,
    /// Words and their colours, written at the right above the axes.
    pub(crate) legend: &'a [(String, RGBColor)],
    pub(crate) x_label: &'a str,
    pub(crate) y_label: &'a str,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

/// A pair of axes to draw on; points are in data coordinates.
pub(crate) struct Canvas<'b> {
    root: Root<'b>,
    chart: ChartContext<'b, SVGBackend<'b>, Cartesian2d<Axis, Axis>>,
}

/// Draws a picture: the frame first, then what `paint` adds.
pub(crate) fn draw(
    frame: &Frame<'_>,
    paint: impl FnOnce(&mut Canvas<'_>) -> Result<(), ReportError>,
) -> Result<String, ReportError> {
    let size = ((WIDTH * SCALE).unsigned_abs(), (HEIGHT * SCALE).unsigned_abs());
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let chart = axes(&root, frame)?;
        heading(&root, frame)?;
        let mut canvas = Canvas { root, chart };
        paint(&mut canvas)?;
        canvas.root.present()?;
    }
    Ok(scaled_back(&svg, size, frame.title))
}

fn axes<'b>(
    root: &Root<'b>,
    frame: &Frame<'_>,
) -> Result<ChartContext<'b, SVGBackend<'b>, Cartesian2d<Axis, Axis>>, ReportError> {
    let mut chart = ChartBuilder::on(root)
        .margin_top(TOP * SCALE)
        .margin_right(RIGHT * SCALE)
        .y_label_area_size(LEFT * SCALE)
        .x_label_area_size(BOTTOM * SCALE)
        .build_cartesian_2d(frame.x.clone(), frame.y.clone())?;
    chart
        .configure_mesh()
        .bold_line_style(GRID.stroke_width(SCALE.unsigned_abs()))
        .axis_style(AXIS_LINE.stroke_width(SCALE.unsigned_abs()))
        .set_all_tick_mark_size(4 * SCALE)
        .label_style(sans(13.0, SOFT_INK))
        .draw()?;
    let middle = LEFT + PLOT_WIDTH / 2;
    let below = sans(14.0, INK).pos(Pos::new(HPos::Center, VPos::Bottom));
    let name = shortened(&printable(frame.x_label), characters(PLOT_WIDTH, 14.0));
    root.draw_text(&name, &below, at_pixel(middle, HEIGHT - 8))?;
    let beside = sans(14.0, INK)
        .transform(plotters::style::FontTransform::Rotate270)
        .pos(Pos::new(HPos::Center, VPos::Top));
    let name = shortened(&printable(frame.y_label), characters(HEIGHT - 20, 14.0));
    root.draw_text(&name, &beside, at_pixel(8, TOP + PLOT_HEIGHT / 2))?;
    Ok(chart)
}

/// The title at the left, the legend at the right of one line.
fn heading(root: &Root<'_>, frame: &Frame<'_>) -> Result<(), ReportError> {
    let middle = TOP - 24;
    let mut right = WIDTH - RIGHT;
    for (entry, color) in frame.legend.iter().rev() {
        let entry = shortened(&printable(entry), 40);
        let style = sans(13.0, *color).pos(Pos::new(HPos::Right, VPos::Center));
        root.draw_text(&entry, &style, at_pixel(right, middle))?;
        right -= text_width(&entry, 13.0) + 14;
    }
    let style = bold(16.0, INK).pos(Pos::new(HPos::Left, VPos::Center));
    let title = shortened(&printable(frame.title), characters(right - LEFT, 16.0));
    root.draw_text(&title, &style, at_pixel(LEFT, middle))?;
    Ok(())
}

impl Canvas<'_> {
    /// A line through the points.
    pub(crate) fn line(
        &mut self,
        points: &[(f64, f64)],
        color: RGBColor,
        width: f64,
    ) -> Result<(), ReportError> {
        let style = color.stroke_width(pixels(width).unsigned_abs());
        self.chart.draw_series([PathElement::new(points.to_vec(), style)])?;
        Ok(())
    }

    /// Dots, each with a rim of the given width in white so that they stay apart.
    pub(crate) fn dots(
        &mut self,
        points: &[(f64, f64)],
        color: RGBColor,
        radius: f64,
        rim: f64,
    ) -> Result<(), ReportError> {
        for &point in points {
            let halo = Circle::new(point, pixels(radius + rim), WHITE.filled());
            let dot = Circle::new(point, pixels(radius), color.filled());
            if rim > 0.0 {
                self.chart.draw_series([halo])?;
            }
            self.chart.draw_series([dot])?;
        }
        Ok(())
    }

    /// Translucent dots without rims, whose overlap shows the density.
    pub(crate) fn haze(
        &mut self,
        points: &[(f64, f64)],
        color: RGBColor,
        radius: f64,
        opacity: f64,
    ) -> Result<(), ReportError> {
        let style = color.mix(opacity).filled();
        self.chart.draw_series(points.iter().map(|p| Circle::new(*p, pixels(radius), style)))?;
        Ok(())
    }

    /// Hides the grid within a distance of the upper end of the plot, in CSS pixels.
    pub(crate) fn clear_top(&mut self, height: i32) -> Result<(), ReportError> {
        let corners = [at_pixel(LEFT + 1, TOP - 2), at_pixel(WIDTH - RIGHT + 2, TOP + height)];
        self.root.draw(&Rectangle::new(corners, WHITE.filled()))?;
        Ok(())
    }

    /// Text centred at a place given in CSS pixels of the picture.
    pub(crate) fn text(
        &mut self,
        text: &str,
        (x, y): (i32, i32),
        font: &Font,
    ) -> Result<(), ReportError> {
        let style = font.style().pos(Pos::new(HPos::Center, VPos::Center));
        self.root.draw_text(&printable(text), &style, at_pixel(x, y))?;
        Ok(())
    }

    /// Where a point of the data lies, in CSS pixels of the picture.
    pub(crate) fn pixel(&self, point: (f64, f64)) -> (i32, i32) {
        let (x, y) = self.chart.backend_coord(&point);
        (x / SCALE, y / SCALE)
    }
}

/// A font in one of the two faces: plain for words, monospaced for formulas.
pub(crate) struct Font {
    pub(crate) size: f64,
    pub(crate) color: RGBColor,
    pub(crate) formula: bool,
}

impl Font {
    fn style(&self) -> TextStyle<'static> {
        if self.formula { face(MONO, self.size, self.color) } else { sans(self.size, self.color) }
    }
}

fn sans(size: f64, color: RGBColor) -> TextStyle<'static> {
    face(SANS, size, color)
}

fn face(family: &'static str, size: f64, color: RGBColor) -> TextStyle<'static> {
    let size = size * f64::from(SCALE) * FONT_UNIT;
    (FontFamily::Name(family), size, FontStyle::Normal).into_font().color(&color)
}

fn bold(size: f64, color: RGBColor) -> TextStyle<'static> {
    let mut style = sans(size, color);
    style.font = style.font.style(FontStyle::Bold);
    style
}

fn at_pixel(x: i32, y: i32) -> (i32, i32) {
    (x * SCALE, y * SCALE)
}

#[expect(clippy::cast_possible_truncation, reason = "lengths within a picture")]
fn pixels(length: f64) -> i32 {
    (length * f64::from(SCALE)).round() as i32
}

/// A generous estimate: proportional fonts differ, and no font is read.
#[expect(clippy::cast_possible_truncation, reason = "lengths within a picture")]
fn text_width(text: &str, size: f64) -> i32 {
    (text.chars().count() as f64 * size * 0.56).ceil() as i32
}

/// How many characters surely fit a length.
fn characters(length: i32, size: f64) -> usize {
    usize::try_from(length / text_width("n", size).max(1)).unwrap_or(0)
}

/// At most `room` characters, the last one an ellipsis where some were cut.
pub(crate) fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(room.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

/// Line breaks and other control characters, which XML forbids, become blanks.
fn printable(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if allowed(c) { c } else { ' ' }).collect()
}

/// Declares the picture's true size and names it for those who cannot see it.
fn scaled_back(svg: &str, (width, height): (u32, u32), title: &str) -> String {
    let drawn = format!("width=\"{width}\" height=\"{height}\"");
    let meant = format!("width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\"");
    let name = printable(title).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    svg.replacen(&drawn, &meant, 1).replacen(">\n", &format!(">\n<title>{name}</title>\n"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(shortened("x1 + x2", 7), "x1 + x2");
        assert_eq!(shortened("x1 + x2", 5), "x1 +…");
        assert_eq!(shortened("x", 0), "…");
    }
}
