//! The grammar's vocabulary, and how its nodes are visited.
//!
//! Node kinds and field names are translated to small enums through tables that are built once, so that reading a
//! tree compares no strings. [`Reader`] hands out the children of a node through one cursor and one stack, so that it
//! allocates nothing per node. What the nodes mean is for the other rooms.

use std::{collections::HashMap, ops::Range, sync::OnceLock};

use tree_sitter::{Node, Parser, Tree, TreeCursor};

use crate::{
    facts::{FunctionId, ScopeId, Span},
    lang::builder::{self, Builder},
};

/// What a node is. The order matters: see [`Kind::is_named`], [`Kind::is_statement`] and [`Kind::is_expression`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    // Tokens.
    Token,
    Plus,
    Minus,
    Percent,
    Times,
    Pipe,
    Bits,
    Equality,
    Membership,
    Relation,
    PlusAssign,
    PipeAssign,
    OtherAssign,
    // Statements.
    FutureImport,
    Import,
    ImportFrom,
    ExpressionStatement,
    Return,
    Delete,
    Global,
    Nonlocal,
    TypeAlias,
    If,
    For,
    While,
    Try,
    With,
    FunctionDefinition,
    ClassDefinition,
    Decorated,
    Match,
    Assignment,
    AugmentedAssignment,
    OtherStatement,
    // Expressions.
    Identifier,
    Constant,
    String,
    ConcatenatedString,
    Attribute,
    Subscript,
    Call,
    List,
    Dictionary,
    Comprehension,
    Parenthesized,
    Await,
    Binary,
    UnionType,
    Unary,
    Boolean,
    Comparison,
    Conditional,
    Lambda,
    NamedExpression,
    AsPattern,
    Yield,
    ListSplat,
    DictionarySplat,
    Type,
    GenericType,
    MemberType,
    KeywordArgument,
    OtherExpression,
    // Parts of statements and expressions.
    Error,
    Block,
    AliasedImport,
    DottedName,
    RelativeImport,
    Wildcard,
    Elif,
    Else,
    Except,
    Finally,
    WithClause,
    WithItem,
    Case,
    CasePattern,
    ClassPattern,
    KeywordPattern,
    IfClause,
    ForIn,
    Decorator,
    ArgumentList,
    TypeParameter,
    TypedParameter,
    DefaultParameter,
    Separator,
    Pair,
    Slice,
    AsTarget,
    StringStart,
    StringContent,
    Interpolation,
    FormatSpecifier,
    Other,
}

impl Kind {
    /// True for anything but punctuation, keywords, operators and comments.
    fn is_named(self) -> bool {
        self >= Self::FutureImport
    }

    /// True for named nodes other than broken places.
    pub(super) fn is_part(self) -> bool {
        self.is_named() && self != Self::Error
    }

    /// True for statements (assignments are read as such).
    pub(super) fn is_statement(self) -> bool {
        (Self::FutureImport..=Self::OtherStatement).contains(&self)
    }

    /// True for expressions and types.
    pub(super) fn is_expression(self) -> bool {
        (Self::Identifier..=Self::OtherExpression).contains(&self)
    }

    fn of(name: &str, named: bool) -> Self {
        if named { Self::of_node(name) } else { Self::of_token(name) }
    }

    fn of_token(name: &str) -> Self {
        match name {
            "+" => Self::Plus,
            "-" => Self::Minus,
            "%" => Self::Percent,
            "*" | "/" | "//" | "@" => Self::Times,
            "|" => Self::Pipe,
            "&" | "^" | "<<" | ">>" | "**" => Self::Bits,
            "==" | "!=" | "<>" | "is" | "is not" => Self::Equality,
            "in" | "not in" => Self::Membership,
            "<" | "<=" | ">" | ">=" => Self::Relation,
            "+=" => Self::PlusAssign,
            "|=" => Self::PipeAssign,
            "-=" | "*=" | "/=" | "@=" | "//=" | "%=" | "**=" | ">>=" | "<<=" | "&=" | "^=" => Self::OtherAssign,
            _ => Self::Token,
        }
    }

