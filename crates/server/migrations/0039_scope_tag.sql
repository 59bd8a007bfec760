-- Labels that other tools put on roles and policies, and the groups they are given to. They narrow nothing here.
CREATE TABLE role_scope_tag (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    tag_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    groups TEXT NOT NULL,
    PRIMARY KEY (tenant_id, tag_id),
    UNIQUE (tenant_id, name_key)
);
