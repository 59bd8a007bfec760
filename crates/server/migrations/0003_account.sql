CREATE TABLE account_password (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    subject TEXT NOT NULL,
    password TEXT NOT NULL,
    must_change BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, subject)
);
CREATE TABLE account_administrator (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id),
    UNIQUE (tenant_id, name)
);
CREATE TABLE account_access (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
CREATE TABLE token_token (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    token_id TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    account_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, token_id)
);
