//! The body of an answer as it comes in: decompressed, and no longer than allowed.

use super::{TransportError, TransportErrorKind as Kind};
use flate2::write::MultiGzDecoder;
use std::io::{self, Write};

/// How long a body may become by decompression, whatever it was before.
const SMALL: usize = 128 << 10;

/// How many bytes are decompressed at once.
const PART: usize = 1 << 10;

/// How many bytes are kept together while a body grows. What has grown so long is not copied again before the end, so
/// that a body without one costs what it may have and a piece more, not twice that.
const PIECE: usize = 1 << 20;

/// A body under way.
pub(super) enum Incoming {
    Plain(Kept),
    Gzip(Box<MultiGzDecoder<Kept>>),
}

/// What was read so far, decompressed.
pub(super) struct Kept {
    /// Pieces that are full, and one that grows.
    full: Vec<Vec<u8>>,
    last: Vec<u8>,
    max: usize,
    max_expansion: usize,
    /// How many bytes came before decompression.
    received: usize,
    excess: Option<String>,
}

impl Incoming {
    pub(super) fn new(gzip: bool, max: usize, max_expansion: usize) -> Self {
        let kept = Kept {
            full: Vec::new(),
            last: Vec::new(),
            max,
            max_expansion,
            received: 0,
            excess: None,
        };
        match gzip {
            true => Self::Gzip(Box::new(MultiGzDecoder::new(kept))),
            false => Self::Plain(kept),
        }
    }

    /// Takes the next piece as it came.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), TransportError> {
        // In small parts, so that what grows too much is found out before it has grown.
        for part in piece.chunks(PART) {
            self.kept().received += part.len();
            let written = match self {
                Self::Plain(kept) => kept.write_all(part),
                Self::Gzip(decoder) => decoder.write_all(part),
            };
            written.map_err(|error| self.broken(&error))?;
        }
        Ok(())
    }

    /// The whole body.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, TransportError> {
        if let Self::Gzip(decoder) = &mut self
            && decoder.get_ref().received > 0
            && let Err(error) = decoder.try_finish()
        {
            return Err(self.broken(&error));
        }
        Ok(self.kept().take())
    }

    /// The error of a body that announces itself as too large.
    pub(super) fn too_large(mut self) -> TransportError {
        let kept = self.kept();
        TransportError::new(Kind::TooLarge, excess(kept.max)).with_beginning(kept.beginning())
    }

    fn kept(&mut self) -> &mut Kept {
        match self {
            Self::Plain(kept) => kept,
            Self::Gzip(decoder) => decoder.get_mut(),
        }
    }

    fn broken(&mut self, error: &io::Error) -> TransportError {
        let kept = self.kept();
        match kept.excess.take() {
            Some(excess) => {
                TransportError::new(Kind::TooLarge, excess).with_beginning(kept.beginning())
            }
            None => TransportError::new(
                Kind::Interrupted,
                format!("the connection broke (the answer cannot be decompressed: {error})"),
            ),
        }
    }
}

impl Kept {
    fn length(&self) -> usize {
        self.full.len() * PIECE + self.last.len()
    }

    fn beginning(&self) -> &[u8] {
        self.full.first().unwrap_or(&self.last)
    }

