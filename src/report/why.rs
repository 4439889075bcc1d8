//! Why a line was reported, or why not: the answer first, then what each stage made of the line, in their order.

use std::io::{self, Write};

use super::{
    style::{BOLD, DIM, HELP, PATH, WARNING, of},
    text::step_word,
    words::{count, printable},
};
use crate::{
    finding::{Location, Point},
    scan::why::{CallHere, ClientHere, Linked, Meaning, MeaningKind, Named, Prefiltered, Told, Why},
    unit::Step,
};

/// How many rules that did not accept something are told.
const MAX_MISSES: usize = 12;

/// Writes the answer as one JSON document.
pub fn json(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, why)?;
    writeln!(out)
}

/// Writes the answer for people.
pub fn text(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    let text = if why.text.is_empty() { String::new() } else { format!("  {}", printable(&why.text)) };
    writeln!(out, "{PATH}{}:{}{PATH:#}{text}", printable(&why.path), why.line)?;
    writeln!(out, "{}", printable(&why.answer))?;
    walk(why, out)?;
    let Some(prefiltered) = &why.prefilter else { return Ok(()) };
    prefilter(prefiltered, out)?;
    if !why.diagnostics.is_empty() {
        heading("Parse", out)?;
        for diagnostic in &why.diagnostics {
            let line = diagnostic.line.map(|line| format!("line {line}: ")).unwrap_or_default();
            writeln!(out, "  {WARNING}{line}{WARNING:#}{}", printable(&diagnostic.message))?;
        }
    }
    if !why.names.is_empty() {
        heading("Names on this line", out)?;
        why.names.iter().try_for_each(|name| named(name, out))?;
    }
    if !why.findings.is_empty() {
        heading("Findings", out)?;
        why.findings.iter().try_for_each(|told| finding(told, out))?;
    }
    misses(why, out)?;
    if !why.calls.is_empty() {
        heading("Calls of the API", out)?;
        why.calls.iter().try_for_each(|here| call(here, out))?;
    }
    if !why.units.is_empty() {
        heading("Units", out)?;
    }
    why.units.iter().try_for_each(|unit| {
        let symbol = unit.symbol.as_deref().map(|symbol| format!("`{}`, ", printable(symbol))).unwrap_or_default();
        writeln!(out, "  {}: {symbol}made at {}", unit.id, place(&unit.location))
    })
}

