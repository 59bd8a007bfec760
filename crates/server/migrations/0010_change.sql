-- What each revision of a tenant changed: read by the nodes that did not make the change.
CREATE TABLE change (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    revision BIGINT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (tenant_id, revision)
);
