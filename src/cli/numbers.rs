//! `smsdeck numbers`: the From numbers of one environment.

use std::process::ExitCode;

use super::arguments::NumbersCommand;
use super::change::apply;
use super::consent::Consent;
use super::failure::Failure;
use super::invocation::Invocation;
use crate::config;
use crate::domain::country::Country;
use crate::domain::from_numbers::{FromNumber, FromNumbers};
use crate::domain::numbers_csv::{from_csv, to_csv};
use crate::domain::sender::Sender;
use crate::engine::{Checking, InvalidEdit, SettingsChange};
use crate::report;

pub(super) async fn run(
    invocation: &Invocation,
    command: NumbersCommand,
) -> Result<ExitCode, Failure> {
    match command {
        NumbersCommand::List => list(invocation),
        NumbersCommand::Export => export(invocation),
        NumbersCommand::Import { file, consent } => {
            let grid = from_csv(&config::input(&file)?)
                .map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
            change(invocation, consent, move |_| Ok(grid.clone())).await
        }
        NumbersCommand::Add { sender, countries, default, r#move, consent } => {
            change(invocation, consent, move |grid| {
                if grid.rows().iter().any(|row| row.sender == sender) {
                    return Err(InvalidEdit::Rule(format!("{sender} is already listed; use edit")));
                }
                may_move(grid, None, &countries.0, r#move)?;
                let countries = countries.0.iter().copied().collect();
                let number = FromNumber { sender: sender.clone(), countries };
                grid.with(None, number, default).map_err(invalid)
            })
            .await
        }
        NumbersCommand::Edit { sender, new_sender, countries, no_countries, r#move, consent } => {
            let countries = countries.map(|countries| countries.0);
            let countries = countries.or_else(|| no_countries.then(Vec::new));
            change(invocation, consent, move |grid| {
                edited(grid, (&sender, new_sender.as_ref()), countries.as_deref(), r#move)
            })
            .await
        }
        NumbersCommand::Remove { sender, consent } => {
            change(invocation, consent, move |grid| grid.without(&sender).map_err(invalid)).await
        }
        NumbersCommand::Default { sender, none, consent } => {
            let sender = sender.filter(|_| !none);
            change(invocation, consent, move |grid| {
                grid.with_default(sender.as_ref()).map_err(invalid)
            })
            .await
        }
    }
}

fn list(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let config = invocation.config()?;
    let grid = &config.environments[environment].from_numbers;
    for row in grid.rows() {
        let default = grid.is_default(&row.sender);
        let report = report::FromNumber::of(environment, row, default);
        let mark = if default { "*" } else { " " };
        let codes = report.countries.join(" ");
        let text = format!("{mark} {:<20} {codes}", row.sender.to_string());
        invocation.output.line(text.trim_end(), &report)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn export(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let text = to_csv(&invocation.config()?.environments[environment].from_numbers);
    let report = report::NumbersCsv { environment: environment.key(), csv: &text };
    invocation.output.line(text.trim_end(), &report)?;
    Ok(ExitCode::SUCCESS)
}

async fn change(
    invocation: &Invocation,
    consent: Consent,
    edit: impl Fn(&FromNumbers) -> Result<FromNumbers, InvalidEdit> + Send + Sync + 'static,
) -> Result<ExitCode, Failure> {
    let environment = invocation.environment()?;
    let change = SettingsChange::edit(Some(environment), None, move |config| {
        let grid = &mut config.environments[environment].from_numbers;
        *grid = edit(grid)?;
        Ok(())
    });
    apply(invocation, consent, Checking::Required, change).await
}

/// The grid with another sender or other countries in the place of a number's.
fn edited(
    grid: &FromNumbers,
    (sender, new_sender): (&Sender, Option<&Sender>),
    countries: Option<&[Country]>,
    r#move: bool,
) -> Result<FromNumbers, InvalidEdit> {
    let row = row_of(grid, sender)?;
    let countries: Vec<Country> = match countries {
        Some(countries) => countries.to_vec(),
        None => row.countries.iter().copied().collect(),
    };
    may_move(grid, Some(sender), &countries, r#move)?;
    let number = FromNumber {
        sender: new_sender.unwrap_or(sender).clone(),
        countries: countries.into_iter().collect(),
    };
    grid.with(Some(sender), number, grid.is_default(sender)).map_err(invalid)
}

fn row_of<'a>(grid: &'a FromNumbers, sender: &Sender) -> Result<&'a FromNumber, InvalidEdit> {
    grid.rows()
        .iter()
        .find(|row| row.sender == *sender)
        .ok_or_else(|| InvalidEdit::Rule(format!("{sender} is not a From number")))
}

/// A country leaves another number only on purpose.
fn may_move(
    grid: &FromNumbers,
    own: Option<&Sender>,
    countries: &[Country],
    may_move: bool,
) -> Result<(), InvalidEdit> {
    for country in countries {
        if let Some(other) = grid.serving(*country).filter(|row| Some(&row.sender) != own)
            && !may_move
        {
            let words = format!("{country} is already on {}; add --move to move it", other.sender);
            return Err(InvalidEdit::Rule(words));
        }
    }
    Ok(())
}

fn invalid(error: impl std::fmt::Display) -> InvalidEdit {
    InvalidEdit::Rule(error.to_string())
}
