//! Bodies in RTF: compressed as [MS-OXRTFCP] has it, and HTML or text within as [MS-OXRTFEX] has it.

mod compressed;
mod font;
mod reader;

pub use compressed::decompress;
pub use reader::{Content, read};
