CREATE TABLE catalogue_app (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    entry_id TEXT NOT NULL,
    platform TEXT NOT NULL CHECK (platform IN ('ios', 'android')),
    app_id TEXT NOT NULL,
    app_key TEXT NOT NULL,
    display_name TEXT NOT NULL,
    publisher TEXT NOT NULL,
    sign_in TEXT NOT NULL CHECK (sign_in IN ('modern', 'legacy')),
    core BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, entry_id),
    UNIQUE (tenant_id, platform, app_key)
);
