//! Items in trees, where inheritance can be broken at any place, and the grants on them; frozen once built.

use super::directory::PrincipalId;
use super::level::{ItemKind, Level};

/// An item by its number in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// Gives or takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Gives a level and all below it.
    Allow,
    /// Takes a level and all above it, from whoever is meant, whatever else gives it.
    Deny,
}

/// How a grant came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantKind {
    /// A calendar was shared.
    Calendar,
    /// Somebody is in a channel or team.
    Channel,
    /// A role on the item itself.
    Direct,
    /// A sharing link.
    Link,
    /// A role on one row of a list.
    ListItem,
    /// A mailbox or one of its folders was shared.
    Mailbox,
    /// Owner of the item.
    Owner,
}

const KINDS: [(GrantKind, &str); 7] = [
    (GrantKind::Calendar, "calendar"),
    (GrantKind::Channel, "channel"),
    (GrantKind::Direct, "direct"),
    (GrantKind::Link, "link"),
    (GrantKind::ListItem, "list-item"),
    (GrantKind::Mailbox, "mailbox"),
    (GrantKind::Owner, "owner"),
];

impl GrantKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }

    /// Reads what [`GrantKind::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        KINDS
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(kind, _)| *kind)
    }
}

/// One grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// On what.
    pub item: ItemId,
    /// To whom.
    pub principal: PrincipalId,
    /// What.
    pub level: Level,
    /// Gives or takes.
    pub effect: Effect,
    /// How it came to be.
    pub kind: GrantKind,
    /// It ends at some time: without that end it would be wider.
    pub expires: bool,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What names it in its source.
    pub key: Box<str>,
    /// What it lies in.
    pub parent: Option<ItemId>,
    /// What it is.
    pub kind: ItemKind,
    /// What is allowed above is allowed here.
    pub inherits: bool,
    /// The source says who had access. Where it does not, only the custodians get in.
    pub is_known: bool,
    /// Who has everything below a root, through any break: the owner of a drive or mailbox, the administrators of a site.
    pub custodians: Vec<PrincipalId>,
}

/// Why a tree is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// An item lies in one that comes later or is not there.
    #[error("{0}: lies in an item that is not there before it")]
    NoParent(String),
    /// Deeper than anything that Microsoft 365 holds.
    #[error("{0}: more than {DEPTH_MAX} levels deep")]
    TooDeep(String),
    /// More items than are read.
    #[error("more than {ITEMS_MAX} items")]
    TooMany,
}

const DEPTH_MAX: u16 = 512;
const ITEMS_MAX: usize = 50_000_000;
const NONE: u32 = u32::MAX;

/// Takes items and grants in.
#[derive(Clone, Debug, Default)]
pub struct TreeBuilder {
    items: Vec<Item>,
    depth: Vec<u16>,
    grants: Vec<Grant>,
}

impl TreeBuilder {
    /// Adds an item; its parent is there already. What stands alone by its kind never inherits.
    pub fn item(&mut self, mut item: Item) -> Result<ItemId, TreeError> {
        if self.items.len() == ITEMS_MAX {
            return Err(TreeError::TooMany);
        }
        let depth = match item.parent {
            None => 0,
            Some(parent) => match self.depth.get(parent.0 as usize) {
                Some(depth) => depth + 1,
                None => return Err(TreeError::NoParent(item.key.into())),
            },
        };
        if depth > DEPTH_MAX {
            return Err(TreeError::TooDeep(item.key.into()));
        }
        item.inherits &= item.parent.is_some() && !item.kind.stands_alone();
        let id = ItemId(u32::try_from(self.items.len()).expect("bounded above"));
        self.items.push(item);
        self.depth.push(depth);
        Ok(id)
    }

    /// Adds a grant on an item that is there.
    pub fn grant(&mut self, grant: Grant) {
        self.grants.push(grant);
    }

