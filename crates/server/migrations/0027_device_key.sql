-- Android: the key that the companion keeps for the account of a device; it registers further apps without a password.
CREATE TABLE device_key (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    device_tag TEXT NOT NULL,
    user_id TEXT NOT NULL,
    public_key {blob} NOT NULL,
    registered_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, device_tag)
);
