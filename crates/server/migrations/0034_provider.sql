-- OpenID Connect providers that an organisation trusts, who of the directory signed in through them, and sign-ins under way.
CREATE TABLE provider (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    provider_id TEXT NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    settings TEXT NOT NULL,
    client_secret {blob},
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, provider_id),
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, issuer)
);

CREATE TABLE provider_link (
    tenant_id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, provider_id, subject),
    UNIQUE (tenant_id, provider_id, user_id),
    FOREIGN KEY (tenant_id, provider_id) REFERENCES provider (tenant_id, provider_id)
);

CREATE TABLE provider_state (
    tenant_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    sealed {blob} NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash),
    FOREIGN KEY (tenant_id, provider_id) REFERENCES provider (tenant_id, provider_id)
);
