//! One machine as a backend.
