//! Reads the value of a secret from where the settings say it is.

use std::path::Path;

use zeroize::Zeroizing;

use super::owner;
use super::paths::Paths;
use super::secret_programs;
use super::secrets::{SecretsError, stored_token};
use crate::domain::environment::Environment;
use crate::domain::secret::{Secret, SecretSource};
use crate::files;

/// The most bytes that are read from a file.
const MAX_BYTES: u64 = 4096;

/// Reads a secret. May block for ten seconds where a command prints it.
///
/// # Errors
/// When the source gives nothing usable. Never includes the value or the output of a command.
pub fn resolve(
    paths: &Paths,
    environment: Environment,
    source: &SecretSource,
) -> Result<Secret, SecretsError> {
    let value = match source {
        SecretSource::Stored => return stored_token(paths, environment),
        SecretSource::Env(name) => match std::env::var(name) {
            Ok(value) => Ok(Zeroizing::new(value)),
            Err(std::env::VarError::NotPresent) => Err("the variable is not set".to_owned()),
            Err(std::env::VarError::NotUnicode(_)) => Err("the variable is not text".to_owned()),
        },
        SecretSource::File(path) => from_file(path),
        SecretSource::Command(words) => match owner::untrusted(&paths.config) {
            Some(reason) => Err(reason),
            None => secret_programs::printed(words),
        },
    };
    let unusable = |reason| SecretsError::Source { source_name: source.to_string(), reason };
    let value = value.map_err(unusable)?;
    let line = value.lines().next().unwrap_or_default();
    Secret::parse(line).map_err(|error| unusable(error.to_string()))
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, String> {
    let bytes = files::read(path, MAX_BYTES).map_err(|error| error.to_string())?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    if text.trim().is_empty() {
        return Err("the file is empty".to_owned());
    }
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        Paths {
            config: "/nowhere/config.ron".into(),
            secrets: "/nowhere/secrets.ron".into(),
            store: "/nowhere/deck.db".into(),
        }
    }

    fn resolved(source: &SecretSource) -> Result<Secret, SecretsError> {
        resolve(&paths(), Environment::Test, source)
    }

    fn command(words: &[&str]) -> SecretSource {
        SecretSource::Command(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_secret_comes_from_a_file_a_variable_or_a_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "s3cret\nsecond line\n").unwrap();
        assert_eq!(resolved(&SecretSource::File(path)).unwrap().expose(), "s3cret");
        assert_eq!(resolved(&command(&["printf", "%s", "s3cret"])).unwrap().expose(), "s3cret");
        let (name, value) =
            std::env::vars().find(|(_, value)| Secret::parse(value).is_ok()).unwrap();
        assert_eq!(resolved(&SecretSource::Env(name)).unwrap().expose(), value.trim());
    }

    #[test]
    fn an_error_names_the_source_but_never_the_value() {
        let message = |source: &SecretSource| resolved(source).unwrap_err().to_string();
        assert!(message(&SecretSource::Env("SMSDECK_NOT_SET".to_owned())).contains("not set"));
        assert!(message(&SecretSource::File("/nowhere/token".into())).contains("/nowhere/token"));
        assert!(message(&command(&["false"])).contains("(exit status: 1); run it yourself"));
        assert!(message(&command(&[])).contains("empty"));
        let spaced = message(&command(&["printf", "%s", "two words"]));
        assert!(spaced.contains("space") && !spaced.contains("two words"), "{spaced}");
        assert!(message(&SecretSource::Stored).contains("no stored auth token"));
    }
}
