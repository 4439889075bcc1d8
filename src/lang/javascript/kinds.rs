//! The node kinds and fields the lowering tells apart, as small enums looked up by number.
//!
//! Both grammars number their symbols differently and comparing names for every node would cost more than the rest of
//! the lowering, so each grammar gets a table once per process. Names the table does not list are [`Kind::Unknown`]
//! when they are named nodes and [`Kind::Noise`] when they are punctuation.

use std::sync::OnceLock;

use tree_sitter::{Language, Node, Tree};

macro_rules! kinds {
    (nodes { $($kind:ident: $($name:literal)+;)* } tokens { $($token:ident: $($word:literal)+;)* }) => {
        /// The kind of a syntax node.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind {
            /// Punctuation without meaning of its own.
            Noise,
            /// A node the grammar could not make sense of.
            Error,
            /// A named node without a lowering of its own.
            Unknown,
            $($kind,)*
            $($token,)*
        }

        fn kind_of(name: &str, named: bool) -> Kind {
            if named {
                match name {
                    $($($name)|+ => Kind::$kind,)*
                    _ => Kind::Unknown,
                }
            } else {
                match name {
                    $($($word)|+ => Kind::$token,)*
                    _ => Kind::Noise,
                }
            }
        }
    };
}

kinds! {
    nodes {
        // Statements.
        ExpressionStatement: "expression_statement";
        LexicalDeclaration: "lexical_declaration";
        VariableDeclaration: "variable_declaration";
        VariableDeclarator: "variable_declarator";
        FunctionDeclaration: "function_declaration" "generator_function_declaration" "function_signature";
        ClassDeclaration: "class_declaration" "abstract_class_declaration";
        InterfaceDeclaration: "interface_declaration";
        EnumDeclaration: "enum_declaration";
        TypeAlias: "type_alias_declaration";
        Namespace: "internal_module" "module";
        Ambient: "ambient_declaration";
        Block: "statement_block";
        If: "if_statement";
        Switch: "switch_statement";
        SwitchCase: "switch_case" "switch_default";
        Try: "try_statement";
        Catch: "catch_clause";
        For: "for_statement";
        ForIn: "for_in_statement";
        Loop: "while_statement" "do_statement";
        Return: "return_statement";
        Throw: "throw_statement";
        Import: "import_statement";
        ImportAlias: "import_alias";
        Export: "export_statement";
        // Parts of statements.
        ImportClause: "import_clause";
        ImportRequire: "import_require_clause";
        NamedImports: "named_imports";
        NamespaceImport: "namespace_import";
        ImportSpecifier: "import_specifier";
        ExportClause: "export_clause";
        ExportSpecifier: "export_specifier";
        NamespaceExport: "namespace_export";
        ClassHeritage: "class_heritage";
        Extends: "extends_clause" "extends_type_clause";
        Implements: "implements_clause";
        ClassBody: "class_body";
        Method: "method_definition";
        MethodSignature: "method_signature";
        AbstractSignature: "abstract_method_signature";
        FieldDefinition: "public_field_definition";
        PropertySignature: "property_signature";
        StaticBlock: "class_static_block";
        EnumAssignment: "enum_assignment";
        Decorator: "decorator";
        AccessModifier: "accessibility_modifier" "override_modifier";
        Parameter: "required_parameter" "optional_parameter";
        // Patterns.
        ObjectPattern: "object_pattern";
        ArrayPattern: "array_pattern";
        AssignmentPattern: "assignment_pattern" "object_assignment_pattern";
        PairPattern: "pair_pattern";
        RestPattern: "rest_pattern";
        ShorthandPattern: "shorthand_property_identifier_pattern";
        // Expressions.
        Identifier: "identifier";
        Shorthand: "shorthand_property_identifier";
        PrivateName: "private_property_identifier";
        This: "this" "this_type";
        Super: "super";
        Number: "number";
        Constant: "undefined" "null" "true" "false";
        Text: "string";
        Meta: "meta_property";
        ImportWord: "import";
        Template: "template_string";
        Regex: "regex";
        Member: "member_expression" "nested_identifier";
        Subscript: "subscript_expression";
        Call: "call_expression";
        New: "new_expression";
        Object: "object";
        Array: "array";
        Spread: "spread_element";
        Arrow: "arrow_function";
        FunctionExpression: "function_expression" "generator_function";
        ClassExpression: "class";
        Parenthesized: "parenthesized_expression";
        Await: "await_expression";
        Yield: "yield_expression";
        Cast: "as_expression" "satisfies_expression";
        Assertion: "type_assertion";
        NonNull: "non_null_expression";
        Instantiation: "instantiation_expression";
        Binary: "binary_expression";
        Unary: "unary_expression";
        Update: "update_expression";
        Ternary: "ternary_expression";
        Sequence: "sequence_expression";
        Assignment: "assignment_expression";
        AugmentedAssignment: "augmented_assignment_expression";
        JsxElement: "jsx_element" "jsx_self_closing_element";
        JsxOpening: "jsx_opening_element";
        JsxClosing: "jsx_closing_element";
        JsxAttribute: "jsx_attribute";
        JsxExpression: "jsx_expression";
        JsxText: "jsx_text" "html_character_reference" "jsx_namespace_name";
        // Parts of expressions.
        PropertyName: "property_identifier";
        ComputedName: "computed_property_name";
        TemplateHole: "template_substitution";
        RegexPattern: "regex_pattern";
        Arguments: "arguments";
        Pair: "pair";
        // Types.
        TypeName: "type_identifier";
        NestedTypeName: "nested_type_identifier";
        GenericType: "generic_type";
        Alternatives: "union_type" "intersection_type";
        WrappedType: "parenthesized_type" "readonly_type";
        TypeQuery: "type_query";
        LiteralType: "literal_type";
        ObjectType: "object_type" "interface_body";
        ComposedType: "array_type" "tuple_type" "function_type" "constructor_type" "conditional_type" "lookup_type"
            "index_type_query" "template_literal_type" "flow_maybe_type";
        InferredType: "infer_type";
        PlainType: "predefined_type" "existential_type";
        // What holds types.
        TypeAnnotation: "type_annotation" "type_predicate_annotation" "asserts_annotation" "omitting_type_annotation"
            "adding_type_annotation" "opting_type_annotation";
        TypeArguments: "type_arguments";
        TypeParameters: "type_parameters";
        TypeParts: "formal_parameters" "type_parameter" "constraint" "default_type" "call_signature"
            "construct_signature" "index_signature" "mapped_type_clause" "type_predicate" "asserts" "optional_type"
            "rest_type" "template_type";
        Nothing: "comment" "html_comment" "hash_bang_line" "empty_statement" "string_fragment" "escape_sequence"
            "optional_chain" "statement_identifier" "import_attribute";
    }
    tokens {
        Plus: "+";
        Logical: "||" "&&" "??";
        Equality: "==" "===" "!=" "!==";
        In: "in";
        InstanceOf: "instanceof";
        PlusAssign: "+=";
        LogicalAssign: "??=" "||=" "&&=";
        Equals: "=";
        Star: "*";
        Default: "default";
        TypeWord: "type" "typeof";
        Getter: "get";
        Setter: "set";
        Readonly: "readonly";
        Var: "var";
        Let: "let" "const";
    }
}

