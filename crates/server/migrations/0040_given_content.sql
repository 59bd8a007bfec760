-- The policies behind each content that an instance was given, for as long as an instance has it.
CREATE TABLE given_content (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    content_hash TEXT NOT NULL,
    policies TEXT NOT NULL,
    PRIMARY KEY (tenant_id, content_hash)
);
