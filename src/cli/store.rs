//! `smsdeck store`: which store counts everybody's codes, and the change to another one.

use std::process::ExitCode;

use super::arguments::StoreCommand;
use super::confirm::confirm_by_word;
use super::failure::Failure;
use super::invocation::Invocation;
use crate::report::{AdoptedStore, StoreState};

pub(super) async fn run(
    invocation: &Invocation,
    command: Option<StoreCommand>,
) -> Result<ExitCode, Failure> {
    match command {
        None => show(invocation).await,
        Some(StoreCommand::Adopt { path, yes }) => adopt(invocation, path.as_deref(), yes).await,
    }
}

/// Shows where the store is, and fails where it is not used.
async fn show(invocation: &Invocation) -> Result<ExitCode, Failure> {
    let place = invocation.deck.store_place(invocation.config()?).await?;
    let report = StoreState::of(&place);
    let identity = report.id.as_deref().unwrap_or("none yet");
    let state = match (&place.problem, &place.recorded) {
        (Some(problem), _) => format!("not used: {problem}"),
        (None, Some(recorded)) if !recorded.is_new => "in use".to_owned(),
        (None, _) => "not created yet; the first send creates it".to_owned(),
    };
    let text =
        format!("store     {}\nidentity  {identity}\nstate     {state}", place.path.display());
    invocation.output.line(&text, &report)?;
    Ok(if place.problem.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn adopt(
    invocation: &Invocation,
    path: Option<&std::path::Path>,
    yes: bool,
) -> Result<ExitCode, Failure> {
    invocation.operator.may_act()?;
    let config = invocation.config()?;
    let adoption = invocation.deck.adoption(&config, path)?;
    let place = adoption.path.display();
    let meaning = if adoption.is_empty {
        format!(
            "There is no store at {place}, so an empty one will be created. No codes count any more, locked users may request codes again, and log and audit start empty."
        )
    } else {
        format!("Codes will count as recorded in the store at {place}.")
    };
    let former = adoption.former.as_ref().filter(|former| **former != adoption.path);
    let former = former.map_or_else(String::new, |former| {
        format!(" The current one, {}, will no longer be used.", former.display())
    });
    confirm_by_word(&format!("{meaning}{former}"), "adopt", yes)?;
    invocation.deck.adopt_store(&invocation.operator, config, &adoption).await?;
    let text = format!("The deck now uses {place}.");
    invocation.output.line(&text, &AdoptedStore::of(&adoption))?;
    Ok(ExitCode::SUCCESS)
}
