"""The first schema."""

from typing import Any

STATEMENTS = (
    """
    CREATE TABLE "organisation" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "name" TEXT NOT NULL,
        "created_at" TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE "datapoint" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "document" TEXT NOT NULL,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id")
    )
    """,
    """
    CREATE TABLE "directory" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "parent_id" INTEGER,
        "name" TEXT NOT NULL,
        "path" TEXT NOT NULL,
        "description" TEXT,
        "readme" TEXT,
        "tags" TEXT NOT NULL DEFAULT '[]',
        "created_at" TEXT NOT NULL,
        "updated_at" TEXT NOT NULL,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id"),
        FOREIGN KEY ("parent_id") REFERENCES "directory" ("id")
    )
    """,
    """
    CREATE TABLE "account" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "email_address" TEXT NOT NULL,
        "full_name" TEXT,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id")
    )
    """,
    """
    CREATE TABLE "file" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "kind" TEXT NOT NULL,
        "directory_id" INTEGER NOT NULL,
        "name" TEXT NOT NULL,
        "path" TEXT NOT NULL,
        "description" TEXT,
        "readme" TEXT,
        "tags" TEXT NOT NULL DEFAULT '[]',
        "created_at" TEXT NOT NULL,
        "updated_at" TEXT NOT NULL,
        "created_by_id" INTEGER NOT NULL,
        "last_used_at" TEXT NOT NULL,
        "deleted_at" TEXT,
        "shown_version" INTEGER,
        "newest_version" INTEGER,
        "logs_count" INTEGER NOT NULL DEFAULT 0,
        "monitors_count" INTEGER NOT NULL DEFAULT 0,
        "etag" INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id"),
        FOREIGN KEY ("directory_id") REFERENCES "directory" ("id"),
        FOREIGN KEY ("created_by_id") REFERENCES "account" ("id")
    )
    """,
    """
    CREATE TABLE "version" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "file_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "name" TEXT,
        "description" TEXT,
        "content" TEXT NOT NULL,
        "document" TEXT NOT NULL,
        "created_at" TEXT NOT NULL,
        "updated_at" TEXT NOT NULL,
        "created_by_id" INTEGER NOT NULL,
        "deleted_at" TEXT,
        "logs_count" INTEGER NOT NULL DEFAULT 0,
        "datapoints_count" INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id"),
        FOREIGN KEY ("file_id") REFERENCES "file" ("id"),
        FOREIGN KEY ("created_by_id") REFERENCES "account" ("id")
    )
    """,
    """
    CREATE TABLE "dataset_member" (
        "version_id" INTEGER NOT NULL,
        "position" INTEGER NOT NULL,
        "datapoint_id" INTEGER NOT NULL,
        PRIMARY KEY ("version_id", "position"),
        FOREIGN KEY ("version_id") REFERENCES "version" ("id"),
        FOREIGN KEY ("datapoint_id") REFERENCES "datapoint" ("id")
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE "environment" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "name" TEXT NOT NULL,
        "tag" TEXT NOT NULL,
        "created_at" TEXT NOT NULL,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id")
    )
    """,
    """
    CREATE TABLE "deployment" (
        "file_id" INTEGER NOT NULL,
        "environment_id" INTEGER NOT NULL,
        "version_id" INTEGER NOT NULL,
        "created_at" TEXT NOT NULL,
        PRIMARY KEY ("file_id", "environment_id"),
        FOREIGN KEY ("file_id") REFERENCES "file" ("id"),
        FOREIGN KEY ("environment_id") REFERENCES "environment" ("id"),
        FOREIGN KEY ("version_id") REFERENCES "version" ("id")
    )
    """,
    """
    CREATE TABLE "environment_variable" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "file_id" INTEGER NOT NULL,
        "name" TEXT NOT NULL,
        "value" TEXT NOT NULL,
        FOREIGN KEY ("file_id") REFERENCES "file" ("id")
    )
    """,
    """
    CREATE TABLE "evaluation" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "file_id" INTEGER,
        "name" TEXT,
        "created_at" TEXT NOT NULL,
        "updated_at" TEXT NOT NULL,
        "created_by_id" INTEGER NOT NULL,
        "etag" INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id"),
        FOREIGN KEY ("file_id") REFERENCES "file" ("id"),
        FOREIGN KEY ("created_by_id") REFERENCES "account" ("id")
    )
    """,
    """
    CREATE TABLE "evaluation_evaluator" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "evaluation_id" INTEGER NOT NULL,
        "evaluator_version_id" INTEGER NOT NULL,
        "orchestrated" INTEGER NOT NULL DEFAULT 0,
        "added_at" TEXT NOT NULL,
        FOREIGN KEY ("evaluation_id") REFERENCES "evaluation" ("id"),
        FOREIGN KEY ("evaluator_version_id") REFERENCES "version" ("id")
    )
    """,
    """
    CREATE TABLE "run" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "file_id" INTEGER,
        "dataset_version_id" INTEGER,
        "version_id" INTEGER,
        "orchestrated" INTEGER NOT NULL DEFAULT 0,
        "decided" TEXT,
        "created_at" TEXT NOT NULL,
        "created_by_id" INTEGER NOT NULL,
        "logs_count" INTEGER NOT NULL DEFAULT 0,
        "next_position" INTEGER NOT NULL DEFAULT 0,
        "etag" INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id"),
        FOREIGN KEY ("file_id") REFERENCES "file" ("id"),
        FOREIGN KEY ("dataset_version_id") REFERENCES "version" ("id"),
        FOREIGN KEY ("version_id") REFERENCES "version" ("id"),
        FOREIGN KEY ("created_by_id") REFERENCES "account" ("id")
    )
    """,
    """
    CREATE TABLE "evaluation_run" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "evaluation_id" INTEGER NOT NULL,
        "run_id" INTEGER NOT NULL,
        "added_at" TEXT NOT NULL,
        "control" INTEGER NOT NULL DEFAULT 0,
        FOREIGN KEY ("evaluation_id") REFERENCES "evaluation" ("id"),
        FOREIGN KEY ("run_id") REFERENCES "run" ("id")
    )
    """,
    """
    CREATE TABLE "log" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "organisation_id" INTEGER NOT NULL,
        "uid" TEXT NOT NULL,
        "file_id" INTEGER NOT NULL,
        "version_id" INTEGER NOT NULL,
        "created_at" TEXT NOT NULL,
        "start_time" TEXT,
        "end_time" TEXT,
        "status" TEXT,
        "inputs" TEXT,
        "output" TEXT,
        "error" TEXT,
        "metadata" TEXT,
        "document" TEXT NOT NULL,
        "datapoint_id" INTEGER,
        "parent_id" INTEGER,
        "trace_parent_id" INTEGER,
        "trace_id" INTEGER,
        FOREIGN KEY ("organisation_id") REFERENCES "organisation" ("id"),
        FOREIGN KEY ("file_id") REFERENCES "file" ("id"),
        FOREIGN KEY ("version_id") REFERENCES "version" ("id"),
        FOREIGN KEY ("datapoint_id") REFERENCES "datapoint" ("id"),
        FOREIGN KEY ("parent_id") REFERENCES "log" ("id"),
        FOREIGN KEY ("trace_parent_id") REFERENCES "log" ("id"),
        FOREIGN KEY ("trace_id") REFERENCES "log" ("id")
    )
    """,
    """
    CREATE TABLE "monitor" (
        "id" INTEGER NOT NULL PRIMARY KEY,
        "file_id" INTEGER NOT NULL,
        "evaluator_version_id" INTEGER,
        "evaluator_id" INTEGER,
        "environment_id" INTEGER,
        "state" TEXT NOT NULL,
        "created_at" TEXT NOT NULL,
        "updated_at" TEXT NOT NULL,
        FOREIGN KEY ("file_id") REFERENCES "file" ("id"),
        FOREIGN KEY ("evaluator_version_id") REFERENCES "version" ("id"),
        FOREIGN KEY ("evaluator_id") REFERENCES "file" ("id"),
        FOREIGN KEY ("environment_id") REFERENCES "environment" ("id")
    )
    """,
    """
    CREATE TABLE "run_log" (
        "run_id" INTEGER NOT NULL,
        "position" INTEGER NOT NULL,
        "log_id" INTEGER NOT NULL,
        "datapoint_id" INTEGER,
        PRIMARY KEY ("run_id", "position")
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE "verdict" (
        "log_id" INTEGER NOT NULL,
        "evaluator_version_id" INTEGER NOT NULL,
        "evaluator_log_id" INTEGER NOT NULL,
        "outcome" TEXT NOT NULL,
        "number" REAL,
        "judgment" TEXT,
        PRIMARY KEY ("log_id", "evaluator_version_id"),
        FOREIGN KEY ("log_id") REFERENCES "log" ("id"),
        FOREIGN KEY ("evaluator_version_id") REFERENCES "version" ("id"),
        FOREIGN KEY ("evaluator_log_id") REFERENCES "log" ("id")
    ) WITHOUT ROWID
    """,
    """
    CREATE UNIQUE INDEX "organisation_name" ON "organisation" ("name")
    """,
    """
    CREATE UNIQUE INDEX "datapoint_organisation_id_uid" ON "datapoint" ("organisation_id", "uid")
    """,
    """
    CREATE INDEX "directory_parent_id" ON "directory" ("parent_id")
    """,
    """
    CREATE UNIQUE INDEX "directory_organisation_id_uid" ON "directory" ("organisation_id", "uid")
    """,
    """
    CREATE UNIQUE INDEX "directory_organisation_id_path" ON "directory" ("organisation_id", "path")
    """,
    """
    CREATE UNIQUE INDEX "account_organisation_id_uid" ON "account" ("organisation_id", "uid")
    """,
    """
    CREATE INDEX "file_directory_id" ON "file" ("directory_id")
    """,
    """
    CREATE UNIQUE INDEX "file_organisation_id_uid" ON "file" ("organisation_id", "uid")
    """,
    """
    CREATE INDEX "file_organisation_id_kind" ON "file" ("organisation_id", "kind")
    """,
    """
    CREATE UNIQUE INDEX file_path ON file (organisation_id, path) WHERE deleted_at IS NULL
    """,
    """
    CREATE INDEX "version_file_id" ON "version" ("file_id")
    """,
    """
    CREATE UNIQUE INDEX "version_organisation_id_uid" ON "version" ("organisation_id", "uid")
    """,
    """
    CREATE UNIQUE INDEX version_name ON version (file_id, name) WHERE deleted_at IS NULL AND name IS NOT NULL
    """,
    """
    CREATE UNIQUE INDEX "dataset_member_version_id_datapoint_id" ON "dataset_member" ("version_id", "datapoint_id")
    """,
    """
    CREATE UNIQUE INDEX "environment_organisation_id_uid" ON "environment" ("organisation_id", "uid")
    """,
    """
    CREATE UNIQUE INDEX "environment_organisation_id_name" ON "environment" ("organisation_id", "name")
    """,
    """
    CREATE INDEX "deployment_version_id" ON "deployment" ("version_id")
    """,
    """
    CREATE UNIQUE INDEX "environment_variable_file_id_name" ON "environment_variable" ("file_id", "name")
    """,
    """
    CREATE INDEX "evaluation_file_id" ON "evaluation" ("file_id")
    """,
    """
    CREATE UNIQUE INDEX "evaluation_organisation_id_uid" ON "evaluation" ("organisation_id", "uid")
    """,
    """
    CREATE UNIQUE INDEX evaluation_name ON evaluation (file_id, name) WHERE name IS NOT NULL
    """,
    """
    CREATE UNIQUE INDEX "evaluation_evaluator_evaluation_id_evaluator_version_id" ON "evaluation_evaluator" ("evaluation_id", "evaluator_version_id")
    """,
    """
    CREATE INDEX "run_version_id" ON "run" ("version_id")
    """,
    """
    CREATE UNIQUE INDEX "run_organisation_id_uid" ON "run" ("organisation_id", "uid")
    """,
    """
    CREATE INDEX "evaluation_run_run_id" ON "evaluation_run" ("run_id")
    """,
    """
    CREATE UNIQUE INDEX "evaluation_run_evaluation_id_run_id" ON "evaluation_run" ("evaluation_id", "run_id")
    """,
    """
    CREATE UNIQUE INDEX "log_organisation_id_uid" ON "log" ("organisation_id", "uid")
    """,
    """
    CREATE INDEX "log_file_id_created_at" ON "log" ("file_id", "created_at")
    """,
    """
    CREATE INDEX "log_version_id_created_at" ON "log" ("version_id", "created_at")
    """,
    """
    CREATE INDEX log_datapoint ON log (datapoint_id, version_id) WHERE datapoint_id IS NOT NULL
    """,
    """
    CREATE INDEX log_parent ON log (parent_id) WHERE parent_id IS NOT NULL
    """,
    """
    CREATE INDEX log_trace_parent ON log (trace_parent_id) WHERE trace_parent_id IS NOT NULL
    """,
    """
    CREATE INDEX log_trace ON log (trace_id) WHERE trace_id IS NOT NULL
    """,
    """
    CREATE INDEX "monitor_file_id" ON "monitor" ("file_id")
    """,
    """
    CREATE UNIQUE INDEX "run_log_log_id_run_id" ON "run_log" ("log_id", "run_id")
    """,
    """
    CREATE INDEX run_log_datapoint ON run_log (run_id, datapoint_id) WHERE datapoint_id IS NOT NULL
    """,
    """
    CREATE INDEX "verdict_evaluator_log_id" ON "verdict" ("evaluator_log_id")
    """,
)


def up(migrator: Any, db: Any) -> None:
    """Create every table."""
    for statement in STATEMENTS:
        db.execute_sql(statement)
