//! How far *identified* can be believed: of the answers called so, the share that is right.

use symgrad_report::TextTable;

use crate::run::Record;
use crate::sets;
use crate::summary::rate;

/// A row for every set, half, mode and noise, in the order in which they come, and one for all.
pub(crate) fn table(records: &[&Record]) -> TextTable {
    let mut rows: Vec<(String, Vec<&Record>)> = vec![];
    for &record in records {
        let half = record.half.map_or_else(String::new, |half| format!(", {}", sets::name(&half)));
        let (set, mode) = (sets::name(&record.set), sets::name(&record.mode));
        let name = format!("{set}{half} | {mode} | {} %", record.noise);
        match rows.iter_mut().find(|row| row.0 == name) {
            Some(row) => row.1.push(record),
            None => rows.push((name, vec![record])),
        }
    }
    rows.push(("all |  | ".to_owned(), records.to_vec()));

    let header =
        ["set", "given", "noise", "runs", "identified", "of these wrong", "right (95 % interval)"];
    let mut table = TextTable::new(header);
    for (name, of) in rows {
        let identified: Vec<_> = of.iter().filter(|record| record.is_identified()).collect();
        let right = identified.iter().filter(|record| record.is_right()).count();
        let counts = [
            of.len().to_string(),
            identified.len().to_string(),
            (identified.len() - right).to_string(),
            rate(right, identified.len()),
        ];
        table.row(name.split(" | ").map(str::to_owned).chain(counts));
    }
    table
}