impl Kind {
    /// True for nodes whose leftmost part is what the rest is built on: chains of them nest to the left without limit.
    pub(super) fn nests_left(self) -> bool {
        matches!(
            self,
            Self::Member
                | Self::Call
                | Self::Subscript
                | Self::Binary
                | Self::NonNull
                | Self::Cast
                | Self::Instantiation
                | Self::Parenthesized
                | Self::Await
        )
    }

    /// True for expressions without parts.
    pub(super) fn is_leaf(self) -> bool {
        (self as u8) >= (Self::Identifier as u8) && (self as u8) <= (Self::ImportWord as u8)
    }

    /// True for functions that stand in an expression.
    pub(super) fn is_function(self) -> bool {
        matches!(self, Self::Arrow | Self::FunctionExpression)
    }

    /// True for what [`super::Reader::expression`] knows.
    pub(super) fn is_expression(self) -> bool {
        (self as u8) >= (Self::Identifier as u8) && (self as u8) <= (Self::JsxElement as u8)
    }

    /// True for what [`super::Reader::statement`] knows.
    pub(super) fn is_statement(self) -> bool {
        (self as u8) >= (Self::ExpressionStatement as u8) && (self as u8) <= (Self::Export as u8)
    }

    /// True for nodes that are about types without being one.
    pub(super) fn holds_types(self) -> bool {
        self == Self::Parameter
            || (self as u8) >= (Self::TypeAnnotation as u8) && (self as u8) <= (Self::TypeParts as u8)
    }

