//! From one arena of a name to the next.

use std::ffi::c_int;
use std::time::Duration;

use crate::arena::{ArenaId, SharedMemoryArena};
use crate::config::{ReadFrom, Reconnect, SharedMemoryConfig};
use crate::error::{Error, Result};
use crate::ring_reader::RingReader;
use crate::sys;

const FIRST_POLL: Duration = Duration::from_millis(2);
const LAST_POLL: Duration = Duration::from_millis(50);

/// Why a reader left an arena: see [`SharedMemoryConfig::with_reconnect`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// The writer ended it.
    Ended,
    /// The writer died ([`Error::WriterDied`]) or aborted ([`Error::WriterAborted`]).
    Failed(Error),
}

/// What a reader does between arenas. The first is read as the configuration says, later ones from their beginning.
pub(super) struct Succession {
    reconnect: Reconnect,
    config: SharedMemoryConfig,
    /// The arena that was left last.
    left: Option<(ArenaId, Departure)>,
    /// No arena is attached.
    waits: bool,
    poll: Duration,
}

impl Succession {
    pub(super) fn new(config: &SharedMemoryConfig) -> Self {
        let next = config.clone().with_from(ReadFrom::Earliest).with_wait(Duration::ZERO);
        Self { reconnect: config.reconnect(), config: next, left: None, waits: false, poll: FIRST_POLL }
    }

    pub(super) fn enabled(&self) -> bool {
        self.reconnect != Reconnect::Never
    }

    pub(super) fn waits(&self) -> bool {
        self.waits
    }

    /// No arena follows.
    pub(super) fn stop(&mut self) {
        self.waits = false;
    }

    pub(super) fn departure(&self) -> Option<&Departure> {
        self.left.as_ref().map(|(_, why)| why)
    }

    /// True if the outcome of a look is a reason to leave.
    pub(super) fn leave(&mut self, id: ArenaId, looked: std::result::Result<c_int, &Error>) -> bool {
        let why = match looked {
            Ok(sys::ENDED) if self.reconnect == Reconnect::Always => Departure::Ended,
            Err(error @ (Error::WriterDied(_) | Error::WriterAborted(_))) if self.enabled() => {
                Departure::Failed(error.clone())
            }
            _ => return false,
        };
        self.left = Some((id, why));
        self.waits = true;
        self.poll = FIRST_POLL;
        true
    }

    /// Attaches to the arena of this name unless it is the one that was left; or when to try again: nobody rings for the
    /// birth of an arena.
    pub(super) fn next(&mut self) -> Result<std::result::Result<RingReader, Duration>> {
        let left = self.left.as_ref().map(|(id, _)| *id);
        // The look keeps off the arena that was left; the name may pass to another one until the attachment.
        let ring = match SharedMemoryArena::new(self.config.name()).id() {
            Ok(id) if Some(id) == left => None,
            Ok(_) => Some(RingReader::try_attach(&self.config, false)),
            Err(error) => Some(Err(error)),
        };
        match ring {
            Some(Ok(ring)) if Some(ring.id()) != left => {
                self.waits = false;
                return Ok(Ok(ring));
            }
            Some(Err(error)) if !matches!(error, Error::NotFound(_)) => return Err(error),
            _ => {}
        }
        let pause = self.poll;
        self.poll = (2 * pause).min(LAST_POLL);
        Ok(Err(pause))
    }
}
