-- What an administrator or a device-management system has said about a device; what the phone itself says is with
-- its instances.
CREATE TABLE device (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    device_tag TEXT NOT NULL,
    platform TEXT NOT NULL CHECK (platform IN ('ios', 'android')),
    enrolment TEXT NOT NULL,
    profile TEXT,
    user_affinity BIGINT,
    work_account TEXT,
    managed_by TEXT,
    said_by TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_tag)
);
