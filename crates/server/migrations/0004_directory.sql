CREATE TABLE directory_user (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    user_id TEXT NOT NULL,
    upn TEXT NOT NULL,
    upn_key TEXT NOT NULL,
    display_name TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    UNIQUE (tenant_id, upn_key)
);
CREATE TABLE directory_group (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    group_id TEXT NOT NULL,
    display_name TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, group_id)
);
CREATE TABLE directory_member (
    tenant_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
    PRIMARY KEY (tenant_id, group_id, member_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES directory_group (tenant_id, group_id)
);
CREATE INDEX directory_member_of ON directory_member (tenant_id, member_id);
CREATE TABLE directory_licence (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    sku_id TEXT NOT NULL,
    disabled_plans TEXT NOT NULL,
    active BIGINT NOT NULL,
    assigned_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, sku_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES directory_user (tenant_id, user_id)
);
