CREATE TABLE wipe (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    wipe_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    ended_at BIGINT,
    revision BIGINT NOT NULL,
    signed_order {blob} NOT NULL,
    receipt {blob},
    PRIMARY KEY (tenant_id, wipe_id)
);

CREATE INDEX wipe_instance ON wipe (tenant_id, instance_id);
CREATE INDEX wipe_revision ON wipe (tenant_id, revision);
