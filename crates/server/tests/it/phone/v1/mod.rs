mod checkin;
mod events;
mod receipts;
mod registrations;
mod sessions;
mod signin;
mod status;
