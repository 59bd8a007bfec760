-- Which instances say a reason, for the question "who else has this?".
CREATE TABLE status_code (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    instance_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, instance_id, kind, reason)
);

CREATE INDEX status_code_reason ON status_code (tenant_id, reason, at);

-- When something last changed about a policy, a group or a person.
CREATE INDEX audit_entry_object ON audit_entry (tenant_id, object, seq);
