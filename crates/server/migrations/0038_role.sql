-- Roles that are given to people, and how far each reaches: '*' for everything, otherwise ids of groups, separated by
-- spaces. Accounts and tokens have roles of their own besides.
ALTER TABLE token_token ADD COLUMN scope TEXT NOT NULL DEFAULT '*';
ALTER TABLE account_administrator ADD COLUMN scope TEXT NOT NULL DEFAULT '*';
CREATE TABLE role_definition (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    role_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    permissions TEXT NOT NULL,
    actions TEXT NOT NULL,
    PRIMARY KEY (tenant_id, role_id),
    UNIQUE (tenant_id, name)
);
CREATE TABLE role_assignment (
    tenant_id TEXT NOT NULL REFERENCES tenant (tenant_id),
    assignment_id TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, assignment_id)
);
CREATE TABLE role_member (
    tenant_id TEXT NOT NULL,
    assignment_id TEXT NOT NULL,
    member TEXT NOT NULL,
    PRIMARY KEY (tenant_id, assignment_id, member),
    FOREIGN KEY (tenant_id, assignment_id) REFERENCES role_assignment (tenant_id, assignment_id)
);
CREATE INDEX role_member_of ON role_member (tenant_id, member);
-- Policies that an administrator with a scope made belong to his groups until they are assigned.
CREATE TABLE policies_home (
    tenant_id TEXT NOT NULL,
    policy_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, policy_id, group_id),
    FOREIGN KEY (tenant_id, policy_id) REFERENCES policies_policy (tenant_id, policy_id) ON DELETE CASCADE
);
CREATE INDEX policies_home_of ON policies_home (tenant_id, group_id);
