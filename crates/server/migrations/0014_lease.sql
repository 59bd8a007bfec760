-- How long phones of a tenant may go on without an answer; without a row the default holds.
CREATE TABLE lease (
    tenant_id TEXT PRIMARY KEY REFERENCES tenant (tenant_id),
    lease_ms BIGINT NOT NULL
);
