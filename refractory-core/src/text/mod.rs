//! Text from outside: how it is read, and how it is shown without being obeyed.
mod decode;
mod escape;
mod trim;

pub use decode::{TextError, decode};
pub(crate) use escape::excerpt;
pub use escape::{colored, escaped, is_obeyed, json_escaped, one_line, plain};
pub(crate) use trim::is_quote;
pub use trim::{is_dash, is_invisible, pasted, trimmed};
