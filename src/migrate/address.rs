//! The address of a request: where in its text the deployment, the operation and the version stand, and the edits that
//! leave the operation behind the portable path. Texts that are put together from several literals keep their form as
//! far as that is possible.

use super::{arguments::Deployed, edits::Edit, file::File, given::Obstacle, values::Source};
use crate::{
    facts::{Expr, ExprId, Piece, Span},
    rules::rewrite::Request,
};

/// An address that leads to a deployment, or below the portable path already.
#[derive(Debug)]
pub(super) struct Address {
    /// The expression of the text.
    text: ExprId,
    /// The deployment and where its path begins; none where the path is portable.
    pub(super) deployment: Option<(Deployed, Span)>,
    /// The version in the query, with the sign before it.
    version: Option<Gone>,
    /// All that follows the path but the version; none where that is not constant.
    pub(super) rest: Option<String>,
}

/// Text that goes, up to the end of the address or to some place in it.
#[derive(Debug, Clone, Copy)]
struct Gone {
    from: u32,
    to: Option<u32>,
}

/// A string literal in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Literal<'x> {
    span: Span,
    /// Between the quotes.
    inside: Span,
    /// The letters and the quotes that it begins with.
    opening: &'x str,
}

impl<'x> File<'x, '_, '_> {
    /// The address that a text is. `None`: it is of another kind.
    pub(super) fn address(&mut self, text: ExprId, request: &Request) -> Result<Option<Address>, Obstacle> {
        let facts = self.facts;
        let Expr::Text(pieces) = facts.expr(text) else {
            return Err("the address is not written as a text in the file".to_owned());
        };
        let (deployment, piece, start) = match self.cut(&request.deployment_path, text) {
            Some(cut) => {
                let (piece, start) = self.behind_deployment(pieces, cut.piece, cut.start, cut.slash, request)?;
                let deployment = self.without_escape(pieces, cut.piece, &cut.deployment);
                (Some((deployment, Span { start: cut.start, end: start })), piece, start)
            }
            None => match self.behind_path(pieces, &request.path) {
                Some((piece, start)) => (None, piece, start),
                None => return Ok(None),
            },
        };
        let operation = self.operation(&pieces[piece..], start)?;
        let known = request.operations.iter().any(|one| one.trim_matches('/') == operation.trim_matches('/'));
        if !known && !request.operations.is_empty() {
            return Err(format!("`{operation}` is not known to exist below {}", request.path));
        }
        let version = self.version(&pieces[piece..], start, &request.version_query)?;
        let rest = self.rest(&pieces[piece..], start, version);
        Ok(Some(Address { text, deployment, version, rest }))
    }

