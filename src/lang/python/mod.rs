//! Lowering of Python: a syntax tree of the Python grammar becomes language-neutral facts.
//!
//! Names are bound in the scopes Python gives them, but nothing is resolved here. The rooms: `syntax` knows the
//! grammar's vocabulary and hands out the children of a node, `imports`, `statements`, `targets` and
//! `definitions` read statements, `expressions`, `operators`, `strings` and `annotations` read expressions.

mod annotations;
mod definitions;
mod expressions;
mod imports;
mod operators;
mod statements;
mod strings;
mod syntax;
pub mod taking;
mod targets;
pub(super) mod writing;

use tree_sitter::Tree;

use self::syntax::Reader;
use super::{
    Environment,
    builder::{Builder, note_problems},
};
use crate::facts::Facts;

/// How Python programs read their environment.
pub(super) static ENVIRONMENT: Environment = Environment {
    containers: &[
        "os.environ",
        "os.environb",
        "dotenv.dotenv_values()",
        "dotenv.main.dotenv_values()",
        "streamlit.secrets",
    ],
    readers: &[
        "os.getenv",
        "os.getenvb",
        "os.environ.get",
        "os.environ.setdefault",
        "os.environ.pop",
        "os.environb.get",
        "decouple.config",
        "decouple.AutoConfig()",
        "decouple.Config()",
        "environs.Env()",
        "environs.Env().str",
        "environs.Env().int",
        "environs.Env().bool",
        "environs.Env().float",
        "environs.Env().list",
        "environs.Env().url",
        "environs.env",
        "environs.env.str",
        "environs.env.int",
        "environs.env.bool",
        "environs.env.float",
        "environs.env.list",
        "environs.env.url",
        "environ.Env()",
        "environ.Env().str",
        "environ.Env().int",
        "environ.Env().bool",
        "environ.Env().float",
        "environ.Env().list",
        "environ.Env().url",
        "environ.FileAwareEnv()",
        "environ.FileAwareEnv().str",
        "starlette.config.Config()",
        "google.colab.userdata.get",
        "streamlit.secrets.get",
    ],
    modules: &[],
    settings: &["pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"],
};

/// Lowers a Python module.
pub(super) fn lower<'s>(tree: &Tree, source: &'s str, max_depth: usize) -> Facts<'s> {
    let mut builder = Builder::new(source, max_depth);
    if tree.root_node().has_error() {
        note_problems(tree, &mut builder);
    }
    Reader::new(tree).block(&mut builder, tree.root_node());
    builder.facts
}