    fn of_node(name: &str) -> Self {
        match name {
            "comment"
            | "line_continuation"
            | "import_prefix"
            | "string_end"
            | "escape_sequence"
            | "escape_interpolation"
            | "type_conversion" => Self::Token,
            "future_import_statement" => Self::FutureImport,
            "import_statement" => Self::Import,
            "import_from_statement" => Self::ImportFrom,
            "expression_statement" => Self::ExpressionStatement,
            "return_statement" => Self::Return,
            "delete_statement" => Self::Delete,
            "global_statement" => Self::Global,
            "nonlocal_statement" => Self::Nonlocal,
            "type_alias_statement" => Self::TypeAlias,
            "if_statement" => Self::If,
            "for_statement" => Self::For,
            "while_statement" => Self::While,
            "try_statement" => Self::Try,
            "with_statement" => Self::With,
            "function_definition" => Self::FunctionDefinition,
            "class_definition" => Self::ClassDefinition,
            "decorated_definition" => Self::Decorated,
            "match_statement" => Self::Match,
            "assignment" => Self::Assignment,
            "augmented_assignment" => Self::AugmentedAssignment,
            "print_statement" | "exec_statement" | "assert_statement" | "raise_statement" | "pass_statement"
            | "break_statement" | "continue_statement" => Self::OtherStatement,
            "block" => Self::Block,
            "aliased_import" => Self::AliasedImport,
            "dotted_name" => Self::DottedName,
            "relative_import" => Self::RelativeImport,
            "wildcard_import" => Self::Wildcard,
            "elif_clause" => Self::Elif,
            "else_clause" => Self::Else,
            "except_clause" | "except_group_clause" => Self::Except,
            "finally_clause" => Self::Finally,
            "with_clause" => Self::WithClause,
            "with_item" => Self::WithItem,
            "case_clause" => Self::Case,
            "decorator" => Self::Decorator,
            _ => Self::of_part(name),
        }
    }

    fn of_part(name: &str) -> Self {
        match name {
            "identifier" => Self::Identifier,
            "integer" | "float" | "true" | "false" | "none" | "ellipsis" => Self::Constant,
            "string" => Self::String,
            "concatenated_string" => Self::ConcatenatedString,
            "attribute" => Self::Attribute,
            "subscript" => Self::Subscript,
            "call" => Self::Call,
            "list" | "tuple" | "set" | "expression_list" | "pattern_list" | "tuple_pattern" | "list_pattern" => {
                Self::List
            }
            "dictionary" => Self::Dictionary,
            "list_comprehension" | "dictionary_comprehension" | "set_comprehension" | "generator_expression" => {
                Self::Comprehension
            }
            "parenthesized_expression" => Self::Parenthesized,
            "await" => Self::Await,
            "binary_operator" => Self::Binary,
            "union_type" => Self::UnionType,
            "unary_operator" | "not_operator" => Self::Unary,
            "boolean_operator" => Self::Boolean,
            "comparison_operator" => Self::Comparison,
            "conditional_expression" => Self::Conditional,
            "lambda" => Self::Lambda,
            "named_expression" => Self::NamedExpression,
            "as_pattern" => Self::AsPattern,
            "yield" => Self::Yield,
            "list_splat" | "list_splat_pattern" => Self::ListSplat,
            "dictionary_splat" | "dictionary_splat_pattern" => Self::DictionarySplat,
            "type" => Self::Type,
            "generic_type" => Self::GenericType,
            "member_type" => Self::MemberType,
            "constrained_type" | "splat_type" => Self::OtherExpression,
            "keyword_argument" => Self::KeywordArgument,
            "argument_list" => Self::ArgumentList,
            "case_pattern" => Self::CasePattern,
            "class_pattern" => Self::ClassPattern,
            "keyword_pattern" => Self::KeywordPattern,
            "if_clause" => Self::IfClause,
            "for_in_clause" => Self::ForIn,
            "type_parameter" => Self::TypeParameter,
            "typed_parameter" => Self::TypedParameter,
            "default_parameter" | "typed_default_parameter" => Self::DefaultParameter,
            "positional_separator" | "keyword_separator" => Self::Separator,
            "pair" => Self::Pair,
            "slice" => Self::Slice,
            "as_pattern_target" => Self::AsTarget,
            "string_start" => Self::StringStart,
            "string_content" => Self::StringContent,
            "interpolation" | "format_expression" => Self::Interpolation,
            "format_specifier" => Self::FormatSpecifier,
            _ => Self::Other,
        }
    }
}

