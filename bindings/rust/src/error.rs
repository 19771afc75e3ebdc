use std::ffi::{CStr, c_int};
use std::fmt;

use crate::sys;

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! errors {
    ($( $(#[$doc:meta])* $kind:ident = $number:literal, $code:literal; )*) => {
        /// Why an operation failed: the kind, with a sentence that names the arena, the numbers and what to do.
        ///
        /// The kinds and their [codes](Error::code) are the same in every language.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Error {
            $( $(#[$doc])* $kind(String), )*
        }

        impl Error {
            /// The stable code, for example `ERR_QADS_WRITER_DIED`: the same in every language.
            pub fn code(&self) -> &'static str {
                match self {
                    $( Self::$kind(_) => $code, )*
                }
            }

            /// The sentence. It is for people and may change.
            pub fn message(&self) -> &str {
                match self {
                    $( Self::$kind(message) => message, )*
                }
            }

            fn new(number: c_int, message: String) -> Self {
                match number {
                    $( $number => Self::$kind(message), )*
                    // A kind that a later core added.
                    _ => Self::System(message),
                }
            }

            #[cfg(test)]
            fn all() -> Vec<(c_int, Self)> {
                vec![$( ($number, Self::$kind(String::new())), )*]
            }
        }
    };
}

errors! {
    /// The name breaks the rules: 1 to 200 of `A-Z a-z 0-9 . _ -`, and not only dots.
    NameInvalid = 1, "ERR_QADS_NAME_INVALID";
    /// An argument or option is out of its range, or data is of a type that cannot be written.
    InvalidArgument = 2, "ERR_QADS_INVALID_ARGUMENT";
    /// There is no arena of this name.
    NotFound = 3, "ERR_QADS_NOT_FOUND";
    /// The arena has a writer that is alive.
    WriterExists = 4, "ERR_QADS_WRITER_EXISTS";
    /// The arena was made by another version of the layout.
    Incompatible = 5, "ERR_QADS_INCOMPATIBLE";
    /// The shared-memory segment of this name is something else.
    NotAnArena = 6, "ERR_QADS_NOT_AN_ARENA";
    /// Shared memory holds something that no writer of this library writes. The next read goes on behind it.
    Corrupt = 7, "ERR_QADS_CORRUPT";
    /// Every entry of the arena's reader table is taken.
    TooManyReaders = 8, "ERR_QADS_TOO_MANY_READERS";
    /// Shared memory has not enough room for the arena.
    NoSpace = 9, "ERR_QADS_NO_SPACE";
    /// One row is larger than the ring.
    BatchTooLarge = 10, "ERR_QADS_BATCH_TOO_LARGE";
    /// The arena allows one schema, and the batch has another.
    SchemaMismatch = 11, "ERR_QADS_SCHEMA_MISMATCH";
    /// The time-out passed first.
    TimedOut = 12, "ERR_QADS_TIMED_OUT";
    /// The operation was cancelled.
    Aborted = 13, "ERR_QADS_ABORTED";
    /// The writer's process ended without `end()` or `abort()`. What it had committed was delivered before.
    WriterDied = 14, "ERR_QADS_WRITER_DIED";
    /// The writer called `abort()`; the message is its reason. What it had committed was delivered before.
    WriterAborted = 15, "ERR_QADS_WRITER_ABORTED";
    /// The writer or reader was closed, or the arena ended.
    Closed = 16, "ERR_QADS_CLOSED";
    /// The batch was given back.
    Released = 17, "ERR_QADS_RELEASED";
    /// The arena belongs to another user, or its mode forbids it.
    Permission = 18, "ERR_QADS_PERMISSION";
    /// The handle was made before a `fork`.
    Forked = 19, "ERR_QADS_FORKED";
    /// The ring is full, and the arena's policy is [`OnFull::Error`](crate::OnFull::Error).
    Full = 20, "ERR_QADS_FULL";
    /// The operating system refused a call.
    System = 21, "ERR_QADS_SYSTEM";
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Error {}

/// Keeps the error as the source.
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        use std::io::ErrorKind;
        let kind = match error {
            Error::NotFound(_) => ErrorKind::NotFound,
            Error::WriterExists(_) => ErrorKind::AlreadyExists,
            Error::Permission(_) => ErrorKind::PermissionDenied,
            Error::TimedOut(_) => ErrorKind::TimedOut,
            Error::NameInvalid(_) | Error::InvalidArgument(_) => ErrorKind::InvalidInput,
            Error::Corrupt(_) | Error::NotAnArena(_) => ErrorKind::InvalidData,
            Error::Full(_) => ErrorKind::WouldBlock,
            Error::WriterDied(_) | Error::WriterAborted(_) => ErrorKind::BrokenPipe,
            _ => ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// The result of a call of the C ABI: an outcome (zero or negative), or the error that it left in this thread.
pub(crate) fn check(status: c_int) -> Result<c_int> {
    if status <= 0 {
        return Ok(status);
    }
    // SAFETY: never null, and valid until this thread's next call, which is after the copy.
    let sentence = unsafe { CStr::from_ptr(sys::qads_last_error()) };
    Err(Error::new(status, sentence.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_the_core_has_its_kind_and_code() {
        for (number, error) in Error::all() {
            // SAFETY: a static string for every number.
            let name = unsafe { CStr::from_ptr(sys::qads_error_name(number)) };
            assert_eq!(name.to_str(), Ok(error.code()));
            assert_eq!(Error::new(number, String::new()), error);
        }
        let last = Error::all().len() as c_int;
        // SAFETY: as above; a number that the core does not know has the name of a system error.
        let beyond = unsafe { CStr::from_ptr(sys::qads_error_name(last + 1)) };
        assert_eq!(beyond.to_str(), Ok("ERR_QADS_SYSTEM"), "the core has an error that this enum lacks");
    }

    #[test]
    fn an_io_error_keeps_the_error_as_its_source() {
        let error = std::io::Error::from(Error::NotFound("arena \"x\" does not exist".into()));
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        let inner = error.get_ref().and_then(|source| source.downcast_ref::<Error>());
        assert_eq!(inner.map(Error::code), Some("ERR_QADS_NOT_FOUND"));
    }
}
