//! The catalogue of calls: from the resolved path of a call to the part of the API that it uses. What it knows is data
//! ([`mod@file`]); which client a call belongs to and what reaches its arguments is for others to find out.
//!
//! A call is looked up by cutting its path into a client and what is called on it. Clients are in an index, so a path
//! that has nothing to do with any costs a few lookups.

pub mod file;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{RuleSet, apis::OTHER, pattern::SymbolSet};
use crate::lang::Language;
use file::{CallsFile, Clients, Deployments, GivenTo, LanguageCalls, Need};

/// Which calls of a language are calls of the API.
#[derive(Debug, Default)]
pub struct Catalogue {
    transparent: FxHashSet<String>,
    part_needs: FxHashMap<String, Vec<String>>,
    /// Clients, by their number in `groups`.
    clients: SymbolSet,
    groups: Vec<Group>,
    /// Modules, by their number in `modules`.
    module_names: SymbolSet,
    modules: Vec<Calls>,
    /// What is given a client, by its number in `given`.
    takers: SymbolSet,
    given: Vec<Giving>,
    needs: Vec<Needed>,
    deployments: Deployments,
    /// Paths of requests, longest first, with their APIs.
    paths: Vec<(String, String)>,
}

/// A call of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'c> {
    /// The part of the API; [`OTHER`] where the path of the request tells.
    pub api: &'c str,
    /// What is called on the client, without transparent parts: `chat.completions.create`.
    pub method: String,
    /// The client, without transparent parts: `openai.AzureOpenAI()`.
    pub client: String,
    /// What the transparent parts need, as `bind_tools()` needs tools.
    pub needs: Vec<&'c str>,
    /// An argument of an earlier call in the chain is the path of the request; see [`Catalogue::api_of_url`].
    pub by_path: bool,
}

/// A call that uses a client which it is given.
#[derive(Debug, Clone, Copy)]
pub struct Given<'c> {
    giving: &'c Giving,
}

/// A call on something that was given a client.
#[derive(Debug, Clone)]
pub struct Held<'c> {
    /// How the holder was given the client.
    pub given: Given<'c>,
    /// What made the holder: `pydantic_ai.Agent`.
    pub maker: String,
    /// What is called on the holder; on the client itself where [`Given::is_same`].
    pub method: String,
    /// What transparent parts need.
    pub needs: Vec<&'c str>,
}

#[derive(Debug)]
struct Group {
    calls: Calls,
    others: bool,
    ignores: SymbolSet,
    pipes: bool,
}

/// Methods and their APIs. Those with a call in them are kept apart, so that `**` does not run through results.
#[derive(Debug, Default)]
struct Calls {
    plain: SymbolSet,
    deep: SymbolSet,
    apis: Vec<String>,
    by_path: SymbolSet,
}

#[derive(Debug)]
struct Giving {
    entry: GivenTo,
    holding: SymbolSet,
    methods: SymbolSet,
}

#[derive(Debug)]
struct Needed {
    entry: Need,
    methods: SymbolSet,
}

impl Catalogue {
    /// What the packs of a set say about a language.
    pub fn new(set: &RuleSet, language: Language) -> Self {
        let mut catalogue = Self::default();
        for source in &set.calls {
            catalogue.add(source.file(), source.file().of(language));
        }
        catalogue.paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        catalogue
    }

    fn add(&mut self, file: &CallsFile, calls: &LanguageCalls) {
        self.transparent.extend(calls.transparent.iter().cloned());
        for clients in &calls.clients {
            tagged(&mut self.clients, &clients.on, self.groups.len());
            self.groups.push(Group::new(clients));
        }
        for module in &calls.modules {
            tagged(&mut self.module_names, std::slice::from_ref(&module.module), self.modules.len());
            self.modules.push(Calls::new(&module.calls, &[]));
        }
        for entry in &calls.given {
            tagged(&mut self.takers, &entry.to, self.given.len());
            let (holding, methods) = (set(&entry.holding), set(&entry.methods));
            self.given.push(Giving { entry: entry.clone(), holding, methods });
        }
        self.deployments.clients.extend(calls.deployments.clients.iter().cloned());
        self.deployments.calls.extend(calls.deployments.calls.iter().cloned());
        for need in &file.needs {
            for part in &need.parts {
                self.part_needs.entry(part.clone()).or_default().push(need.need.clone());
            }
            let methods: Vec<String> = need.methods.iter().map(|method| format!("**.{method}")).collect();
            self.needs.push(Needed { entry: need.clone(), methods: set(&methods) });
        }
        self.paths.extend(file.paths.iter().map(|path| (path.path.clone(), path.api.clone())));
    }

