mod audit;
mod signin;
mod tokens;
