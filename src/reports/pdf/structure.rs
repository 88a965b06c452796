//! The logical structure that a reader by ear follows: elements in reading order, and the pieces of pages that belong to
//! them. Where those stand on the page is decided elsewhere.

use std::num::NonZeroU16;

use krilla::tagging::{
    Identifier, ListNumbering, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};

/// What an element is (ISO 32000-1, 14.8.4).
#[derive(Clone, Debug)]
pub(super) enum Role {
    Section,
    /// Level and the heading itself.
    Heading(u16, String),
    Paragraph,
    List {
        numbered: bool,
    },
    Item,
    Label,
    Body,
    /// What the table shows.
    Table(String),
    Caption,
    Head,
    Rows,
    Row,
    ColumnHeading,
    RowHeading,
    Cell,
}

/// An element of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ElementId(usize);

/// A piece of one page that belongs to one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeafId(pub(super) usize);

enum Child {
    Element(usize),
    Leaf(usize),
}

struct Element {
    role: Role,
    children: Vec<Child>,
}

/// The tree in the making.
#[derive(Default)]
pub(super) struct Structure {
    elements: Vec<Element>,
    top: Vec<usize>,
    leaves: usize,
}

impl Structure {
    /// Adds an element below `parent`, or at the top.
    pub(super) fn element(&mut self, parent: Option<ElementId>, role: Role) -> ElementId {
        let id = self.elements.len();
        self.elements.push(Element {
            role,
            children: Vec::new(),
        });
        match parent {
            Some(ElementId(parent)) => self.elements[parent].children.push(Child::Element(id)),
            None => self.top.push(id),
        }
        ElementId(id)
    }

    /// Adds a piece of a page to an element.
    pub(super) fn leaf(&mut self, of: ElementId) -> LeafId {
        let id = self.leaves;
        self.leaves += 1;
        self.elements[of.0].children.push(Child::Leaf(id));
        LeafId(id)
    }

    /// How many pieces there are.
    pub(super) fn leaves(&self) -> usize {
        self.leaves
    }

    /// The tree, when each piece was drawn under its identifier.
    pub(super) fn into_tree(self, drawn: &[Option<Identifier>]) -> TagTree {
        let mut tree = TagTree::new();
        for id in &self.top {
            tree.push(self.group(*id, drawn));
        }
        tree
    }

    fn group(&self, id: usize, drawn: &[Option<Identifier>]) -> TagGroup {
        let element = &self.elements[id];
        let mut group = TagGroup::new(tag(&element.role));
        for child in &element.children {
            match child {
                Child::Element(id) => group.push(self.group(*id, drawn)),
                Child::Leaf(id) => {
                    if let Some(identifier) = drawn.get(*id).copied().flatten() {
                        group.push(Node::Leaf(identifier));
                    }
                }
            }
        }
        group
    }
}

fn tag(role: &Role) -> TagKind {
    match role {
        Role::Section => Tag::Section.into(),
        Role::Heading(level, heading) => {
            let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
            Tag::Hn(level, Some(heading.clone())).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::List { numbered: true } => Tag::L(ListNumbering::Decimal).into(),
        Role::List { numbered: false } => Tag::L(ListNumbering::Disc).into(),
        Role::Item => Tag::LI.into(),
        Role::Label => Tag::Lbl.into(),
        Role::Body => Tag::LBody.into(),
        Role::Table(shows) => Tag::Table.with_summary(Some(shows.clone())).into(),
        Role::Caption => Tag::Caption.into(),
        Role::Head => Tag::THead.into(),
        Role::Rows => Tag::TBody.into(),
        Role::Row => Tag::TR.into(),
        Role::ColumnHeading => Tag::TH(TableHeaderScope::Column).into(),
        Role::RowHeading => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
    }
}