    /// Takes everything out, as one.
    fn take(&mut self) -> Vec<u8> {
        let last = std::mem::take(&mut self.last);
        if self.full.is_empty() {
            return last;
        }
        let mut whole = Vec::with_capacity(self.full.len() * PIECE + last.len());
        // Each piece is given back once it is copied.
        for piece in self.full.drain(..).chain([last]) {
            whole.extend_from_slice(&piece);
        }
        whole
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.length() + bytes.len();
        let expanded = SMALL.max(self.received.saturating_mul(self.max_expansion));
        if length > self.max {
            self.excess = Some(excess(self.max));
        } else if length > expanded {
            self.excess = Some(format!(
                "the answer becomes more than {} times longer by decompression",
                self.max_expansion
            ));
        }
        if self.excess.is_some() {
            return Err(io::Error::other("too large"));
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.last.len() == PIECE {
                self.full.push(std::mem::take(&mut self.last));
            }
            let room = PIECE - self.last.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.last.extend_from_slice(now);
            rest = later;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn excess(max: usize) -> String {
    format!("the answer is larger than {max} bytes")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(gzip: bool, pieces: &[&[u8]], max: usize, expansion: usize) -> Result<Vec<u8>, String> {
        let mut incoming = Incoming::new(gzip, max, expansion);
        let all = pieces.iter().try_for_each(|piece| incoming.push(piece));
        let whole = all.and_then(|()| incoming.finish());
        whole.map_err(|error| format!("{:?}: {error}", error.kind()))
    }

    #[test]
    fn a_body_has_at_most_as_many_bytes_as_allowed() {
        for (length, fits) in [(0, true), (999, true), (1_000, true), (1_001, false)] {
            let body = vec![b'x'; length];
            for outcome in [
                read(false, &[&body], 1_000, 1),
                read(true, &[&gzip(&body)], 1_000, 1),
            ] {
                match outcome {
                    Ok(read) => assert!(fits && read == body),
                    Err(error) => {
                        assert_eq!(error, "TooLarge: the answer is larger than 1000 bytes");
                        assert!(!fits);
                    }
                }
            }
        }
    }

    #[test]
    fn a_body_grows_by_decompression_as_much_as_allowed() {
        // DEFLATE makes blanks a thousand times shorter, and noise not at all.
        let blanks = vec![b' '; 1 << 20];
        let small = gzip(&blanks);
        assert!(small.len() * 900 < blanks.len());
        assert_eq!(read(true, &[&small], 1 << 20, 2_000).unwrap(), blanks);
        let error = read(true, &[&small], 1 << 20, 200).unwrap_err();
        assert_eq!(
            error,
            "TooLarge: the answer becomes more than 200 times longer by decompression"
        );
        let short = gzip(&blanks[..SMALL]);
        assert_eq!(read(true, &[&short], 1 << 20, 2).unwrap().len(), SMALL);
    }

    #[test]
    fn a_body_of_many_pieces_is_whole() {
        for length in [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7] {
            let body: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let pieces: Vec<_> = body.chunks(16_000).collect();
            assert!(read(false, &pieces, length, 1).unwrap() == body, "{length}");
            assert!(
                read(true, &[&gzip(&body)], length, 1_000).unwrap() == body,
                "{length}"
            );
            let error = read(false, &pieces, length - 1, 1).unwrap_err();
            assert!(error.starts_with("TooLarge"), "{error}");
        }
    }

    #[test]
    fn compressed_bodies_that_break_off_or_are_none_are_broken() {
        let whole = gzip(b"{\"jobId\": \"j1\"}");
        assert_eq!(read(true, &[], 100, 1).unwrap(), b"");
        for broken in [
            &whole[..whole.len() - 1],
            &whole[..5],
            b"{\"jobId\"",
            &whole[1..],
        ] {
            let error = read(true, &[broken], 100, 100).unwrap_err();
            assert!(
                error.starts_with("Interrupted: the connection broke"),
                "{error}"
            );
        }
        let mut wrong = whole.clone();
        let sum = wrong.len() - 8;
        wrong[sum] ^= 1;
        assert!(
            read(true, &[&wrong], 100, 100).is_err(),
            "the checksum counts"
        );
        let twice = [&whole[..], &whole].concat();
        assert_eq!(read(true, &[&twice], 100, 100).unwrap().len(), 30);
    }

    proptest! {
        #[test]
        fn how_a_body_is_cut_into_pieces_makes_no_difference(
            body in prop::collection::vec(any::<u8>(), 0..2_000),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
            flip in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut sent = gzip(&body);
            if let Some(flip) = &flip {
                let at = flip.index(sent.len());
                sent[at] ^= 0x10;
            }
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(sent.len())).collect();
            cuts.sort_unstable();
            let (mut pieces, mut from) = (Vec::new(), 0);
            for cut in cuts.into_iter().chain([sent.len()]) {
                pieces.push(&sent[from..cut]);
                from = cut;
            }
            let outcome = read(true, &pieces, 1_500, 50);
            prop_assert_eq!(&outcome, &read(true, &[&sent], 1_500, 50));
            if flip.is_none() {
                prop_assert_eq!(outcome.ok(), Some(body).filter(|body| body.len() <= 1_500));
            }
        }
    }
}
