//! stub
use crate::{lang::Language, rules::RuleSet};
/// stub
pub struct Catalogue;
/// stub
pub struct Found<'c> { /// a
 pub api: &'c str, /// a
 pub method: String, /// a
 pub client: String }
#[allow(missing_docs, clippy::unused_self)]
impl Catalogue {
  pub fn new(_set: &RuleSet, _language: Language) -> Self { Self }
  pub fn call(&self, _path: &str) -> Option<Found<'_>> { None }
  pub fn is_client(&self, _path: &str) -> bool { false }
  pub fn on_client(&self, _path: &str) -> Option<String> { None }
  pub fn given_to(&self, _path: &str) -> Vec<(&str, &[String])> { Vec::new() }
  pub fn module_call(&self, _path: &str) -> Option<Found<'_>> { None }
  pub fn is_module_part(&self, _path: &str) -> bool { false }
  pub fn needs(&self, _api: &str, _method: &str, _arguments: &[(String, Option<String>)]) -> Vec<String> { Vec::new() }
  pub fn api_of_url(&self, _text: &str) -> Option<&str> { None }
  pub fn deployment_arguments(&self, _of_call: bool) -> &[String] { &[] }
}
