//! Decisions against the table of behaviour §5 and against a second, naive evaluator.

mod agreement;
mod cells;
mod matrix;
mod monotone;
mod naive;
mod naive_launch;
mod random;
