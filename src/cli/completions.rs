//! `unmoor completions SHELL` and `unmoor man`: what shells and manuals want to know of the command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;
use clap_mangen::Man;

use super::{
    Exit, command,
    common::{Failure, Streams},
};

/// Arguments of `unmoor completions`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Arguments of `unmoor man`.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Write the pages of all commands into this folder, instead of the first page to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the script for a shell.
pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    // Written to memory first: what reads it may go away.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command(), "unmoor", &mut script);
    streams.out.write_all(&script)?;
    Ok(Exit::Clean)
}

/// Writes the manual.
pub(super) fn man(arguments: &ManArguments, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let Some(folder) = &arguments.out else {
        let mut page = Vec::new();
        Man::new(command()).render(&mut page)?;
        streams.out.write_all(&page)?;
        return Ok(Exit::Clean);
    };
    clap_mangen::generate_to(command(), folder).map_err(|error| {
        let cure = "name a folder that exists and can be written to";
        Failure::usage(format_args!("--out: {}: {error}", folder.display()), cure)
    })?;
    Ok(Exit::Clean)
}