    /// The call of the API that a call of `path` is, made on a client.
    pub fn call(&self, path: &str) -> Option<Found<'_>> {
        let path = self.shortened(path);
        cuts(&path.text).find_map(|(client, method)| {
            let tags = self.clients.tags(client);
            let (api, by_path) = tags.iter().find_map(|&tag| self.groups[tag as usize].calls.api(method))?;
            let (client, method) = (client.to_owned(), method.to_owned());
            Some(Found { api, method, client, needs: path.needs.clone(), by_path })
        })
    }

    /// True when `path` is a client.
    pub fn is_client(&self, path: &str) -> bool {
        self.clients.contains(&self.shortened(path).text)
    }

    /// What is called on a client by a call of `path` that no entry names, where the client's SDK has nothing but the
    /// API: some part of it that nothing is known about.
    pub fn on_client(&self, path: &str) -> Option<String> {
        if self.call(path).is_some() {
            return None;
        }
        let path = self.shortened(path);
        let (_, method) = cuts(&path.text).find(|(client, method)| {
            let tags = if *method != "()" && is_plain(method) { self.clients.tags(client) } else { Vec::new() };
            let groups = || tags.iter().map(|&tag| &self.groups[tag as usize]);
            groups().any(|group| group.others) && !groups().any(|group| group.ignores.contains(method))
        })?;
        Some(method.to_owned())
    }

    /// True when a pipe with the client `path` as one of its parts is called like the client.
    pub fn pipes(&self, path: &str) -> bool {
        self.clients.tags(&self.shortened(path).text).iter().any(|&tag| self.groups[tag as usize].pipes)
    }

    /// How a call of `path` uses a client which it is given, in the order of the data: the first that fits counts.
    pub fn given_to(&self, path: &str) -> Vec<Given<'_>> {
        self.takers.tags(path).iter().map(|&tag| Given { giving: &self.given[tag as usize] }).collect()
    }

    /// For a call of `path` on the result of a call that may have been given a client: how it was given, in the order of
    /// the data. Whether a client was given is not known here.
    pub fn held(&self, path: &str) -> Vec<Held<'_>> {
        let short = self.shortened(path);
        // A part can be transparent on a client and hold one on something else: `prompt.pipe(client)`.
        let mut held = self.held_as_written(path);
        if held.is_empty() && *short.text != *path {
            held = self.held_as_written(&short.text);
        }
        for held in &mut held {
            held.needs.clone_from(&short.needs);
        }
        held
    }

    fn held_as_written(&self, path: &str) -> Vec<Held<'_>> {
        let made = cuts(path).filter_map(|(holder, method)| Some((holder.strip_suffix("()")?, method)));
        made.flat_map(|(maker, method)| {
            let fits = self.given_to(maker).into_iter().filter(move |given| given.calls(method));
            fits.map(move |given| (given, maker, method))
        })
        .map(|(given, maker, method)| {
            let (maker, method) = (maker.to_owned(), method.to_owned());
            Held { given, maker, method, needs: Vec::new() }
        })
        .collect()
    }

    /// The call of the API that a call of `path` in a module is, made without a client.
    pub fn module_call(&self, path: &str) -> Option<Found<'_>> {
        let path = self.shortened(path);
        cuts(&path.text).find_map(|(module, method)| {
            let tags = self.module_names.tags(module);
            let (api, by_path) = tags.iter().find_map(|&tag| self.modules[tag as usize].api(method))?;
            let (client, method) = (module.to_owned(), method.to_owned());
            Some(Found { api, method, client, needs: path.needs.clone(), by_path })
        })
    }

    /// True when `path` is a member, at whatever depth, of a module that is used without a client.
    pub fn is_module_part(&self, path: &str) -> bool {
        cuts(path).any(|(module, member)| member != "()" && self.module_names.contains(module))
    }

    /// The arguments that name a deployment: of calls of the API, or of the making of clients.
    pub fn deployment_arguments(&self, of_call: bool) -> &[String] {
        if of_call { &self.deployments.calls } else { &self.deployments.clients }
    }

    /// What a call needs beyond its API, sorted. Arguments come with their value where that is a constant; entries of
    /// objects are arguments too, named with dots.
    pub fn needs(&self, api: &str, method: &str, arguments: &[(String, Option<String>)]) -> Vec<String> {
        let mut needs: Vec<String> = self
            .needs
            .iter()
            .filter(|needed| needed.entry.apis.is_empty() || needed.entry.apis.iter().any(|of| of == api))
            .filter(|needed| {
                let by_argument = || {
                    let tests = || needed.entry.arguments.iter();
                    arguments.iter().any(|(name, value)| tests().any(|test| asks(test, name, value.as_deref())))
                };
                needed.methods.contains(method) || by_argument()
            })
            .map(|needed| needed.entry.need.clone())
            .collect();
        needs.sort();
        needs.dedup();
        needs
    }

    /// The part of the API that a request to this address uses.
    pub fn api_of_url(&self, text: &str) -> Option<&str> {
        self.paths.iter().find(|(path, _)| holds(text, path)).map(|(_, api)| api.as_str())
    }

    /// A path without its transparent parts.
    fn shortened<'p>(&self, path: &'p str) -> Shortened<'p, '_> {
        if !path.split('.').any(|part| self.transparent.contains(part)) {
            return Shortened { text: path.into(), needs: Vec::new() };
        }
        let mut needs = Vec::new();
        let kept: Vec<&str> = path
            .split('.')
            .filter(|part| {
                let needed = self.part_needs.get(*part).into_iter().flatten();
                needs.extend(needed.map(String::as_str));
                !self.transparent.contains(*part)
            })
            .collect();
        needs.sort_unstable();
        needs.dedup();
        Shortened { text: kept.join(".").into(), needs }
    }
}

