//! The room in memory that all items under way have together: bounded in bytes, however many workers there are.

use tokio::sync::{Semaphore, SemaphorePermit};

/// What items under way may hold together, in bytes as the backup counts them. Each is held up to twice while it is compared, so
/// that it is some 1 GiB at the most. It must not be less than the largest item that a source reads whole (256 MiB).
pub const HELD_BYTES_MAX: u64 = 512 << 20;
/// What a file takes at the most: it streams, fragment by fragment.
pub(crate) const STREAMED_BYTES: u64 = 16 << 20;
/// What is counted: less than that takes as much, so that the number fits.
const UNIT: u64 = 1 << 16;

/// The room, as units that are free.
#[derive(Debug)]
pub(crate) struct Room {
    free: Semaphore,
    all: u32,
}

impl Room {
    pub(crate) fn new(bytes: u64) -> Self {
        let all = units(bytes);
        Self {
            free: Semaphore::new(all as usize),
            all,
        }
    }

    /// Waits for so much room, in the order in which it was asked for: a large item is not passed by small ones for ever. What is
    /// larger than all of it has it alone. Whoever has some never asks for more: two who did would wait for each other.
    pub(crate) async fn take(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        self.free
            .acquire_many(units(bytes).min(self.all))
            .await
            .ok()
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_held_together_never_exceeds_it() {
        let room = Room::new(HELD_BYTES_MAX);
        let large = room.take(HELD_BYTES_MAX - UNIT).await;
        let small = room.take(1).await;
        assert_eq!(room.free.available_permits(), 0);
        drop(large);
        // Larger than all: alone, when all others are gone.
        let mut alone = Box::pin(room.take(u64::MAX));
        let waits = tokio::time::timeout(std::time::Duration::from_millis(20), &mut alone);
        assert!(waits.await.is_err());
        drop(small);
        assert!(alone.await.is_some());
        assert_eq!(room.free.available_permits(), room.all as usize);
    }
}
