mod audit;
mod browser;
mod devices;
mod effective;
mod report;
mod signin;
mod tickets;
mod tokens;
