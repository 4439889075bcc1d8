//! Requests that are put together by hand: an address of the vendor's edition that names a part of the API, and the call
//! that is given it.

use std::collections::BTreeSet;

use super::{
    Call, DeploymentUse, Step,
    uses::{Construction, OwnCall, Used, Uses},
};
use crate::{
    facts::{Expr, ExprId},
    finding::EvidenceKind,
    resolve::paths::Origin,
    rules::{matching::Place, model::Class, values},
};

/// Functions that make addresses and send nothing, by the last part of their name.
const MAKERS: &[&str] = &["URL", "Request", "urljoin", "join", "format", "str", "String", "encodeURI", "concat"];

impl Uses<'_, '_, '_> {
    /// Notes the requests of the file: each is a client with one call.
    pub(super) fn requests(
        &mut self,
        places: &[Place],
        constructions: &mut Vec<Construction>,
        calls: &mut Vec<OwnCall>,
    ) {
        for place in places.iter().filter(|place| self.index.class_of(place) == Class::Endpoint) {
            let Some(expr) = place.expr else { continue };
            let Some(text) = values::text_of(self.resolver, expr) else { continue };
            let Some(api) = self.catalogue.api_of_url(&text).map(str::to_owned) else { continue };
            let call = self.request_of(expr);
            let Some(call) = call.filter(|&call| self.is_request(call, constructions)) else { continue };
            let mut deployments = BTreeSet::new();
            self.deployment_in_address(expr, &mut deployments);
            let request = (api, deployments.into_iter().next());
            self.add_request(call, request, constructions, calls);
        }
    }

    /// The call that an address is given to, at once or by a name.
    fn request_of(&mut self, address: ExprId) -> Option<ExprId> {
        if let Some(call) = self.call_around(address) {
            return Some(call);
        }
        let root = self.resolver.facts.outermost(address);
        let users = self.resolver.users_of(root);
        users.into_iter().find_map(|user| self.call_around(user))
    }

    /// The innermost call that an expression is given to, other than one that makes an address.
    fn call_around(&self, expr: ExprId) -> Option<ExprId> {
        let facts = self.resolver.facts;
        let mut at = expr;
        loop {
            let parent = facts.node(at).parent?;
            match facts.expr(parent) {
                Expr::Call { callee, .. } if *callee == at => return None,
                Expr::Call { callee, .. } => {
                    let (Expr::Name(name) | Expr::Member { property: name, .. }) = facts.expr(*callee) else {
                        return Some(parent);
                    };
                    if !MAKERS.contains(name) {
                        return Some(parent);
                    }
                }
                Expr::Member { .. } | Expr::Index { .. } => return None,
                _ => {}
            }
            at = parent;
        }
    }

    /// False for a client that is configured with the address.
    fn is_request(&mut self, call: ExprId, constructions: &[Construction]) -> bool {
        let known = constructions.iter().find(|one| one.call == call);
        known.is_none_or(|known| !self.catalogue.is_client(&format!("{}()", known.symbol)))
    }

    fn add_request(
        &mut self,
        call: ExprId,
        (api, deployment): (String, Option<DeploymentUse>),
        constructions: &mut Vec<Construction>,
        calls: &mut Vec<OwnCall>,
    ) {
        let facts = self.resolver.facts;
        let callee = self.resolver.callee_expr(call).unwrap_or(call);
        let written = self.shower.local(facts.node(callee).span);
        let symbol = self.resolver.symbols(callee).first().map(|path| self.resolver.paths.text(*path).to_owned());
        let symbol = symbol.filter(|symbol| !symbol.starts_with('?')).unwrap_or(written);
        let origin = Origin::Call(call);
        match constructions.iter_mut().find(|one| one.call == call) {
            Some(known) if known.is_request => return,
            Some(known) => known.is_request = true,
            None => {
                let flow = self.flow_of(call);
                constructions.push(Construction { call, origin, symbol: symbol.clone(), flow, is_request: true });
            }
        }
        let span = self.name_span(call).unwrap_or(facts.node(call).span);
        let location = self.shower.location(span);
        let text = self.shower.local(facts.node(callee).span);
        let found = Call {
            api,
            method: symbol.trim_start_matches("global:").to_owned(),
            location: location.clone(),
            function: self.function_around(call),
            parameters: Vec::new(),
            needs: Vec::new(),
            deployment,
            findings: Vec::new(),
            chain: vec![Step { kind: EvidenceKind::Call, location, text }],
        };
        let site = self.resolver.site(origin, self.outside.file);
        calls.push(OwnCall { expr: call, used: Used { clients: vec![site], call: found } });
    }
}
