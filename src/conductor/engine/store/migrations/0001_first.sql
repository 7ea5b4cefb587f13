-- The store of the embedded engine. Bodies are JSON; the columns beside them are what rows are found and sorted by.
-- This file is what all migrations together give; a test compares the two.

-- One row an execution. ended = 0: it is open. deadline: when it is to be looked at (its timeout, or unfinished work).
CREATE TABLE workflows (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    correlation_id TEXT,
    parent_id TEXT,
    priority INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    deadline INTEGER,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX workflows_id ON workflows (id);
CREATE INDEX workflows_open ON workflows (key) WHERE ended = 0;
CREATE INDEX workflows_name ON workflows (name, created);
CREATE INDEX workflows_ended ON workflows (ended) WHERE ended > 0;
CREATE INDEX workflows_correlation ON workflows (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX workflows_unsuccessful ON workflows (status, created) WHERE status <> 'COMPLETED';

-- One row a task; key = workflow key << 23 | number, so that the tasks of an execution lie side by side.
CREATE TABLE tasks (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    def_name TEXT NOT NULL,
    status TEXT NOT NULL,
    scheduled INTEGER NOT NULL,
    started INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    queue TEXT,
    due INTEGER,
    deadline INTEGER,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX tasks_id ON tasks (id);

-- Definitions, their snapshots, event handlers, schedules, settings: small things found by kind and key.
CREATE TABLE documents (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;

-- Lines of task logs.
CREATE TABLE logs (
    key INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL,
    created INTEGER NOT NULL,
    log TEXT NOT NULL
);
CREATE INDEX logs_task ON logs (task_id);
