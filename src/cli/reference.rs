//! The reference of the command line as Markdown, made from the same description as `--help`.

use std::fmt::Write as _;

use clap::{Arg, Command};

/// The text of `docs/cli.md`.
pub fn markdown() -> String {
    let mut command = super::command();
    command.build();
    let mut page =
        String::from("# The command line\n\nGenerated from the program; `unmoor COMMAND --help` shows the same.\n");
    section(&command, &mut page);
    for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
        section(subcommand, &mut page);
    }
    page
}

fn section(command: &Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let _ = writeln!(page, "\n## `{name}`\n");
    if let Some(about) = command.get_about() {
        let _ = writeln!(page, "{about}.\n");
    }
    let usage = command.clone().render_usage().to_string();
    let _ = writeln!(page, "```text\n{}\n```", usage.trim_start_matches("Usage: ").trim());
    let mut heading = String::new();
    // Options of all commands are shown once, with the program.
    let is_root = command.get_subcommands().next().is_some();
    for argument in command.get_arguments() {
        if argument.is_hide_set() || (argument.is_global_set() && !is_root) {
            continue;
        }
        let wanted = heading_of(argument);
        if wanted != heading {
            let _ = writeln!(page, "\n{wanted}:\n");
            heading = wanted;
        }
        let _ = writeln!(page, "- {}", entry(argument));
    }
    if let Some(after) = command.get_after_help() {
        let _ = writeln!(page, "\n{after}");
    }
}

fn heading_of(argument: &Arg) -> String {
    let fallback = if argument.is_positional() { "Arguments" } else { "Options" };
    argument.get_help_heading().unwrap_or(fallback).to_owned()
}

fn entry(argument: &Arg) -> String {
    let values: Vec<&str> =
        argument.get_value_names().unwrap_or_default().iter().map(clap::builder::Str::as_str).collect();
    let takes_values = argument.get_action().takes_values() && !values.is_empty();
    let mut name = match (argument.get_short(), argument.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (None, Some(long)) => format!("--{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, None) => values.join(" "),
    };
    if takes_values && !argument.is_positional() {
        let _ = write!(name, " {}", values.join(" "));
    }
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let mut entry = format!("`{name}`: {}", help.split_whitespace().collect::<Vec<_>>().join(" "));
    let choices: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| takes_values && !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !choices.is_empty() {
        let _ = write!(entry, " (one of {})", choices.join(", "));
    }
    if let Some(variable) = argument.get_env() {
        let _ = write!(entry, " [variable: {}]", variable.to_string_lossy());
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if takes_values && !defaults.is_empty() {
        let _ = write!(entry, " [default: {}]", defaults.join(", "));
    }
    entry
}