/// A path without its transparent parts, and what those need.
struct Shortened<'p, 'c> {
    text: std::borrow::Cow<'p, str>,
    needs: Vec<&'c str>,
}

impl<'c> Given<'c> {
    /// The part of the API that is used; none where [`Self::is_same`].
    pub fn api(&self) -> Option<&'c str> {
        self.giving.entry.api.as_deref()
    }

    /// The arguments that can be the client: names, and positions as numbers.
    pub fn arguments(&self) -> &'c [String] {
        &self.giving.entry.argument
    }

    /// Versions of packages for which this holds.
    pub fn when(&self) -> &'c std::collections::BTreeMap<String, String> {
        &self.giving.entry.when
    }

    /// True when this is meant where the value `path`, or something that holds it, is given.
    pub fn fits(&self, path: &str) -> bool {
        self.giving.holding.is_empty() || self.giving.holding.contains(path)
    }

    /// True when the call itself uses the API; else what it gives does.
    pub fn is_call(&self) -> bool {
        !self.is_same() && self.giving.methods.is_empty()
    }

    /// True when what the call gives stands for the client.
    pub fn is_same(&self) -> bool {
        self.giving.entry.same
    }

    /// True when calling `method` on the result can be a call of the API.
    fn calls(self, method: &str) -> bool {
        self.is_same() || (is_plain(method) && self.giving.methods.contains(method))
    }
}

impl Group {
    fn new(clients: &Clients) -> Self {
        let calls = Calls::new(&clients.calls, &clients.by_path);
        Self { calls, others: clients.others, ignores: set(&clients.ignores), pipes: clients.pipes }
    }
}

impl Calls {
    fn new(methods: &file::Methods, by_path: &[String]) -> Self {
        let mut calls = Self { by_path: set(by_path), ..Self::default() };
        for (api, patterns) in methods {
            let (plain, deep): (Vec<String>, Vec<String>) = patterns.iter().cloned().partition(|text| is_plain(text));
            tagged(&mut calls.plain, &plain, calls.apis.len());
            tagged(&mut calls.deep, &deep, calls.apis.len());
            calls.apis.push(api.clone());
        }
        calls
    }

    /// The API that `method` uses, and whether the path of the request tells it.
    fn api(&self, method: &str) -> Option<(&str, bool)> {
        let methods = if is_plain(method) { &self.plain } else { &self.deep };
        match methods.tags(method).first() {
            Some(&tag) => Some((self.apis[tag as usize].as_str(), false)),
            None => self.by_path.contains(method).then_some((OTHER, true)),
        }
    }
}

/// The ways to cut a path into a client and what is called on it, longest client first. A call of the whole has the
/// method `()`.
fn cuts(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let inner = path.rmatch_indices('.').map(|(dot, _)| (&path[..dot], &path[dot + 1..]));
    std::iter::once((path, "()")).chain(inner)
}

/// True for a method without a call or an element in it.
fn is_plain(method: &str) -> bool {
    method == "()" || !method.contains(['(', '['])
}

/// True when an argument of a call is what a [`Need`] asks for.
fn asks(test: &str, name: &str, value: Option<&str>) -> bool {
    let says_no = |value: &str| ["false", "none", "null", "undefined"].contains(&value.to_ascii_lowercase().as_str());
    let is = |pattern: &str, value: &str| match pattern.strip_suffix('*') {
        Some(start) => value.starts_with(start),
        None => value.eq_ignore_ascii_case(pattern),
    };
    let is_nothing = |value: &str| says_no(value) && !value.eq_ignore_ascii_case("false");
    match test.split_once('=') {
        None => test == name && !value.is_some_and(says_no),
        Some((tested, wanted)) => match tested.strip_suffix('!') {
            Some(tested) => tested == name && !value.is_some_and(|value| is(wanted, value) || is_nothing(value)),
            None => tested == name && value.is_some_and(|value| is(wanted, value)),
        },
    }
}

/// True when a text holds a path as a whole: `/files` is not in `/filesystem`.
fn holds(text: &str, path: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(path).any(|(at, _)| {
        let goes_on = text[at + path.len()..].starts_with(is_word);
        let begins_before = !path.starts_with('/') && text[..at].ends_with(is_word);
        !goes_on && !begins_before
    })
}

/// A set of patterns that were checked when the file was read.
fn set(patterns: &[String]) -> SymbolSet {
    SymbolSet::of(patterns).unwrap_or_default()
}

fn tagged(set: &mut SymbolSet, patterns: &[String], tag: usize) {
    for pattern in patterns {
        // Bad patterns are mistakes that the file was refused for.
        let _ = set.add(pattern, tag as u32);
    }
}
