-- What an entry of the audit log says for people. Apart from the chain, which holds its hash only: what concerns a
-- person can be erased and the chain still holds. `erased_by` is the entry that tells of the erasure.
ALTER TABLE audit_entry ADD COLUMN content_hash TEXT;
CREATE TABLE audit_content (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    seq BIGINT NOT NULL,
    content TEXT,
    erased_by BIGINT,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_entry_at ON audit_entry (tenant_id, at);
