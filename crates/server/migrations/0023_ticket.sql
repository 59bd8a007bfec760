-- Help-desk references under which people send diagnostics, and what came in under them.
CREATE TABLE ticket (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    reference TEXT NOT NULL,
    user_id TEXT,
    note TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, reference)
);

CREATE INDEX ticket_created ON ticket (tenant_id, created_at);

CREATE TABLE ticket_bundle (
    tenant_id TEXT NOT NULL,
    bundle_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    platform TEXT NOT NULL,
    app TEXT NOT NULL,
    app_version TEXT NOT NULL,
    device_tag TEXT,
    instance_id TEXT,
    size_bytes BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    content {blob} NOT NULL,
    PRIMARY KEY (tenant_id, bundle_id),
    FOREIGN KEY (tenant_id, reference) REFERENCES ticket (tenant_id, reference)
);

CREATE INDEX ticket_bundle_reference ON ticket_bundle (tenant_id, reference, received_at);
