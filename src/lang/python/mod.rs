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
use super::{Environment, builder, builder::Builder};
use crate::facts::{Facts, Problem, ProblemKind};

/// How many broken places are noted per file; more say nothing new.
const MAX_PROBLEMS: usize = 20;

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
pub(super) fn lower<'s>(tree: &Tree, source: &'s str) -> Facts<'s> {
    let mut builder = Builder::new(source);
    if tree.root_node().has_error() {
        note_problems(tree, &mut builder);
    }
    Reader::new(tree).block(&mut builder, tree.root_node());
    builder.facts
}

/// Notes the broken places, following only subtrees that contain one.
fn note_problems(tree: &Tree, builder: &mut Builder<'_>) {
    let mut cursor = tree.walk();
    while builder.facts.problems.len() < MAX_PROBLEMS {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            builder.facts.problems.push(Problem { kind: ProblemKind::Syntax, span: builder::span(node) });
        } else if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
