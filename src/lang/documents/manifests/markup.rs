//! Manifests in markup: projects of .NET and Maven.

use roxmltree::{Document, Node};

use crate::{
    facts::{Dependency, Problem, ProblemKind, Span, package_key},
    lang::builder::Builder,
};

/// The elements of a .NET project that name a package, and the attributes that hold the name.
const REFERENCES: &[&str] = &["PackageReference", "PackageVersion", "GlobalPackageReference", "PackageDownload"];

/// The document, or nothing when it is broken; then that is noted.
fn parsed<'s>(b: &mut Builder<'s>) -> Option<Document<'s>> {
    match Document::parse(b.source) {
        Ok(document) => Some(document),
        Err(error) => {
            let place = error.pos();
            let line_start =
                b.source.split_inclusive('\n').take(place.row.saturating_sub(1) as usize).map(str::len).sum();
            let span = Span::new(line_start, line_start);
            b.facts.problems.push(Problem { kind: ProblemKind::Syntax, span });
            None
        }
    }
}

/// A .NET project, the properties that several share, or the older `packages.config`.
pub(super) fn dot_net<'s>(b: &mut Builder<'s>) -> Vec<Dependency<'s>> {
    let source = b.source;
    let Some(document) = parsed(b) else { return Vec::new() };
    let name = |node: Node<'_, '_>| {
        let wanted: &[&str] = match node.tag_name().name() {
            "package" => &["id"],
            tag if REFERENCES.contains(&tag) => &["Include", "Update"],
            _ => return None,
        };
        let attribute = node.attributes().find(|attribute| wanted.contains(&attribute.name()))?;
        let range = attribute.range_value();
        let name = source.get(range.clone())?;
        let span = Span::new(range.start, range.end);
        (!name.is_empty()).then(|| Dependency {
            package: package_key(&format!("nuget/{name}")),
            name,
            span,
            stated: None,
        })
    };
    document.descendants().filter(Node::is_element).filter_map(name).collect()
}

/// Maven's dependencies, wherever they are managed.
pub(super) fn maven<'s>(b: &mut Builder<'s>) -> Vec<Dependency<'s>> {
    let source = b.source;
    let Some(document) = parsed(b) else { return Vec::new() };
    let text = |node: Node<'_, '_>, tag: &str| {
        let child = node.children().find(|child| child.has_tag_name(tag) || child.tag_name().name() == tag)?;
        let range = child.children().find(Node::is_text)?.range();
        let raw = source.get(range.clone())?;
        let bare = raw.trim();
        let start = range.start + raw.len() - raw.trim_start().len();
        Some((bare, Span::new(start, start + bare.len())))
    };
    let read = |node: Node<'_, '_>| {
        let (group, _) = text(node, "groupId")?;
        let (name, span) = text(node, "artifactId")?;
        Some(Dependency { package: package_key(&format!("maven/{group}/{name}")), name, span, stated: None })
    };
    document.descendants().filter(|node| node.tag_name().name() == "dependency").filter_map(read).collect()
}
