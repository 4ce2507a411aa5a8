//! The `smsdeck` program.

fn main() {}
