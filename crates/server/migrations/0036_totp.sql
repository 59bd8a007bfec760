-- Second factors of built-in accounts: time-based codes and one-time recovery codes.
CREATE TABLE account_totp (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    subject TEXT NOT NULL,
    sealed {blob} NOT NULL,
    confirmed BIGINT NOT NULL,
    last_step BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, subject)
);

CREATE TABLE account_recovery (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    subject TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, subject, hash)
);
