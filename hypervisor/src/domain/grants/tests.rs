//! Sharing, on the simulated CPU.
