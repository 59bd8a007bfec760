mod filters;
mod reports;
