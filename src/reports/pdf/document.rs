//! What a PDF says, before anybody thinks of pages: sections of blocks, and files that ride along. No layout here.

/// A document, ready to be laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// What it is called; also the window's title.
    pub title: String,
    /// One line under the title.
    pub subtitle: String,
    /// A word above the title that nobody may overlook, such as `Rehearsal: not evidence`.
    pub marking: Option<String>,
    /// RFC 5646, such as `en-GB`.
    pub language: String,
    /// Who issues it.
    pub issuer: String,
    /// What it is about, in one sentence, for catalogues and readers by ear.
    pub description: String,
    /// Names this document and its edition for good; stands at the foot of each page.
    pub identifier: String,
    /// The first facts under the title: case, edition, date, head.
    pub facts: Vec<(String, Text)>,
    /// In reading order.
    pub sections: Vec<Section>,
    /// Files inside the PDF.
    pub attachments: Vec<Attachment>,
}

/// A part under its own heading; each heading is a bookmark.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// What stands below it.
    pub blocks: Vec<Block>,
    /// Begins on a page of its own.
    pub on_new_page: bool,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A heading inside the section.
    Heading(String),
    /// Running text.
    Paragraph(Text),
    /// The answer, in a frame: its first line says it, the text explains.
    Verdict {
        /// Colours the frame; the words carry the meaning.
        tone: Tone,
        /// The answer in one sentence.
        headline: String,
        /// What it rests on.
        text: Text,
    },
    /// Large numbers side by side, each with what it counts.
    Figures(Vec<Figure>),
    /// A remark that must be seen, with the word in front of it.
    Note {
        /// Such as `Not proven`.
        label: String,
        /// What it says.
        text: Text,
    },
    /// Points.
    List {
        /// Numbered, or with bullets.
        numbered: bool,
        /// The points.
        items: Vec<Text>,
    },
    /// Names and what they stand for.
    KeyValues(Vec<(String, Text)>),
    /// Rows under headings.
    Table(Table),
    /// Commands and the like, line by line as they are.
    Verbatim(String),
    /// Lines for a person to complete and sign by hand.
    SignatureLines(Vec<String>),
    /// What follows begins a page.
    PageBreak,
}

/// How an answer turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// All checks passed.
    Passed,
    /// Passed, with listed exceptions.
    Exceptions,
    /// Failed.
    Failed,
}

/// One large number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// The number as it is printed.
    pub value: String,
    /// What it counts.
    pub label: String,
}

/// A table. Rows shorter than the headings are filled with dashes; longer ones are refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What the table shows.
    pub caption: String,
    /// Headings, repeated on each page.
    pub columns: Vec<Column>,
    /// The cells.
    pub rows: Vec<Vec<Text>>,
    /// The attachment that holds all rows. With it, a table longer than the PDF may hold ends with the
    /// count of the rows that stand there only; without it, such a table is refused.
    pub whole_in: Option<String>,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Numbers stand at the right.
    pub numeric: bool,
}

/// Text in which words may be strong or set like code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Run>);

/// Text of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The words.
    pub text: String,
    /// How they are set.
    pub weight: Weight,
}

/// How words are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As the text around.
    Plain,
    /// Bold.
    Strong,
    /// Fixed width: digests, names of files, commands.
    Code,
}

impl Text {
    /// Adds plain words.
    #[must_use]
    pub fn plain(self, words: impl Into<String>) -> Self {
        self.and(words, Weight::Plain)
    }

    /// Adds bold words.
    #[must_use]
    pub fn strong(self, words: impl Into<String>) -> Self {
        self.and(words, Weight::Strong)
    }

    /// Adds words of fixed width.
    #[must_use]
    pub fn code(self, words: impl Into<String>) -> Self {
        self.and(words, Weight::Code)
    }

    fn and(mut self, words: impl Into<String>, weight: Weight) -> Self {
        let text = words.into();
        self.0.push(Run { text, weight });
        self
    }

    /// Nothing to be seen in it.
    pub fn is_blank(&self) -> bool {
        self.0.iter().all(|run| run.text.trim().is_empty())
    }
}

impl<T: Into<String>> From<T> for Text {
    fn from(words: T) -> Self {
        Self::default().plain(words)
    }
}

/// A file inside the PDF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name: letters, digits, `.`, `-` and `_` of ASCII, at most 120 bytes.
    pub name: String,
    /// What it is, for a person.
    pub description: String,
    /// Its media type, such as `application/json`.
    pub media_type: String,
    /// What it is to the document.
    pub relationship: Relationship,
    /// Its content, as it is.
    pub bytes: Vec<u8>,
}

/// `AFRelationship` of PDF/A-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relationship {
    /// The document was made from it.
    Source,
    /// The document shows some of it.
    Data,
    /// It says the same in another form.
    Alternative,
    /// It adds to the document.
    Supplement,
}
