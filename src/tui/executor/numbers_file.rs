//! Reads and writes From numbers as CSV files.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use crate::config;
use crate::domain::from_numbers::FromNumbers;
use crate::domain::numbers_csv::{from_csv, to_csv};
use crate::tui::question::Answer;

/// Reads a file.
pub(super) async fn read(file: PathBuf) -> Result<Answer, String> {
    let read = spawn_blocking(move || {
        let shown = file.display().to_string();
        let text = config::input(&file).map_err(|error| error.to_string())?;
        from_csv(&text).map_err(|error| format!("{shown}: {error}"))
    });
    let grid = read.await.map_err(|error| error.to_string())??;
    Ok(Answer::Numbers(Box::new(grid)))
}

/// Writes a new file; one that is there already stays as it is.
pub(super) async fn write(file: PathBuf, grid: FromNumbers) -> Result<Answer, String> {
    let written = spawn_blocking(move || {
        write_new(&file, &to_csv(&grid))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    });
    written.await.map_err(|error| error.to_string())??;
    Ok(Answer::Written)
}

fn write_new(file: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}