/// The part a node plays in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    None,
    Alias,
    Alternative,
    Arguments,
    Attribute,
    Body,
    Condition,
    Consequence,
    Definition,
    Expression,
    FormatSpecifier,
    Function,
    Guard,
    Key,
    Left,
    ModuleName,
    Name,
    Object,
    Operator,
    Parameters,
    ReturnType,
    Right,
    Subject,
    Subscript,
    Superclasses,
    Type,
    TypeParameters,
    Value,
}

impl Field {
    fn of(name: &str) -> Self {
        match name {
            "alias" => Self::Alias,
            "alternative" => Self::Alternative,
            "arguments" => Self::Arguments,
            "attribute" => Self::Attribute,
            "body" => Self::Body,
            "condition" => Self::Condition,
            "consequence" => Self::Consequence,
            "definition" => Self::Definition,
            "expression" => Self::Expression,
            "format_specifier" => Self::FormatSpecifier,
            "function" => Self::Function,
            "guard" => Self::Guard,
            "key" => Self::Key,
            "left" => Self::Left,
            "module_name" => Self::ModuleName,
            "name" => Self::Name,
            "object" => Self::Object,
            "operator" | "operators" => Self::Operator,
            "parameters" => Self::Parameters,
            "return_type" => Self::ReturnType,
            "right" => Self::Right,
            "subject" => Self::Subject,
            "subscript" => Self::Subscript,
            "superclasses" => Self::Superclasses,
            "type" => Self::Type,
            "type_parameters" => Self::TypeParameters,
            "value" => Self::Value,
            _ => Self::None,
        }
    }
}

/// Up to how many children are counted off rather than visited with the cursor.
const FEW: u32 = 6;

/// The grammar's numbers, translated.
struct Tables {
    kinds: Vec<Kind>,
    fields: Vec<Field>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let language = tree_sitter::Language::from(tree_sitter_python::LANGUAGE);
        let kinds = (0..language.node_kind_count() as u16)
            .map(|id| Kind::of(language.node_kind_for_id(id).unwrap_or_default(), language.node_kind_is_named(id)))
            .collect();
        let fields = (0..=language.field_count() as u16)
            .map(|id| Field::of(language.field_name_for_id(id).unwrap_or_default()))
            .collect();
        Tables { kinds, fields }
    })
}

/// A node with what it is and the part it plays in its parent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child<'t> {
    pub(super) node: Node<'t>,
    pub(super) kind: Kind,
    /// Set by [`Reader::fielded`] only.
    pub(super) field: Field,
}

impl Child<'_> {
    /// Where the node stands.
    pub(super) fn span(&self) -> Span {
        builder::span(self.node)
    }
}

/// Reads one syntax tree into a [`Builder`].
pub(super) struct Reader<'t, 's> {
    tables: &'static Tables,
    cursor: TreeCursor<'t>,
    /// Children that are being read, as a stack: each reading function removes what it has put there.
    pub(super) children: Vec<Child<'t>>,
    /// Links of operator chains that are being read, as a stack.
    pub(super) links: Vec<super::operators::Link<'t>>,
    /// Broken places met since the last statement; they are read after it.
    pub(super) broken: Vec<Node<'t>>,
    /// The function whose body is being read.
    pub(super) function: Option<FunctionId>,
    /// True where imports serve types only.
    pub(super) type_only: bool,
    /// True where a string is a quoted annotation.
    pub(super) quotes: bool,
    /// Names declared `global` or `nonlocal` in a scope, with the scope they are bound in.
    pub(super) outer_names: HashMap<(ScopeId, &'s str), ScopeId>,
    /// The parser for quoted annotations, made when the first is met.
    pub(super) quoted_parser: Option<Parser>,
}

impl<'t, 's> Reader<'t, 's> {
    /// Starts to read a tree.
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self {
            tables: tables(),
            cursor: tree.walk(),
            children: Vec::new(),
            links: Vec::new(),
            broken: Vec::new(),
            function: None,
            type_only: false,
            quotes: false,
            outer_names: HashMap::new(),
            quoted_parser: None,
        }
    }

    fn kind(&self, node: Node<'t>) -> Kind {
        // An error's number lies far above the table.
        self.tables.kinds.get(usize::from(node.kind_id())).copied().unwrap_or(Kind::Error)
    }

