-- Programs that fetch their tokens by client credentials, and what a token may stand for besides an account.
CREATE TABLE program (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    program_id TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    roles TEXT NOT NULL,
    scopes TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, program_id),
    UNIQUE (tenant_id, name)
);

ALTER TABLE token_token ADD COLUMN program_id TEXT;
ALTER TABLE token_token ADD COLUMN provider_id TEXT;
ALTER TABLE token_token ADD COLUMN user_id TEXT;
ALTER TABLE token_token ADD COLUMN holder TEXT;
ALTER TABLE token_token ADD COLUMN scopes TEXT;
ALTER TABLE token_token ADD COLUMN grants TEXT;
