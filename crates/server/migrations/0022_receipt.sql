-- Proofs of wipes that nobody ordered: a condition demanded them, the user signed out, the companion was removed.
CREATE TABLE receipt (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    instance_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    reason TEXT,
    outcome TEXT NOT NULL,
    receipt {blob} NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, instance_id)
);

CREATE INDEX receipt_received ON receipt (tenant_id, received_at);
