//! All that knows the program: its HTTP surface, its files, its releases.
