CREATE TABLE policies_policy (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    policy_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    display_name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    body TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, policy_id),
    UNIQUE (tenant_id, kind, name_key)
);
CREATE TABLE policies_group (
    tenant_id TEXT NOT NULL,
    policy_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, policy_id, group_id),
    FOREIGN KEY (tenant_id, policy_id) REFERENCES policies_policy (tenant_id, policy_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES directory_group (tenant_id, group_id)
);
CREATE INDEX policies_group_of ON policies_group (tenant_id, group_id);
