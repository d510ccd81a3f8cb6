//! The edge: finds the instance a request is for, and passes bytes through untouched.
