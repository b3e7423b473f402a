//! Pictures of pages as screens of several sizes show them, light and dark.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Stop;

/// Screens: a name, the width, and the least height.
const SCREENS: [(&str, u32, u32); 3] =
    [("phone", 390, 844), ("laptop", 1366, 768), ("wide", 2200, 1200)];

/// Light and dark, with the numbers that Chromium has for them.
const SCHEMES: [(&str, u8); 2] = [("light", 1), ("dark", 0)];

/// Taller pictures are cut.
const TALLEST: u32 = 12_000;

/// No window of the browser is narrower.
const NARROWEST: u32 = 500;

/// How the frame tells what it has measured.
const MEASURED: &str = "measured by the frame:";

/// A browser of its own, which asks nobody for anything.
const ALONE: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// Names by which the browser is known.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Pictures every page on every screen; an error if one does not fit or complains.
pub(crate) fn take(args: &[OsString]) -> Result<(), Stop> {
    let [folder, pages @ ..] = args else {
        return Err(Stop::because("a folder for the pictures, then the pages".to_owned()));
    };
    // What goes wrong here shows in the next line.
    let _ = std::fs::create_dir_all(folder);
    let folder = whole(Path::new(folder))?;
    let browser = browser()?;
    let mut complaints = 0;
    for page in pages {
        let page = whole(Path::new(page))?;
        for (screen, width, least) in SCREENS {
            for (scheme, number) in SCHEMES {
                let view = View { browser: &browser, folder: &folder, page: &page, width, number };
                let seen = view.open(least, None)?;
                let picture = folder.join(format!("{}-{screen}-{scheme}.png", name_of(&page)));
                view.open(seen.height.clamp(least, TALLEST), Some(&picture))?;
                let mut told = seen.complaints;
                if seen.width > width {
                    told.push(format!("it is {} wide, the screen {width}", seen.width));
                }
                let mut output = std::io::stderr().lock();
                let _ = writeln!(output, "{}", picture.display());
                for complaint in &told {
                    let _ = writeln!(output, "  {complaint}");
                }
                complaints += told.len();
            }
        }
    }
    match complaints {
        0 => Ok(()),
        _ => Err(Stop { code: 1, reason: Some(format!("{complaints} complaints, see above")) }),
    }
}

/// A page on a screen.
struct View<'a> {
    browser: &'a Path,
    folder: &'a Path,
    page: &'a Path,
    width: u32,
    number: u8,
}

/// What the browser says of a page.
struct Seen {
    width: u32,
    height: u32,
    complaints: Vec<String>,
}

impl View<'_> {
    /// Opens the page in a frame of that size, enlarged to the window: windows cannot be as narrow as a
    /// phone, whose screen has more dots than that anyway.
    fn open(&self, height: u32, picture: Option<&Path>) -> Result<Seen, Stop> {
        let Self { width, number, .. } = *self;
        let source = address(self.page);
        let window = width.max(NARROWEST);
        let scale = f64::from(window) / f64::from(width);
        let frame = format!(
            "<!doctype html><meta charset=utf-8><meta name=color-scheme content='light dark'>\
             <style>body {{ margin: 0; overflow: hidden }} iframe {{ border: 0; display: block;\
             transform: scale({scale}); transform-origin: 0 0 }}</style>\
             <iframe src=\"{source}\" width={width} height={height}></iframe>\
             <script>onload = () => {{\
               const root = document.querySelector('iframe').contentDocument.documentElement;\
               console.log('{MEASURED}', root.scrollWidth, root.scrollHeight);\
             }};</script>"
        );
        let file = self.folder.join(".frame.html");
        let failed = |error: std::io::Error| Stop::because(format!("{}: {error}", file.display()));
        std::fs::write(&file, frame).map_err(failed)?;
        let mut command = Command::new(self.browser);
        command.args(ALONE);
        let profile = self.folder.join(".profile");
        let mut own = OsString::from("--user-data-dir=");
        own.push(&profile);
        command.arg(own);
        command.args(["--allow-file-access-from-files", "--enable-logging=stderr"]);
        command.arg(format!("--blink-settings=preferredColorScheme={number}"));
        let high = (f64::from(height) * scale).ceil();
        command.arg(format!("--window-size={window},{high}"));
        // Without a picture something has to be asked for.
        command.arg(picture.map_or("--dump-dom".into(), |picture| {
            let mut option = OsString::from("--screenshot=");
            option.push(picture);
            option
        }));
        let output = command.arg(address(&file)).output();
        let output = output
            .map_err(|error| Stop::because(format!("{}: {error}", self.browser.display())))?;
        std::fs::remove_file(&file).map_err(failed)?;
        // A browser that is still ending may hold its profile; the next one finds it empty enough.
        let _ = std::fs::remove_dir_all(&profile);
        seen(&String::from_utf8_lossy(&output.stderr)).ok_or_else(|| {
            Stop::because(format!("{} cannot be shown: {source}", self.browser.display()))
        })
    }
}

/// What the lines of the console tell: what the frame has measured, and complaints.
fn seen(log: &str) -> Option<Seen> {
    let mut seen = None;
    let mut complaints = vec![];
    for line in log.lines().filter(|line| line.contains("CONSOLE")) {
        let Some((_, numbers)) = line.split_once(MEASURED) else {
            complaints.push(line.to_owned());
            continue;
        };
        let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
        let mut numbers = numbers.split_whitespace().map(|text| digits(text).parse().ok());
        seen = numbers.next().flatten().zip(numbers.next().flatten());
    }
    seen.map(|(width, height)| Seen { width, height, complaints })
}

/// The path without detours.
fn whole(path: &Path) -> Result<PathBuf, Stop> {
    path.canonicalize()
        .map_err(|error| Stop::because(format!("cannot open {}: {error}", path.display())))
}

/// The address of a file.
fn address(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let sign = |c: char| match c {
        ' ' | '%' | '"' | '\'' | '#' | '?' | '<' | '>' | '&' => format!("%{:02X}", c as u32),
        other => other.to_string(),
    };
    format!("file://{}", text.chars().map(sign).collect::<String>())
}

/// The page's name after those of its folder and of the folder above.
fn name_of(page: &Path) -> String {
    let parts: Vec<String> = page
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().replace(['/', '\\'], ""))
        .filter(|part| !part.is_empty())
        .collect();
    parts[parts.len().saturating_sub(3)..].join("-")
}

fn browser() -> Result<PathBuf, Stop> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    let runs = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    BROWSERS.into_iter().find(runs).map(PathBuf::from).ok_or_else(|| {
        Stop::because("no Chromium was found; CHROMIUM may name the program".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_is_read() {
        let log = "[1:CONSOLE:3] \"measured by the frame: 391 2000\", source: x (1)\n\
                   [1:ERROR:y] nothing\n[1:CONSOLE:4] \"Uncaught TypeError\", source: y (2)\n";
        let found = seen(log).expect("sizes");
        assert_eq!((found.width, found.height, found.complaints.len()), (391, 2000, 1));
        assert!(seen("").is_none());
        assert_eq!(name_of(Path::new("/runs/trace/seed-0/report.html")), "trace-seed-0-report");
        assert_eq!(name_of(Path::new("/report.html")), "report");
        assert_eq!(address(Path::new("/a b/c#d.html")), "file:///a%20b/c%23d.html");
    }
}