    /// The child at a position. It is counted up to it, so this is for nodes with few children: for these it costs
    /// less than moving the cursor.
    fn nth(&self, node: Node<'t>, position: u32) -> Option<Child<'t>> {
        let node = node.child(position)?;
        Some(Child { node, kind: self.kind(node), field: Field::None })
    }

    /// The children of a node that has exactly three.
    pub(super) fn three(&self, node: Node<'t>) -> Option<[Child<'t>; 3]> {
        if node.child_count() != 3 {
            return None;
        }
        Some([self.nth(node, 0)?, self.nth(node, 1)?, self.nth(node, 2)?])
    }

    /// Puts the named children of a node on the stack and says where they are.
    pub(super) fn children(&mut self, node: Node<'t>) -> Range<usize> {
        let start = self.children.len();
        let count = node.child_count();
        if count <= FEW {
            for position in 0..count {
                match self.nth(node, position) {
                    Some(child) if child.kind == Kind::Error => self.broken.push(child.node),
                    Some(child) if child.kind.is_named() => self.children.push(child),
                    _ => {}
                }
            }
            return start..self.children.len();
        }
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            let kind = self.kind(node);
            if kind == Kind::Error {
                self.broken.push(node);
            } else if kind.is_named() {
                self.children.push(Child { node, kind, field: Field::None });
            }
            more = self.cursor.goto_next_sibling();
        }
        start..self.children.len()
    }

    /// Like [`Self::children`], with fields and with operators.
    pub(super) fn fielded(&mut self, node: Node<'t>) -> Range<usize> {
        let start = self.children.len();
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            let kind = self.kind(node);
            if kind == Kind::Error {
                self.broken.push(node);
            } else if kind != Kind::Token {
                let field = self.cursor.field_id().map_or(0, |id| usize::from(id.get()));
                let field = self.tables.fields.get(field).copied().unwrap_or(Field::None);
                if kind.is_named() || field == Field::Operator {
                    self.children.push(Child { node, kind, field });
                }
            }
            more = self.cursor.goto_next_sibling();
        }
        start..self.children.len()
    }

    /// Removes children from the stack, and all that lie above them.
    pub(super) fn release(&mut self, children: &Range<usize>) {
        self.children.truncate(children.start);
    }

    /// The child on the stack with the given field.
    pub(super) fn field(&self, children: &Range<usize>, field: Field) -> Option<Child<'t>> {
        self.children[children.clone()].iter().find(|child| child.field == field).copied()
    }

    /// Calls `read` with each named child.
    pub(super) fn each(
        &mut self,
        b: &mut Builder<'s>,
        node: Node<'t>,
        mut read: impl FnMut(&mut Self, &mut Builder<'s>, Child<'t>),
    ) {
        let children = self.children(node);
        for at in children.clone() {
            let child = self.children[at];
            read(self, b, child);
        }
        self.release(&children);
    }

    /// The first named child.
    pub(super) fn first(&mut self, node: Node<'t>) -> Option<Child<'t>> {
        for position in 0..2 {
            let child = self.nth(node, position)?;
            if child.kind.is_part() {
                return Some(child);
            }
        }
        let children = self.children(node);
        let first = self.children[children.clone()].first().copied();
        self.release(&children);
        first
    }

    /// The named children of a node that has two.
    pub(super) fn two(&mut self, node: Node<'t>) -> Option<(Child<'t>, Child<'t>)> {
        let last = node.child_count().saturating_sub(1);
        if last == 1 || last == 2 {
            let (first, second) = (self.nth(node, 0)?, self.nth(node, last)?);
            if first.kind.is_part() && second.kind.is_part() {
                return Some((first, second));
            }
        }
        let children = self.children(node);
        let two = match self.children[children.clone()] {
            [first, second] => Some((first, second)),
            _ => None,
        };
        self.release(&children);
        two
    }

    /// What wrappers without a meaning of their own wrap: parentheses, `await`, the grammar's `type`.
    pub(super) fn unwrap(&mut self, mut child: Child<'t>) -> Child<'t> {
        while matches!(child.kind, Kind::Parenthesized | Kind::Await | Kind::Type | Kind::AsTarget) {
            let Some(inner) = self.first(child.node) else { break };
            child = inner;
        }
        child
    }
}
