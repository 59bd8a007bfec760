-- The identity token with which somebody signed in at a provider, sealed: what the provider is told when the session ends.
ALTER TABLE token_token ADD COLUMN id_token {blob};
