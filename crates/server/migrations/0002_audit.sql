CREATE TABLE audit_head (
    tenant_id TEXT PRIMARY KEY REFERENCES tenant (tenant_id),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE audit_entry (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    token_id TEXT,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    before_hash TEXT,
    after_hash TEXT,
    request_id TEXT,
    outcome TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
