//! Splits a JSON text that is known to be valid into tokens.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `{` or `[`.
    Open(u8),
    /// `}` or `]`.
    Close,
    Comma,
    Colon,
    String,
    /// A number, `true`, `false` or `null`.
    Scalar,
}

#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Range<usize>,
}

/// The tokens of a valid JSON text.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Moves past the closing quote; the opening one has been read.
    fn finish_string(&mut self) {
        let rest = |at| self.bytes.get(at..).unwrap_or_default();
        while let Some(length) = memchr::memchr2(b'"', b'\\', rest(self.at)) {
            let is_end = self.bytes.get(self.at + length) == Some(&b'"');
            self.at += length + if is_end { 1 } else { 2 };
            if is_end {
                return;
            }
        }
        self.at = self.bytes.len();
    }

    fn finish_scalar(&mut self) {
        let ends = |b: u8| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace();
        while self.peek().is_some_and(|byte| !ends(byte)) {
            self.at += 1;
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
        let start = self.at;
        let first = self.peek()?;
        self.at += 1;
        let kind = match first {
            b'{' | b'[' => Kind::Open(first),
            b'}' | b']' => Kind::Close,
            b',' => Kind::Comma,
            b':' => Kind::Colon,
            b'"' => {
                self.finish_string();
                Kind::String
            }
            _ => {
                self.finish_scalar();
                Kind::Scalar
            }
        };
        Some(Token { kind, span: start..self.at })
    }
}
