//! The manual page and the completions, both from the arguments themselves.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::arguments::Arguments;
use super::failure::Failure;

const EXIT_STATUS: &str = r#".SH "EXIT STATUS"
.TP
\fB0\fR
Success.
.TP
\fB1\fR
Failure: a provider, a file, the store; a wrong or expired code. \fBstatus\fR: a warning.
.TP
\fB2\fR
Usage error or invalid input. \fBstatus\fR: critical.
.TP
\fB3\fR
Refused by policy: quota, routing, recipients, too many wrong tries; someone else's deck.
.TP
\fB4\fR
\fBsend\fR: no receipt within the time-out; the provider has the code.
"#;

const FILES: &str = r".SH FILES
.TP
\fI$XDG_CONFIG_HOME/smsdeck/config.ron\fR
Settings. Without it, \fI/etc/smsdeck/config.ron\fR.
.TP
\fIconfig.ron.history/\fR
The last 20 versions, beside the config.
.TP
\fIsecrets.ron\fR
Tokens and the deck's key, beside the config; only its owner may read it.
.TP
\fIkeys.ron\fR
Keys of your own, beside the config.
.TP
\fI$XDG_STATE_HOME/smsdeck/deck.db\fR
The store: codes as keyed hashes, events, the audit.
";

const ENVIRONMENT: &str = r".SH ENVIRONMENT
.TP
\fBSMSDECK_CONFIG\fR
Path of the config.
.TP
\fBVISUAL\fR, \fBEDITOR\fR
Editor for config.ron in the console.
.TP
\fBNO_COLOR\fR
No colors.
.TP
\fBTZ\fR
Time zone of the console.
.TP
\fBHTTPS_PROXY\fR, \fBNO_PROXY\fR
Proxy to the provider.
";

const EXAMPLES: &str = r".SH EXAMPLES
.PP
Send a code to the Sandbox and follow it:
.PP
.nf
smsdeck send \-\-env dev +573001234567
.fi
.PP
Show what a send would do:
.PP
.nf
smsdeck route \-\-env prod +16135550123
.fi
.PP
List locked users, and unlock one:
.PP
.nf
smsdeck quota list \-\-env prod \-\-locked
smsdeck quota unlock \-\-env prod jdoe \-\-reason stolen
.fi
.PP
Change a setting, after a look at what it changes:
.PP
.nf
smsdeck config set \-\-env prod codes_allowed 5 \-\-dry\-run
.fi
.PP
Print what went wrong in the last hour:
.PP
.nf
smsdeck status
smsdeck log \-\-since 1h \-\-status undelivered
.fi
";

/// Prints the manual page: of the program, then of each command in it.
pub(super) fn print() -> Result<ExitCode, Failure> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for command in command.get_subcommands() {
        add(command, "smsdeck", &mut page)?;
    }
    page.extend(EXIT_STATUS.as_bytes());
    page.extend(FILES.as_bytes());
    page.extend(ENVIRONMENT.as_bytes());
    page.extend(EXAMPLES.as_bytes());
    man.render_version_section(&mut page)?;
    io::stdout().write_all(&page)?;
    Ok(ExitCode::SUCCESS)
}

/// Adds a command, or the commands in it, as sections of their own.
fn add(command: &Command, parent: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let name = format!("{parent} {}", command.get_name());
    if command.is_hide_set() || command.get_name() == "help" {
        return Ok(());
    }
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|inner| add(inner, &name, page));
    }
    // What every command has too stands at the top.
    let own = command.clone().mut_args(|argument| {
        let is_general = argument.is_global_set() || argument.get_id() == "help";
        argument.hide(is_general)
    });
    let man = Man::new(own.bin_name(&name).display_name(&name));
    let mut section = Vec::new();
    man.render_description_section(&mut section)?;
    man.render_synopsis_section(&mut section)?;
    man.render_options_section(&mut section)?;
    if command.get_after_long_help().is_some() {
        section.extend(titled(&man, "MORE")?);
    }
    let section = String::from_utf8_lossy(&section).replace(".SH ", ".SS ");
    writeln!(page, ".SH {}", name.to_uppercase().replace('-', "\\-"))?;
    page.write_all(section.as_bytes())
}

/// What a command says after its options, under a title of its own.
fn titled(man: &Man, title: &str) -> io::Result<Vec<u8>> {
    let mut section = Vec::new();
    man.render_extra_section(&mut section)?;
    Ok(String::from_utf8_lossy(&section).replace(".SH EXTRA", &format!(".SH {title}")).into_bytes())
}

/// Prints the completions for a shell.
pub(super) fn print_completions(shell: clap_complete::Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "smsdeck", &mut script);
    // As with any output: no one is left to notice if no one reads it.
    let _ = io::stdout().write_all(&script);
    ExitCode::SUCCESS
}
