CREATE TABLE instance (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    instance_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    app_id TEXT NOT NULL,
    app_version TEXT NOT NULL,
    sdk_version TEXT NOT NULL,
    os_version TEXT NOT NULL,
    model TEXT,
    manufacturer TEXT,
    management TEXT NOT NULL,
    device_tag TEXT NOT NULL,
    public_key {blob} NOT NULL,
    state TEXT NOT NULL,
    registered_at BIGINT NOT NULL,
    ended_at BIGINT,
    version BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, instance_id)
);

CREATE INDEX instance_user ON instance (tenant_id, user_id);
CREATE INDEX instance_device ON instance (tenant_id, device_tag);

-- One managed account per device and organisation.
CREATE TABLE device_account (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    device_tag TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, device_tag)
);

-- Written often and in batches, hence narrow and apart.
CREATE TABLE instance_seen (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    instance_id TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, instance_id)
);

CREATE TABLE instance_status (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    instance_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    obeyed_version BIGINT NOT NULL,
    content_hash TEXT,
    blocked_by TEXT NOT NULL,
    app_version TEXT NOT NULL,
    sdk_version TEXT NOT NULL,
    os_version TEXT NOT NULL,
    reported_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, instance_id)
);