    /// Where an address goes on behind the deployment: the piece and the offset.
    fn behind_deployment(
        &self,
        pieces: &[Piece<'_>],
        piece: usize,
        start: u32,
        slash: bool,
        request: &Request,
    ) -> Result<(usize, u32), Obstacle> {
        let path =
            if slash { request.deployment_path.as_str() } else { request.deployment_path.trim_start_matches('/') };
        let Piece::Constant { span, .. } = &pieces[piece] else { return Err(composite()) };
        let behind = Span { start: start + path.len() as u32, end: span.end };
        let name = self.source(behind).split(['/', '?']).next().unwrap_or_default();
        let end = behind.start + name.len() as u32;
        if end < behind.end && !name.is_empty() {
            return Ok((piece, end));
        }
        match pieces.get(piece + 1..) {
            Some([Piece::Hole(_), Piece::Constant { span, .. }, ..])
                if name.is_empty() && self.source(*span).starts_with('/') =>
            {
                Ok((piece + 2, span.start))
            }
            // The literal ends with the name, and another goes on.
            Some([Piece::Constant { span, .. }, ..]) if !name.is_empty() && self.source(*span).starts_with('/') => {
                Ok((piece + 1, span.start))
            }
            _ => Err(composite()),
        }
    }

    /// Where an address goes on behind the portable path.
    fn behind_path(&self, pieces: &[Piece<'_>], path: &str) -> Option<(usize, u32)> {
        let path = path.trim_matches('/');
        pieces.iter().enumerate().find_map(|(number, piece)| {
            let Piece::Constant { span, .. } = piece else { return None };
            let raw = self.source(*span);
            if let Some(at) = raw.find(&format!("{path}/")) {
                return Some((number, span.start + (at + path.len()) as u32));
            }
            match pieces.get(number + 1) {
                Some(Piece::Constant { span, .. }) if raw.ends_with(path) && self.source(*span).starts_with('/') => {
                    Some((number + 1, span.start))
                }
                _ => None,
            }
        })
    }

    /// A deployment as it was before it was made fit for an address.
    fn without_escape(&mut self, pieces: &[Piece<'_>], piece: usize, found: &Deployed) -> Deployed {
        let Some(Piece::Hole(hole)) = pieces.get(piece + 1).filter(|_| matches!(found, Deployed::Value(_))) else {
            return found.clone();
        };
        if let Expr::Call { callee, arguments } = self.facts.expr(*hole)
            && self.symbols(*callee).iter().any(|symbol| self.writing.escapes(symbol))
            && let Some(first) = arguments.first()
        {
            return Deployed::Value(Source { expr: first.value, span: self.argument_value(first) });
        }
        found.clone()
    }

    /// The constant path from `start`, which lies in the first piece, to the query.
    fn operation(&self, pieces: &[Piece<'_>], start: u32) -> Result<String, Obstacle> {
        let mut operation = String::new();
        for (number, piece) in pieces.iter().enumerate() {
            let Piece::Constant { span, .. } = piece else {
                return Err("which operation the address asks for is not constant".to_owned());
            };
            let raw = self.source(Span { start: if number == 0 { start } else { span.start }, end: span.end });
            let path = raw.split(['?', '#']).next().unwrap_or_default();
            operation.push_str(path);
            if path.len() < raw.len() {
                break;
            }
        }
        if operation.trim_matches('/').is_empty() {
            return Err("the address does not show which operation is asked for".to_owned());
        }
        Ok(operation)
    }

    /// Where the version stands in the query.
    fn version(&self, pieces: &[Piece<'_>], start: u32, name: &str) -> Result<Option<Gone>, Obstacle> {
        let sign = format!("{name}=");
        let mut found = None;
        for (number, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Constant { span, .. } => {
                    let from = span.start.max(start);
                    let raw = self.source(Span { start: from, end: span.end });
                    let Some(at) = raw.find(&sign) else { continue };
                    if found.is_some() || !raw[..at].ends_with(['?', '&']) {
                        return Err(format!("the address holds `{name}` in a way that is not understood"));
                    }
                    let value = from + (at + sign.len()) as u32;
                    let first = from + at as u32;
                    let end = self.value_end(&pieces[number..], value);
                    let is_first = raw[..at].ends_with('?');
                    let goes_on = end.is_some_and(|end| self.source(Span { start: end, end: end + 1 }) == "&");
                    found = Some(match end {
                        Some(end) if is_first && goes_on => Gone { from: first, to: Some(end + 1) },
                        to => Gone { from: first - 1, to },
                    });
                }
                Piece::Hole(_) => {
                    let before = number.checked_sub(1).and_then(|before| pieces.get(before));
                    let is_value =
                        matches!(before, Some(Piece::Constant { span, .. }) if self.source(*span).ends_with('='));
                    if !is_value && found.is_none() {
                        return Err("the address is put together so that its query does not show".to_owned());
                    }
                }
            }
        }
        Ok(found)
    }

    /// Where a value in a query ends; none at the end of the address.
    fn value_end(&self, pieces: &[Piece<'_>], start: u32) -> Option<u32> {
        pieces.iter().find_map(|piece| {
            let Piece::Constant { span, .. } = piece else { return None };
            let from = span.start.max(start);
            let at = self.source(Span { start: from, end: span.end }).find(['&', '#'])?;
            Some(from + at as u32)
        })
    }

    /// The constant text from `start` on, without the version.
    fn rest(&self, pieces: &[Piece<'_>], start: u32, version: Option<Gone>) -> Option<String> {
        let goes = |at: u32| version.is_some_and(|gone| gone.from <= at && gone.to.is_none_or(|to| at < to));
        let mut rest = String::new();
        for piece in pieces {
            match piece {
                Piece::Constant { span, .. } => {
                    let from = span.start.max(start);
                    let raw = self.source(Span { start: from, end: span.end });
                    rest.extend(raw.char_indices().filter(|(at, _)| !goes(from + *at as u32)).map(|(_, c)| c));
                }
                Piece::Hole(hole) if goes(self.span(*hole).start) => {}
                Piece::Hole(_) => return None,
            }
        }
        Some(rest)
    }

    /// The edits that put the portable path in the place of the deployment's and take the version out.
    pub(super) fn edits_of_address(&self, address: &Address, path: &str) -> Result<Vec<Edit>, Obstacle> {
        let whole = self.span(address.text);
        let literals = self.literals(whole);
        self.check_formatting(address.text, &literals)?;
        let mut edits = Vec::new();
        if let Some((deployment, place)) = &address.deployment {
            let slash = self.source(*place).starts_with('/');
            let path = if slash { path } else { path.trim_start_matches('/') };
            edits.push(path_edit(&literals, deployment, *place, path)?);
        }
        if let Some(gone) = address.version {
            edits.extend(self.removal(&literals, whole, gone)?);
        }
        let plain = literals.iter().filter_map(|literal| self.without_prefix(address.text, literal, &edits));
        let plain: Vec<Edit> = plain.collect();
        edits.extend(plain);
        Ok(edits)
    }

    /// Values that are put into a literal by an operator behind it go with it or not at all.
    fn check_formatting(&self, text: ExprId, literals: &[Literal<'_>]) -> Result<(), Obstacle> {
        let Expr::Text(pieces) = self.facts.expr(text) else { return Ok(()) };
        for piece in pieces {
            let Piece::Hole(hole) = piece else { continue };
            let hole = self.span(*hole);
            let before = literals.iter().rfind(|literal| literal.span.end <= hole.start);
            let is_outside = !literals.iter().any(|literal| literal.span.contains(hole));
            if let Some(before) = before.filter(|_| is_outside)
                && self.source(Span { start: before.span.end, end: hole.start }).contains('%')
            {
                return Err("the address is put together by a format of its own".to_owned());
            }
        }
        Ok(())
    }

    /// Takes out a part of the text with the operators that join it.
    fn removal(&self, literals: &[Literal<'x>], whole: Span, gone: Gone) -> Result<Vec<Edit>, Obstacle> {
        let first = literal_at(literals, gone.from)?;
        if let Some(to) = gone.to {
            let last = literal_at(literals, to)?;
            if first.opening != last.opening {
                return Err("the address is put together from different kinds of strings".to_owned());
            }
            return Ok(vec![Edit::remove(Span { start: gone.from, end: to })]);
        }
        if gone.from > first.inside.start {
            let behind = Span { start: first.span.end, end: whole.end };
            return Ok(vec![Edit::remove(Span { start: gone.from, end: first.inside.end }), Edit::remove(behind)]);
        }
        let before = self.source(Span { start: whole.start, end: first.span.start }).trim_end();
        let before = before.strip_suffix('+').unwrap_or(before).trim_end();
        Ok(vec![Edit::remove(Span { start: whole.start + before.len() as u32, end: whole.end })])
    }

    /// A literal into which nothing is inserted any more needs no prefix that says so.
    fn without_prefix(&self, text: ExprId, literal: &Literal<'_>, edits: &[Edit]) -> Option<Edit> {
        let letters = literal.opening.trim_end_matches(['"', '\'', '`']);
        let at = letters.find(['f', 'F'])? as u32;
        let goes = |at: u32| edits.iter().any(|edit| edit.span.start <= at && at < edit.span.end);
        let Expr::Text(pieces) = self.facts.expr(text) else { return None };
        let holes: Vec<Span> = pieces
            .iter()
            .filter_map(|piece| if let Piece::Hole(hole) = piece { Some(self.span(*hole)) } else { None })
            .filter(|hole| literal.span.contains(*hole))
            .collect();
        let inside = self.source(literal.inside);
        let keeps_brace =
            inside.char_indices().any(|(offset, c)| c == '{' && !goes(literal.inside.start + offset as u32));
        let start = literal.span.start + at;
        (!holes.is_empty() && !keeps_brace && !goes(start)).then(|| Edit::remove(Span { start, end: start + 1 }))
    }

    /// The whole text becomes another.
    pub(super) fn other_address(&self, address: &Address, text: String) -> Vec<Edit> {
        vec![Edit::replace(self.span(address.text), text)]
    }

    /// The outermost string literals within a span, in order.
    fn literals(&self, whole: Span) -> Vec<Literal<'x>> {
        let text = self.source(whole);
        let mut literals = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(length) = self.writing.comment_length(rest) {
                at += length.max(1);
                continue;
            }
            let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
            let quoted = &rest[letters..];
            let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else {
                at += letters.max(rest.chars().next().map_or(1, char::len_utf8));
                continue;
            };
            let width =
                if [format!("{quote}{quote}{quote}")].iter().any(|triple| quoted.starts_with(triple)) { 3 } else { 1 };
            let has_holes = quote == '`' || rest[..letters].contains(['f', 'F']);
            let length = literal_length(quoted, width, has_holes);
            let start = whole.start + at as u32;
            let end = start + (letters + length) as u32;
            literals.push(Literal {
                span: Span { start, end },
                inside: Span { start: start + (letters + width) as u32, end: end - width as u32 },
                opening: &rest[..letters + width],
            });
            at += letters + length;
        }
        literals
    }
}

/// The path of the deployment becomes the portable one.
fn path_edit(literals: &[Literal<'_>], deployment: &Deployed, place: Span, path: &str) -> Result<Edit, Obstacle> {
    let first = literal_at(literals, place.start)?;
    let last = literal_at(literals, place.end)?;
    let within = match deployment {
        Deployed::Value(value) => first.span.contains(value.span),
        Deployed::Text(_) => true,
    };
    let end = match () {
        () if first == last => place.end,
        // The text goes on in a literal of its own.
        () if within => first.inside.end,
        () if first.opening == last.opening => place.end,
        () => return Err("the address is put together from different kinds of strings".to_owned()),
    };
    Ok(Edit::replace(Span { start: place.start, end }, path))
}

fn composite() -> Obstacle {
    "the name of the deployment is only a part of what the address holds in its place".to_owned()
}

fn literal_at<'l, 'x>(literals: &'l [Literal<'x>], at: u32) -> Result<&'l Literal<'x>, Obstacle> {
    let holds = |literal: &&Literal<'_>| literal.inside.start <= at && at <= literal.inside.end;
    literals.iter().find(holds).ok_or_else(|| "the address is put together in a way that is not understood".to_owned())
}

/// The length of the literal that `text` begins with, quotes of `width` included.
fn literal_length(text: &str, width: usize, has_holes: bool) -> usize {
    let quotes = &text[..width];
    let mut depth = 0_u32;
    let mut escaped = false;
    for (at, c) in text.char_indices().filter(|(at, _)| *at >= width) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' if has_holes => depth += 1,
            '}' if has_holes => depth = depth.saturating_sub(1),
            _ if depth == 0 && text[at..].starts_with(quotes) => return at + width,
            _ => {}
        }
    }
    text.len()
}
