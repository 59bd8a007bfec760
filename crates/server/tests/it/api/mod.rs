mod audit;
mod effective;
mod report;
mod signin;
mod tokens;
