//! Charts: rows of a label, a value and a bar, as SVG that keeps the size of its text at any width.

use askama::{Template, filters::Safe};

use super::{labels, parts::percent, words_of};
use crate::migrate::assess::{Assessment, Count, Effort, TargetAnswer, WorkPackage};

/// A row: label and value above, bar below.
const ROW: usize = 40;
/// A heading over rows.
const HEADING: usize = 36;
/// How many packages one chart shows.
const MAX_PACKAGES: usize = 12;
/// How many characters of a label fit beside a value on a narrow screen.
const MAX_LABEL: usize = 25;
/// The same of a heading, which has the line to itself and is cut by the edge of a narrow one.
const MAX_HEADING: usize = 90;

/// A chart with its caption.
#[derive(Template)]
#[template(path = "chart.html")]
pub(super) struct Chart {
    id: &'static str,
    caption: String,
    /// What the bars show, for those who do not see them.
    description: String,
    headings: Vec<Heading>,
    rows: Vec<Row>,
    height: usize,
}

struct Heading {
    text: String,
    y: usize,
}

struct Row {
    label: String,
    value: String,
    start: String,
    width: String,
    y: usize,
}

impl Chart {
    fn new(id: &'static str, caption: &str) -> Self {
        Self {
            id,
            caption: caption.to_owned(),
            description: String::new(),
            headings: Vec::new(),
            rows: Vec::new(),
            height: 0,
        }
    }

    fn heading(&mut self, text: &str) {
        self.headings
            .push(Heading { text: words_of(&text.replace('`', ""), MAX_HEADING), y: self.height + HEADING - 10 });
        self.height += HEADING;
        self.describe(&format!("{text}:"));
    }

    fn row(&mut self, label: String, value: String, (start, width): (String, String)) {
        self.rows.push(Row { label, value, start, width, y: self.height });
        self.height += ROW;
    }

    fn describe(&mut self, words: &str) {
        if !self.description.is_empty() {
            self.description.push(' ');
        }
        self.description.push_str(words);
    }
}

/// How many there are of each, the longest bar for the most.
pub(super) fn by_count(id: &'static str, caption: &str, counts: &[Count]) -> Safe<Chart> {
    let mut chart = Chart::new(id, caption);
    let most = counts.iter().map(|count| count.count).max().unwrap_or_default();
    for count in counts {
        let value = labels::number(count.count);
        chart.describe(&format!("{}: {value};", count.name));
        chart.row(tail_of(&count.name, MAX_LABEL), value, (percent(0, 1), percent(count.count, most)));
    }
    Safe(chart)
}

/// The range of work for each package and target, on one scale.
pub(super) fn of_effort(assessment: &Assessment) -> Safe<Chart> {
    let mut chart = Chart::new("chart-effort", "Work by package and target, from the least to the most time");
    let shown = &assessment.packages[..assessment.packages.len().min(MAX_PACKAGES)];
    let efforts = shown.iter().flat_map(|package| package.efforts.values());
    let most = efforts.map(|effort| effort.high).max().unwrap_or_default();
    for (at, package) in shown.iter().enumerate() {
        chart.heading(&format!("{}. {}", at + 1, package.title));
        for (labels, effort) in grouped(package, &assessment.targets) {
            let span = (percent(effort.low, most), percent(effort.high.saturating_sub(effort.low), most));
            let all = labels.len() > 1 && labels.len() == assessment.targets.len();
            let label = if all { "all targets".to_owned() } else { labels.join(", ") };
            chart.describe(&format!("{label}: {};", labels::effort(effort)));
            let shown = match &labels[..] {
                [first, others @ ..] if !all && label.chars().count() > MAX_LABEL && !others.is_empty() => {
                    format!("{} and {} more", words_of(first, MAX_LABEL - 11), others.len())
                }
                _ => words_of(&label, MAX_LABEL),
            };
            chart.row(shown, labels::short_effort(effort), span);
        }
    }
    if shown.len() < assessment.packages.len() {
        chart.caption =
            format!("{}: the first {MAX_PACKAGES} of {} packages", chart.caption, assessment.packages.len());
    }
    Safe(chart)
}

/// The efforts of a package with the targets that share them, in the targets' order.
fn grouped<'a>(package: &'a WorkPackage, targets: &'a [TargetAnswer]) -> Vec<(Vec<&'a str>, &'a Effort)> {
    let mut groups: Vec<(Vec<&str>, &Effort)> = Vec::new();
    for target in targets {
        let Some(effort) = package.efforts.get(&target.id) else { continue };
        match groups.iter_mut().find(|(_, known)| (known.low, known.high) == (effort.low, effort.high)) {
            Some((titles, _)) => titles.push(&target.title),
            None => groups.push((vec![&target.title], effort)),
        }
    }
    groups
}

/// The end of a label that is too long; the end of a path tells more than its start.
fn tail_of(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let tail: String = text.chars().skip(length - (most - 1)).collect();
    format!("…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_lengths_by_count_and_the_same_in_words() {
        let counts = [("import", 8), ("client", 2)].map(|(name, count)| Count { name: name.to_owned(), count });
        let chart = by_count("c", "Caption", &counts).0;
        assert_eq!(chart.description, "import: 8; client: 2;");
        assert_eq!(chart.rows[1].width, "25.00%");
        assert_eq!(by_count("c", "", &[Count { name: "x".to_owned(), count: 0 }]).0.rows[0].width, "0.00%");
    }

    #[test]
    fn a_long_label_keeps_its_end() {
        assert_eq!(tail_of("services/gateway/src", 7), "…ay/src");
        assert_eq!(tail_of("src", 7), "src");
    }
}