    /// The tree.
    pub fn build(mut self) -> Tree {
        self.grants.sort_by_key(|grant| grant.item);
        let mut first_grant = vec![0_u32; self.items.len() + 1];
        for grant in &self.grants {
            first_grant[grant.item.0 as usize + 1] += 1;
        }
        for place in 1..first_grant.len() {
            first_grant[place] += first_grant[place - 1];
        }
        let mut first_child = vec![NONE; self.items.len()];
        let mut next_sibling = vec![NONE; self.items.len()];
        let mut roots = Vec::new();
        for number in (0..u32::try_from(self.items.len()).unwrap_or(NONE)).rev() {
            let item = &self.items[number as usize];
            match item.parent {
                None => roots.push(ItemId(number)),
                Some(parent) => {
                    next_sibling[number as usize] = first_child[parent.0 as usize];
                    first_child[parent.0 as usize] = number;
                }
            }
        }
        roots.reverse();
        Tree {
            items: self.items,
            depth: self.depth,
            grants: self.grants,
            first_grant,
            first_child,
            next_sibling,
            roots,
        }
    }
}

/// Items and their grants.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    items: Vec<Item>,
    depth: Vec<u16>,
    grants: Vec<Grant>,
    first_grant: Vec<u32>,
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
    roots: Vec<ItemId>,
}

impl Tree {
    /// What is known of an item.
    pub fn item(&self, id: ItemId) -> &Item {
        &self.items[id.0 as usize]
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Nothing is there.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Every item, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = ItemId> + use<> {
        (0..u32::try_from(self.items.len()).unwrap_or(NONE)).map(ItemId)
    }

    /// Items that lie in nothing.
    pub fn roots(&self) -> &[ItemId] {
        &self.roots
    }

    /// Every grant; the place in here is the grant's number.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// The numbers of the grants on an item itself.
    pub fn own_grants(&self, id: ItemId) -> std::ops::Range<usize> {
        let from = self.first_grant[id.0 as usize] as usize;
        from..self.first_grant[id.0 as usize + 1] as usize
    }

    /// How deep an item lies; 0 for a root.
    pub fn depth(&self, id: ItemId) -> usize {
        usize::from(self.depth[id.0 as usize])
    }

    /// The item and all that it inherits from, itself first.
    pub fn chain(&self, id: ItemId) -> Vec<ItemId> {
        let mut chain = vec![id];
        let mut at = self.item(id);
        while let Some(parent) = at.parent.filter(|_| at.inherits && at.is_known) {
            chain.push(parent);
            at = self.item(parent);
        }
        chain
    }

    /// What an item lies in at the top.
    pub fn root_of(&self, id: ItemId) -> ItemId {
        let mut at = id;
        while let Some(parent) = self.item(at).parent {
            at = parent;
        }
        at
    }

    pub(super) fn first_child(&self, id: ItemId) -> Option<ItemId> {
        Some(self.first_child[id.0 as usize])
            .filter(|child| *child != NONE)
            .map(ItemId)
    }

    pub(super) fn next_sibling(&self, id: ItemId) -> Option<ItemId> {
        Some(self.next_sibling[id.0 as usize])
            .filter(|next| *next != NONE)
            .map(ItemId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(parent: Option<u32>, kind: ItemKind) -> Item {
        Item {
            key: "x".into(),
            parent: parent.map(ItemId),
            kind,
            inherits: true,
            is_known: true,
            custodians: Vec::new(),
        }
    }

    #[test]
    fn hostile_trees_are_refused() {
        let mut tree = TreeBuilder::default();
        let forward = tree.item(item(Some(3), ItemKind::File));
        assert!(matches!(forward, Err(TreeError::NoParent(_))));
        let mut last = tree.item(item(None, ItemKind::Library)).expect("a root");
        for _ in 0..DEPTH_MAX {
            last = tree
                .item(item(Some(last.0), ItemKind::Folder))
                .expect("not yet");
        }
        let deep = tree.item(item(Some(last.0), ItemKind::Folder));
        assert!(matches!(deep, Err(TreeError::TooDeep(_))));
    }

    #[test]
    fn a_private_channel_inherits_from_nothing() {
        let mut tree = TreeBuilder::default();
        let team = tree.item(item(None, ItemKind::Team)).expect("a root");
        let channel = tree
            .item(item(Some(team.0), ItemKind::PrivateChannel))
            .expect("a channel");
        let file = tree
            .item(item(Some(channel.0), ItemKind::File))
            .expect("a file");
        let tree = tree.build();
        assert_eq!(tree.chain(file), [file, channel]);
        assert_eq!((tree.root_of(file), tree.depth(file)), (team, 2));
        assert_eq!(tree.first_child(team), Some(channel));
        assert_eq!(tree.next_sibling(channel), None);
    }
}
