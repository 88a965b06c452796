//! A report as a reader meets it: sections of blocks, in words and tables. Every rendering (HTML, PDF, JSON, CSV) is made from
//! this one value, so that all of them say the same; how it looks is each rendering's own.

/// A whole report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// The line below it: which edition of which case, as of when.
    pub subtitle: String,
    /// Letters A to Q, in order; the letter of a section that has nothing to say yet is there too, and says so.
    pub sections: Vec<Section>,
}

/// A section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its letter.
    pub letter: char,
    /// Its title.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

impl Section {
    /// A section without blocks.
    pub fn new(letter: char, title: impl Into<String>) -> Self {
        Self {
            letter,
            title: title.into(),
            blocks: Vec::new(),
        }
    }

    /// The same with one more block.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// The same with one more paragraph; nothing said is none.
    #[must_use]
    pub fn says(self, text: impl Into<String>) -> Self {
        match text.into() {
            text if text.is_empty() => self,
            text => self.with(Block::Paragraph(text)),
        }
    }
}

/// How good the news is; shown in words first, never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A check failed, or an item.
    Bad,
    /// There are exceptions to look at.
    Mixed,
    /// Everything that was checked holds; nothing is missing.
    Good,
}

/// One piece of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// The verdict, in one sentence.
    Verdict(Tone, String),
    /// A heading below the section's title.
    Heading(String),
    /// Prose.
    Paragraph(String),
    /// Points.
    List(Vec<String>),
    /// Lines to type or to compare, letter by letter.
    Code(String),
    /// Names with what they are.
    Facts(Vec<(String, String)>),
    /// Rows.
    Table(Table),
    /// Blanks that a person fills in with a pen: what belongs there.
    Blanks(Vec<String>),
}

/// A table. It is written as a file of its own too, named by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// `[a-z-]+`, unique in the report.
    pub id: &'static str,
    /// What it shows.
    pub caption: String,
    /// Column headings.
    pub columns: Vec<&'static str>,
    /// A cell a column.
    pub rows: Vec<Vec<String>>,
}

impl Document {
    /// Every table, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.filter_map(|block| match block {
            Block::Table(table) => Some(table),
            _ => None,
        })
    }

    /// The verdicts of page 1, in words: of the record, then of the restore.
    pub fn verdicts(&self) -> Vec<&str> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        let verdicts = blocks.filter_map(|block| match block {
            Block::Verdict(_, text) => Some(text.as_str()),
            _ => None,
        });
        verdicts.collect()
    }

    /// Every text that a reader meets, in reading order: what two renderings of a report have to agree on.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = vec![&*self.title, &*self.subtitle];
        for section in &self.sections {
            texts.push(&section.title);
            for block in &section.blocks {
                block.texts(&mut texts);
            }
        }
        texts
    }
}

impl Block {
    fn texts<'a>(&'a self, texts: &mut Vec<&'a str>) {
        match self {
            Self::Verdict(_, text)
            | Self::Heading(text)
            | Self::Paragraph(text)
            | Self::Code(text) => texts.push(text),
            Self::List(points) | Self::Blanks(points) => {
                texts.extend(points.iter().map(String::as_str));
            }
            Self::Facts(facts) => {
                for (name, value) in facts {
                    texts.extend([&**name, &**value]);
                }
            }
            Self::Table(table) => {
                texts.push(&table.caption);
                texts.extend(&table.columns);
                texts.extend(table.rows.iter().flatten().map(String::as_str));
            }
        }
    }
}