fn heading(text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{text}{BOLD:#}")
}

fn walk(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    heading("Walk", out)?;
    match &why.walk.reason {
        None => writeln!(out, "  the scan looks at this file"),
        Some(reason) => {
            writeln!(out, "  the scan does not look at this file: {}", printable(reason))?;
            if why.prefilter.is_some() {
                writeln!(out, "  {DIM}what follows is as if it were named by itself{DIM:#}")?;
            }
            Ok(())
        }
    }
}

fn prefilter(prefiltered: &Prefiltered, out: &mut dyn Write) -> io::Result<()> {
    heading("Prefilter", out)?;
    let Prefiltered { language, rules, with_words, first, .. } = prefiltered;
    if *with_words == 0 {
        writeln!(out, "  the file holds the words of none of {} for {language}", count(*rules, "rule"))?;
        for lacking in &prefiltered.nearest {
            let words: Vec<String> = lacking.words.iter().map(|word| format!("`{}`", printable(word))).collect();
            writeln!(out, "    {} has some of its words, but not {}", short(&lacking.rule), words.join(", "))?;
        }
    } else {
        let more = with_words.saturating_sub(first.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let ids: Vec<&str> = first.iter().map(|id| short(id)).collect();
        writeln!(
            out,
            "  the file holds the words of {with_words} of {}: {}{more}",
            count(*rules, "rule"),
            ids.join(", ")
        )?;
    }
    for Linked { from, name, client } in &prefiltered.links {
        let from = printable(from);
        match (name, client) {
            (Some(name), Some(client)) => writeln!(
                out,
                "  linked: it takes `{}` from {from}, which leads to the client made at {}",
                printable(name),
                place(client)
            )?,
            (Some(name), None) => {
                writeln!(
                    out,
                    "  linked: it takes `{}` from {from}, which leads to a name of the vendor's",
                    printable(name)
                )?;
            }
            (None, _) => writeln!(out, "  linked: {from} passes a client to it, or takes settings from it")?,
        }
    }
    if !prefiltered.parsed {
        writeln!(out, "  {DIM}the scan does not parse it{DIM:#}")?;
    }
    Ok(())
}

fn short(rule: &str) -> &str {
    rule.rsplit('/').next().unwrap_or(rule)
}

fn place(location: &Location) -> String {
    at(&location.path, &location.start)
}

fn at(path: &str, point: &Point) -> String {
    format!("{}:{}:{}", printable(path), point.line, point.column)
}

fn named(named: &Named, out: &mut dyn Write) -> io::Result<()> {
    let meanings: Vec<String> = named.meanings.iter().map(meaning).collect();
    writeln!(out, "  `{}` is {}", printable(&named.text), meanings.join(", or "))?;
    named.chain.iter().try_for_each(|one| step(one, out))
}

fn step(step: &Step, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "    {DIM}{} at {}: `{}`{DIM:#}", step_word(step.kind), place(&step.location), printable(&step.text))
}

/// What an expression stands for, after "is".
fn meaning(meaning: &Meaning) -> String {
    let name = meaning.text.as_deref().map(printable);
    let quoted = name.as_deref().map(|name| format!(" `{name}`")).unwrap_or_default();
    let what = match (meaning.kind, name) {
        (MeaningKind::Symbol, Some(_)) => quoted.trim_start().to_owned(),
        (MeaningKind::Instance | MeaningKind::Declared, Some(name)) => match name.strip_suffix("()") {
            Some(class) => format!("an instance of `{class}`"),
            None => format!("`{name}`"),
        },
        (MeaningKind::Symbol | MeaningKind::Instance | MeaningKind::Declared, None) => {
            "a name that looks like a key".to_owned()
        }
        (MeaningKind::Environment, _) => format!("the environment variable{quoted}"),
        (MeaningKind::Literal, _) => format!("a literal{quoted}"),
        (MeaningKind::Function, _) => format!("a function{quoted}"),
        (MeaningKind::Class, _) => format!("a class{quoted}"),
        (MeaningKind::Object, _) => format!("an instance of the class{quoted}"),
        (MeaningKind::Bases, _) => format!("what the class{quoted} is derived from"),
        (MeaningKind::File, _) => format!("the file{quoted}"),
        (MeaningKind::Unparsed, _) => format!("a name of the file{quoted}, which the scan does not parse"),
        (MeaningKind::Global, Some(name)) if name.ends_with("()") => {
            format!("an instance of `{}`, a name that the file does not bind", name.trim_end_matches("()"))
        }
        (MeaningKind::Global, None) => "a name that the file does not bind".to_owned(),
        (MeaningKind::Global, _) => format!("{}, a name that the file does not bind", quoted.trim_start()),
        (MeaningKind::Unknown, Some(name)) => format!("`{name}` of the project, of which nothing is known"),
        (MeaningKind::Unknown, None) => "something that is not known".to_owned(),
    };
    let verb = match meaning.kind {
        MeaningKind::Instance => "made",
        MeaningKind::Declared => "declared",
        MeaningKind::Environment => "read",
        MeaningKind::Unknown => "from",
        _ => "written",
    };
    match &meaning.location {
        Some(location) => format!("{what}, {verb} at {}", place(location)),
        None => what,
    }
}

fn finding(told: &Told, out: &mut dyn Write) -> io::Result<()> {
    let Told { finding, dropped } = told;
    let severity = of(finding.severity);
    writeln!(
        out,
        "  {severity}{}{severity:#}{BOLD}[{}]{BOLD:#} {}",
        finding.severity.name(),
        finding.short_rule(),
        printable(&finding.message),
    )?;
    if let Some(dropped) = dropped {
        writeln!(out, "    {WARNING}not reported{WARNING:#}: {}", printable(dropped))?;
    }
    for one in &finding.evidence {
        let path = one.path.as_deref().unwrap_or(&finding.location.path);
        let text = printable(&one.text);
        writeln!(out, "    {DIM}{} at {}: `{text}`{DIM:#}", step_word(one.kind), at(path, &one.start))?;
    }
    if !finding.units.is_empty() {
        writeln!(out, "    belongs to {}", finding.units.join(", "))?;
    }
    if let Some(portable) = &finding.portable {
        writeln!(out, "    {HELP}portable{HELP:#}: {}", printable(portable.trim_end()))?;
    }
    writeln!(out, "    fix: {}", finding.fix_level.name())
}

fn misses(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    if why.misses.is_empty() {
        return Ok(());
    }
    heading("Rules that looked at this line", out)?;
    // Several rules may say the same.
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for miss in &why.misses {
        let rule = short(&miss.rule);
        match reasons.iter_mut().find(|(says, _)| *says == miss.says) {
            Some((_, rules)) if rules.contains(&rule) => {}
            Some((_, rules)) => rules.push(rule),
            None => reasons.push((&miss.says, vec![rule])),
        }
    }
    for (says, rules) in reasons.iter().take(MAX_MISSES) {
        writeln!(out, "  {BOLD}{}{BOLD:#}: {}", rules.join(", "), printable(says))?;
    }
    let more = reasons.len().saturating_sub(MAX_MISSES);
    if more > 0 {
        writeln!(out, "  {DIM}and {}; --format json has all{DIM:#}", count(more as u64, "more reason"))?;
    }
    Ok(())
}

fn call(call: &CallHere, out: &mut dyn Write) -> io::Result<()> {
    let CallHere { api, method, needs, units, clients, .. } = call;
    let needs = if needs.is_empty() { String::new() } else { format!(", needs {}", needs.join(", ")) };
    let belongs = if units.is_empty() { String::new() } else { format!(", in {}", units.join(", ")) };
    writeln!(out, "  `{}` of {api}{needs}{belongs}", printable(method))?;
    if clients.is_empty() && units.is_empty() {
        writeln!(out, "    on the package itself, which nothing sets up for the vendor")?;
    }
    clients.iter().try_for_each(|one| client(one, out))
}

fn client(client: &ClientHere, out: &mut dyn Write) -> io::Result<()> {
    let made = match (&client.symbol, &client.location) {
        (Some(symbol), Some(location)) => format!("`{}` made at {}", printable(symbol), place(location)),
        (_, Some(location)) => format!("a client made at {}", place(location)),
        (Some(symbol), None) => format!("`{}`", printable(symbol)),
        (None, None) => "a client that is made elsewhere".to_owned(),
    };
    let tied = if client.tied { "" } else { ", where nothing ties it to the vendor" };
    writeln!(out, "    on {made}{tied}")
}
