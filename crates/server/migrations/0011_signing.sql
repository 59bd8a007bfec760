CREATE TABLE signing_key (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    key_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    sealed_seed {blob} NOT NULL,
    not_before BIGINT NOT NULL,
    not_after BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key_id)
);

CREATE TABLE keyset (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    signed {blob} NOT NULL,
    PRIMARY KEY (tenant_id, version)
);
