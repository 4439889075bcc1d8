//! `unmoor explain RULE`: the page of a rule.

use clap::{Args, ValueEnum};

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams},
};
use crate::{report::page::Page, rules::select};

/// Arguments of `unmoor explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule, by its id or the last part of it; `unmoor rules` lists them
    #[arg(required = true, value_name = "RULE")]
    names: Vec<String>,
    /// The form of the page
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, alias = "output-format")]
    format: PageFormat,
    #[command(flatten)]
    packs: Packs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum PageFormat {
    #[default]
    Text,
    Markdown,
}

/// Writes the pages; a short id that several languages share gives one page each.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let set = arguments.packs.load(&common.settings()?)?;
    let mut pages = Vec::new();
    for name in &arguments.names {
        let rules = select::find(name, &set.rules);
        pages.extend(
            rules.map_err(|unknown| {
                Failure::usage(format_args!("there is no rule `{}`", unknown.word), &unknown.cure)
            })?,
        );
    }
    for (position, rule) in pages.into_iter().enumerate() {
        if position > 0 {
            writeln!(streams.out)?;
        }
        match arguments.format {
            PageFormat::Text => Page::of(rule).text(streams.out)?,
            PageFormat::Markdown => Page::of(rule).markdown(1, streams.out)?,
        }
    }
    Ok(Exit::Clean)
}
