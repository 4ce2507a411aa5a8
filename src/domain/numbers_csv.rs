//! From numbers as a CSV file (RFC 4180): a row for each, with the columns `sender`, `countries`
//! (codes, names or groups with spaces, commas or semicolons between them) and `default` (`yes`).

use std::fmt;

use super::country_group::parse_list;
use super::from_numbers::{FromNumber, FromNumbers};
use super::sender::Sender;

/// The names of the columns, in the order in which they are written.
const COLUMNS: [&str; 3] = ["sender", "countries", "default"];

/// How the default number is marked.
const YES: &str = "yes";

/// Rows that an error names.
const MAX_NAMED: usize = 5;

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What is wrong, without a full stop.
    pub reason: String,
}

/// Why a text is no grid of From numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsvError {
    /// Rows are wrong; all others were read.
    Rows(Vec<RowError>),
    /// The rows do not go together, or there is no header.
    Whole(String),
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Rows(rows) = self else {
            let Self::Whole(reason) = self else { return Ok(()) };
            return f.write_str(reason);
        };
        let named: Vec<String> = (rows.iter().take(MAX_NAMED))
            .map(|row| format!("line {}: {}", row.line, row.reason))
            .collect();
        f.write_str(&named.join("; "))?;
        match rows.len().saturating_sub(MAX_NAMED) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

/// Writes a grid as CSV, with a header.
pub fn to_csv(grid: &FromNumbers) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let rows = grid.rows().iter().map(|row| {
        let codes: Vec<&str> = row.countries.iter().map(|country| country.code()).collect();
        let default = if grid.is_default(&row.sender) { YES } else { "" };
        [row.sender.as_str().to_owned(), codes.join(" "), default.to_owned()]
    });
    let header = COLUMNS.map(str::to_owned);
    for row in [header].into_iter().chain(rows) {
        // It writes into memory, which does not fail.
        let _ = writer.write_record(row);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads a grid from CSV. Columns are found by their names, in any order; `countries` and `default`
/// may be missing.
///
/// # Errors
/// With every row that is wrong, or with what the rows do together.
pub fn from_csv(text: &str) -> Result<FromNumbers, CsvError> {
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let whole = |reason: &dyn fmt::Display| CsvError::Whole(reason.to_string());
    let headers = reader.headers().map_err(|error| whole(&error))?.clone();
    let column = |name: &str| headers.iter().position(|it| it.eq_ignore_ascii_case(name));
    let [sender, countries, default] = COLUMNS.map(column);
    let Some(sender) = sender else {
        return Err(CsvError::Whole(format!(
            "no header: the first line must be {}",
            COLUMNS.join(",")
        )));
    };
    let (mut numbers, mut defaults, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for (record, index) in reader.records().zip(2_u64..) {
        let record = record.map_err(|error| whole(&error))?;
        let line = record.position().map_or(index, csv::Position::line);
        let cell = |column: Option<usize>| column.and_then(|at| record.get(at)).unwrap_or_default();
        match row(record.get(sender).unwrap_or_default(), cell(countries)) {
            Err(reason) => errors.push(RowError { line, reason }),
            Ok(number) => {
                match cell(default).to_lowercase().as_str() {
                    "" | "no" | "false" | "0" => {}
                    YES | "true" | "1" | "*" => defaults.push(number.sender.clone()),
                    other => errors.push(RowError {
                        line,
                        reason: format!("default is yes or empty, not {other:?}"),
                    }),
                }
                numbers.push(number);
            }
        }
    }
    if defaults.len() > 1 {
        return Err(CsvError::Whole("more than one default number".to_owned()));
    }
    if !errors.is_empty() {
        return Err(CsvError::Rows(errors));
    }
    FromNumbers::new(numbers, defaults.pop()).map_err(|error| whole(&error))
}

fn row(sender: &str, countries: &str) -> Result<FromNumber, String> {
    let sender = Sender::parse(sender).map_err(|error| error.to_string())?;
    // A space stands between two codes, or inside a name.
    let separated = if countries.contains([',', ';']) {
        countries.to_owned()
    } else {
        countries.split_whitespace().collect::<Vec<_>>().join(",")
    };
    let countries = parse_list(countries)
        .or_else(|_| parse_list(&separated))
        .map_err(|error| error.to_string())?;
    Ok(FromNumber { sender, countries: countries.into_iter().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "sender,countries,default\n+14155550100,CA US,yes\nACME,AT CH DE,\n";

    #[test]
    fn what_is_written_is_read_again() {
        let grid = from_csv(TEXT).unwrap();
        assert_eq!(grid.rows().len(), 2);
        assert!(grid.is_default(&Sender::parse("+14155550100").unwrap()));
        assert_eq!(to_csv(&grid), TEXT);
        assert_eq!(from_csv(&to_csv(&FromNumbers::default())).unwrap(), FromNumbers::default());
    }

    #[test]
    fn columns_may_be_in_any_order_and_countries_in_words() {
        let text = "Default,Sender,Countries\r\nno,ACME,\"Germany, Côte d'Ivoire; DACH\"\r\n\
                    no,72404,United Kingdom\r\n";
        let grid = from_csv(text).unwrap();
        let codes: Vec<&str> = grid.rows()[0].countries.iter().map(|it| it.code()).collect();
        assert_eq!(codes, ["AT", "CH", "CI", "DE"]);
        assert_eq!(grid.rows()[1].countries.iter().next().unwrap().code(), "GB");
        // A spreadsheet puts a mark before its text.
        assert_eq!(from_csv(&format!("\u{feff}{text}")).unwrap(), grid);
    }

    #[test]
    fn every_wrong_row_is_named_with_its_line() {
        let text =
            "sender,countries,default\n12,CO,\nACME,DE,\n+573001234567,Atlantis,\n72404,CO,maybe\n";
        let CsvError::Rows(rows) = from_csv(text).unwrap_err() else { panic!("no rows") };
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 4, 5]);
        assert!(CsvError::Rows(rows).to_string().starts_with("line 2: "));
    }

    #[test]
    fn rows_that_do_not_go_together_are_refused() {
        for (text, words) in [
            ("sender,countries\nACME,DE\n72404,DE\n", "is already on"),
            ("sender,countries\nACME,\n", "has no countries"),
            ("sender,countries,default\nACME,DE,yes\n72404,CO,yes\n", "more than one default"),
            ("ACME,DE\n", "no header"),
            ("", "no header"),
        ] {
            let error = from_csv(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }
}
