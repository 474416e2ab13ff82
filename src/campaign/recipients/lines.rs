//! A stream of bytes cut into lines: `\n` or `\r\n`, the byte order mark dropped, a line that
//! is too long passed over without being kept.

use super::{FileError, LineError, MAX_LINE};

/// Takes a line's number and its bytes without the line end.
pub(super) type OnLine<'a> =
    &'a mut dyn FnMut(u64, Result<&[u8], LineError>) -> Result<(), FileError>;

#[derive(Default)]
pub(super) struct Lines {
    /// Whole lines seen.
    done: u64,
    /// The beginning of a line whose end has not come.
    kept: Vec<u8>,
    /// The line was too long and is not kept.
    passing_over: bool,
    /// The file's first bytes are behind us.
    begun: bool,
}

impl Lines {
    pub(super) fn feed(&mut self, bytes: &[u8], on_line: OnLine<'_>) -> Result<(), FileError> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            self.end(line, on_line)?;
            rest = after.get(1..).unwrap_or_default();
        }
        self.keep(rest);
        // A file of UTF-16 may hold no line feed for a long time.
        if is_utf16(&self.kept) && !self.begun {
            Err(FileError::Utf16)
        } else {
            Ok(())
        }
    }

    /// The last line may have no line end.
    pub(super) fn finish(&mut self, on_line: OnLine<'_>) -> Result<(), FileError> {
        if self.kept.is_empty() && !self.passing_over {
            return Ok(());
        }
        self.end(&[], on_line)
    }

    /// Bytes held back.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.passing_over || self.kept.len() + bytes.len() > MAX_LINE {
            // Its first bytes still tell what the file is.
            if !self.passing_over {
                self.kept.extend_from_slice(bytes.get(..3).unwrap_or(bytes));
                self.kept.truncate(3);
            }
            self.passing_over = true;
            return;
        }
        self.kept.extend_from_slice(bytes);
    }

    /// A line's last bytes have come.
    fn end(&mut self, last: &[u8], on_line: OnLine<'_>) -> Result<(), FileError> {
        // The usual case: the line lies in one chunk and needs no copy.
        let kept = std::mem::take(&mut self.kept);
        let joined;
        let line = if kept.is_empty() {
            last
        } else {
            joined = [kept.as_slice(), if self.passing_over { &[] } else { last }].concat();
            joined.as_slice()
        };
        let mut line = line.strip_suffix(b"\r").unwrap_or(line);
        if !self.begun {
            if is_utf16(line) {
                return Err(FileError::Utf16);
            }
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            self.begun = true;
        }
        self.done += 1;
        let too_long = std::mem::take(&mut self.passing_over) || line.len() > MAX_LINE;
        on_line(
            self.done,
            if too_long {
                Err(LineError::TooLong)
            } else {
                Ok(line)
            },
        )
    }
}

fn is_utf16(start: &[u8]) -> bool {
    start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff")
}
