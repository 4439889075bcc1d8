//! `unmoor rules`: lists the rules.

use clap::{Args, ValueEnum, builder::PossibleValuesParser};

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams},
};
use crate::{
    lang::Language,
    report::{list, words::count},
    rules::{Rule, model::Class},
};

/// Arguments of `unmoor rules`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only rules of this class (can be given several times)
    #[arg(long, value_enum, value_name = "CLASS", value_delimiter = ',')]
    class: Vec<Class>,
    /// Only rules for this language (can be given several times)
    #[arg(long, value_name = "LANGUAGE", value_delimiter = ',', value_parser = languages())]
    language: Vec<String>,
    /// The form of the list
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, alias = "output-format")]
    format: ListFormat,
    #[command(flatten)]
    packs: Packs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    #[default]
    Text,
    Json,
}

fn languages() -> PossibleValuesParser {
    PossibleValuesParser::new(Language::ALL.map(Language::name))
}

/// Writes the list.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let set = arguments.packs.load(&common.settings()?)?;
    let rules: Vec<&Rule> = set.rules.iter().filter(|rule| arguments.wants(rule)).collect();
    match arguments.format {
        ListFormat::Text => list::text(&rules, streams.out)?,
        ListFormat::Json => list::json(&rules, streams.out)?,
    }
    streams.out.flush()?;
    if arguments.format == ListFormat::Text && !common.quiet {
        writeln!(streams.err, "{}; `unmoor explain RULE` shows the page of one", count(rules.len() as u64, "rule"))?;
    }
    Ok(Exit::Clean)
}

impl Arguments {
    fn wants(&self, rule: &Rule) -> bool {
        let class = self.class.is_empty() || self.class.contains(&rule.file.class);
        class && (self.language.is_empty() || self.language.iter().any(|name| name == rule.language.name()))
    }
}