    /// True for what [`super::Reader::type_expression`] knows.
    pub(super) fn is_type(self) -> bool {
        (self as u8) >= (Self::TypeName as u8) && (self as u8) <= (Self::PlainType as u8)
    }
}

macro_rules! fields {
    ($($field:ident: $name:literal;)*) => {
        /// The part a node plays in its parent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field {
            /// No part the lowering asks for.
            None,
            $($field,)*
        }

        fn field_of(name: &str) -> Field {
            match name {
                $($name => Field::$field,)*
                _ => Field::None,
            }
        }
    };
}

fields! {
    Alias: "alias";
    Alternative: "alternative";
    Arguments: "arguments";
    Body: "body";
    Condition: "condition";
    Consequence: "consequence";
    Constructor: "constructor";
    Declaration: "declaration";
    Finalizer: "finalizer";
    Function: "function";
    Handler: "handler";
    Increment: "increment";
    Index: "index";
    Initializer: "initializer";
    Key: "key";
    Kind: "kind";
    Left: "left";
    Module: "module";
    Name: "name";
    Operator: "operator";
    Parameter: "parameter";
    Parameters: "parameters";
    Pattern: "pattern";
    Property: "property";
    ReturnType: "return_type";
    Right: "right";
    Source: "source";
    Type: "type";
    Value: "value";
}

/// What the numbers of a grammar mean.
pub(super) struct Table {
    kinds: Vec<Kind>,
    fields: Vec<Field>,
    operator: u16,
}

static TYPESCRIPT: OnceLock<Table> = OnceLock::new();
static TSX: OnceLock<Table> = OnceLock::new();

impl Table {
    /// The table of the grammar a tree was parsed with.
    pub(super) fn of(tree: &Tree) -> &'static Self {
        let language = tree.language();
        let tsx = *language == Language::from(tree_sitter_typescript::LANGUAGE_TSX);
        (if tsx { &TSX } else { &TYPESCRIPT }).get_or_init(|| Self::new(&language))
    }

    fn new(language: &Language) -> Self {
        let kinds = (0..language.node_kind_count())
            .map(|id| {
                let id = id as u16;
                kind_of(language.node_kind_for_id(id).unwrap_or_default(), language.node_kind_is_named(id))
            })
            .collect();
        let fields = (0..=language.field_count())
            .map(|id| language.field_name_for_id(id as u16).map_or(Field::None, field_of))
            .collect();
        let operator = language.field_id_for_name("operator").map_or(0, std::num::NonZeroU16::get);
        Self { kinds, fields, operator }
    }

    /// The kind of a node.
    pub(super) fn kind(&self, node: Node<'_>) -> Kind {
        // The one number outside the table is that of error nodes.
        self.kinds.get(usize::from(node.kind_id())).copied().unwrap_or(Kind::Error)
    }

    /// The meaning of a field number.
    pub(super) fn field(&self, id: Option<std::num::NonZeroU16>) -> Field {
        id.and_then(|id| self.fields.get(usize::from(id.get())).copied()).unwrap_or(Field::None)
    }

    /// The operator of a binary expression.
    pub(super) fn operator(&self, node: Node<'_>) -> Kind {
        node.child_by_field_id(self.operator).map_or(Kind::Noise, |operator| self.kind(operator))
    }
}
