-- What the last attempts of a user came to; one row per kind, app and device. Without an app or device: ''.
CREATE TABLE trail (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('signIn', 'registration')),
    platform TEXT NOT NULL,
    app_key TEXT NOT NULL,
    device_tag TEXT NOT NULL,
    app_id TEXT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('modern', 'legacy')),
    refused TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, kind, platform, app_key, device_tag)
);

CREATE INDEX trail_at ON trail (tenant_id, at);
CREATE INDEX trail_device ON trail (tenant_id, device_tag);
