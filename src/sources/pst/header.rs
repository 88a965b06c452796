//! The header ([MS-PST] 2.2.2.6): which format the file has, how its blocks are encoded, where its two B-trees begin.

use super::cipher::Cipher;
use super::disk::Disk;
use super::error::PstError;
use crate::sources::mapi::bytes::{u16_at, u32_at, u64_at};

const HEADER_BYTES: usize = 564;
/// Smaller than any header of either format.
const HEADER_BYTES_ANSI: usize = 512;

/// How wide the numbers are, and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 32-bit offsets, up to Outlook 2002: at most 2 GB.
    Ansi,
    /// 64-bit offsets, since Outlook 2003.
    Unicode,
}

impl Format {
    /// An id or an offset at `at`.
    pub(super) fn wide_at(self, bytes: &[u8], at: usize) -> Option<u64> {
        match self {
            Self::Ansi => u32_at(bytes, at).map(u64::from),
            Self::Unicode => u64_at(bytes, at),
        }
    }

    /// Bytes of an id or an offset.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Ansi => 4,
            Self::Unicode => 8,
        }
    }

    /// Bytes of the trailer of a page and of a block.
    pub(super) fn trailer(self) -> usize {
        match self {
            Self::Ansi => 12,
            Self::Unicode => 16,
        }
    }
}

/// What the header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) format: Format,
    pub(super) cipher: Cipher,
    /// Where the root page of the node B-tree lies.
    pub(super) nodes_at: u64,
    /// Where the root page of the block B-tree lies.
    pub(super) blocks_at: u64,
}

impl Header {
    pub(super) fn read(disk: &dyn Disk) -> Result<Self, PstError> {
        let size = usize::try_from(disk.size_bytes()).unwrap_or(usize::MAX);
        let mut bytes = vec![0_u8; size.min(HEADER_BYTES)];
        disk.read_at(0, &mut bytes)?;
        if !bytes.starts_with(b"!BDN") {
            return Err(PstError::Unsupported("it does not begin with !BDN"));
        }
        if bytes.len() < HEADER_BYTES_ANSI {
            return Err(PstError::Unsupported("it ends within its header"));
        }
        match bytes.get(8..10) {
            Some(b"SM") => {}
            Some(b"SO") => return Err(PstError::Unsupported("an offline copy (OST)")),
            _ => return Err(PstError::Unsupported("its client magic is not SM")),
        }
        let header = match u16_at(&bytes, 10) {
            Some(14 | 15) => Self::ansi(&bytes),
            Some(23..=35) => Self::unicode(&bytes),
            Some(36..) => return Err(PstError::Unsupported("its pages have 4,096 bytes")),
            _ => return Err(PstError::Unsupported("its version is not known")),
        };
        header.ok_or(PstError::Unsupported("it is encoded in an unknown way"))
    }

    fn ansi(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            format: Format::Ansi,
            cipher: Cipher::of(*bytes.get(461)?)?,
            nodes_at: u64::from(u32_at(bytes, 188)?),
            blocks_at: u64::from(u32_at(bytes, 196)?),
        })
    }

    fn unicode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            format: Format::Unicode,
            cipher: Cipher::of(*bytes.get(513)?)?,
            nodes_at: u64_at(bytes, 224)?,
            blocks_at: u64_at(bytes, 240)?,
        })
    }
}
