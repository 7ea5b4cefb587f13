-- put_workflow --
-- Keep a workflow, new or changed.
INSERT INTO workflows (key, id, name, version, status, correlation_id, parent_id, priority, created, updated, ended,
                       deadline, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    version = excluded.version, status = excluded.status, correlation_id = excluded.correlation_id,
    priority = excluded.priority, created = excluded.created, updated = excluded.updated, ended = excluded.ended,
    deadline = excluded.deadline, body = excluded.body;

-- put_task --
-- Keep a task, new or changed.
INSERT INTO tasks (key, id, type, def_name, status, scheduled, started, updated, ended, queue, due, deadline, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET
    id = excluded.id, type = excluded.type, def_name = excluded.def_name, status = excluded.status,
    scheduled = excluded.scheduled, started = excluded.started, updated = excluded.updated, ended = excluded.ended,
    queue = excluded.queue, due = excluded.due, deadline = excluded.deadline, body = excluded.body;

-- drop_task --
-- Forget a task.
DELETE FROM tasks WHERE key = ?;

-- drop_workflow --
-- Forget a workflow.
DELETE FROM workflows WHERE key = ?;

-- drop_workflow_tasks --
-- Forget the tasks of a workflow: those between two keys.
DELETE FROM tasks WHERE key BETWEEN ? AND ?;

-- drop_workflow_logs --
-- Forget the logs of the tasks of a workflow.
DELETE FROM logs WHERE task_id IN (SELECT id FROM tasks WHERE key BETWEEN ? AND ?);

-- put_document --
-- Keep a document, new or changed.
INSERT INTO documents (kind, key, body) VALUES (?, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body;

-- drop_document --
-- Forget a document.
DELETE FROM documents WHERE kind = ? AND key = ?;

-- put_log --
-- Keep a line of a task's log.
INSERT INTO logs (task_id, created, log) VALUES (?, ?, ?);

-- last_key --
-- The highest key of a workflow; a removed one may be given again, its tasks are gone with it.
SELECT coalesce(max(key), 0) FROM workflows;

-- open_workflows --
-- Workflows that have not ended, and when they are to be looked at.
SELECT id, deadline FROM workflows WHERE ended = 0;

-- open_tasks --
-- Tasks of open workflows that wait in a queue or for a time, or that somebody has.
SELECT w.id, t.id, t.type, t.def_name, t.status, w.priority, t.queue, t.due, t.deadline
FROM workflows w CROSS JOIN tasks t
WHERE w.ended = 0 AND t.key BETWEEN w.key << 23 AND (w.key << 23) + 8388607
    AND (t.due IS NOT NULL OR t.deadline IS NOT NULL OR t.status = 'IN_PROGRESS')
ORDER BY t.key;

-- open_task_ids --
-- Tasks of a definition that have not ended, in workflows that have not.
SELECT w.id, t.id
FROM workflows w CROSS JOIN tasks t
WHERE w.ended = 0 AND t.key BETWEEN w.key << 23 AND (w.key << 23) + 8388607 AND t.def_name = ? AND t.ended = 0
ORDER BY t.key;

-- workflow --
-- One workflow by its id.
SELECT key, id, name, version, status, correlation_id, parent_id, priority, created, updated, ended, deadline, body
FROM workflows WHERE id = ?;

-- workflow_tasks --
-- The tasks of a workflow: those between two keys.
SELECT key, id, type, def_name, status, scheduled, started, updated, ended, queue, due, deadline, body
FROM tasks WHERE key BETWEEN ? AND ? ORDER BY key;

-- task --
-- One task by its id, and its workflow's id.
SELECT t.key, t.id, t.type, t.def_name, t.status, t.scheduled, t.started, t.updated, t.ended, t.queue, t.due,
       t.deadline, t.body, w.id
FROM tasks t JOIN workflows w ON w.key = t.key >> 23 WHERE t.id = ?;

-- documents --
-- All documents of a kind.
SELECT key, body FROM documents WHERE kind = ? ORDER BY key;

-- document --
-- One document.
SELECT body FROM documents WHERE kind = ? AND key = ?;

-- logs --
-- The log of a task, oldest first.
SELECT task_id, created, log FROM logs WHERE task_id = ? ORDER BY created, key;

-- open_workflow_ids --
-- Open workflows of a name.
SELECT id FROM workflows WHERE ended = 0 AND name = ? ORDER BY key;

-- created_workflow_ids --
-- Workflows of a name that were created between two times.
SELECT id FROM workflows WHERE name = ? AND created BETWEEN ? AND ? ORDER BY created;

-- correlated --
-- Workflows of a name with one correlation id.
SELECT key, id, name, version, status, correlation_id, parent_id, priority, created, updated, ended, deadline, body
FROM workflows WHERE correlation_id = ? AND name = ? ORDER BY key;

-- ended_before --
-- The oldest workflows that ended before a time.
SELECT key, id FROM workflows WHERE ended > 0 AND ended < ? ORDER BY ended LIMIT ?;
