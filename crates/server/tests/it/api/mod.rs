mod audit;
mod devices;
mod effective;
mod report;
mod signin;
mod tokens;
