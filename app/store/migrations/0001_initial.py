"""The first schema."""

from typing import Any

from peewee import (
    SQL,
    BigIntegerField,
    BooleanField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class Table(Model):
    class Meta:
        legacy_table_names = False


def counter() -> Any:
    return IntegerField(constraints=[SQL("DEFAULT 0")])


def flag() -> Any:
    return BooleanField(constraints=[SQL("DEFAULT false")])


def etag() -> Any:
    return BigIntegerField(constraints=[SQL("DEFAULT 0")])


def link(model: Any, *, null: bool = False) -> Any:
    return ForeignKeyField(model, null=null, index=False, backref="+")


class Organisation(Table):
    name = TextField(unique=True)
    created_at = TextField()


class User(Table):
    organisation = link(Organisation)
    uid = TextField()
    email_address = TextField()
    full_name = TextField(null=True)

    class Meta:
        table_name = "account"
        indexes = ((("organisation", "uid"), True),)


class Environment(Table):
    organisation = link(Organisation)
    uid = TextField()
    name = TextField()
    tag = TextField()
    created_at = TextField()

    class Meta:
        indexes = ((("organisation", "uid"), True), (("organisation", "name"), True))


class Directory(Table):
    organisation = link(Organisation)
    uid = TextField()
    parent = ForeignKeyField("self", null=True)
    name = TextField()
    path = TextField()
    description = TextField(null=True)
    readme = TextField(null=True)
    tags = TextField(constraints=[SQL("DEFAULT '[]'")])
    created_at = TextField()
    updated_at = TextField()

    class Meta:
        indexes = ((("organisation", "uid"), True), (("organisation", "path"), True))


class File(Table):
    organisation = link(Organisation)
    uid = TextField()
    kind = TextField()
    directory = ForeignKeyField(Directory)
    name = TextField()
    path = TextField()
    description = TextField(null=True)
    readme = TextField(null=True)
    tags = TextField(constraints=[SQL("DEFAULT '[]'")])
    created_at = TextField()
    updated_at = TextField()
    created_by = link(User)
    last_used_at = TextField()
    deleted_at = TextField(null=True)
    shown_version = IntegerField(null=True)
    newest_version = IntegerField(null=True)
    logs_count = counter()
    monitors_count = counter()
    etag = etag()

    class Meta:
        indexes = ((("organisation", "uid"), True), (("organisation", "kind"), False))


File.add_index(SQL("CREATE UNIQUE INDEX file_path ON file (organisation_id, path) WHERE deleted_at IS NULL"))


class Version(Table):
    organisation = link(Organisation)
    file = ForeignKeyField(File)
    uid = TextField()
    name = TextField(null=True)
    description = TextField(null=True)
    content = TextField()
    document = TextField()
    created_at = TextField()
    updated_at = TextField()
    created_by = link(User)
    deleted_at = TextField(null=True)
    logs_count = counter()
    datapoints_count = counter()

    class Meta:
        indexes = ((("organisation", "uid"), True),)


Version.add_index(
    SQL("CREATE UNIQUE INDEX version_name ON version (file_id, name) WHERE deleted_at IS NULL AND name IS NOT NULL")
)


class Deployment(Table):
    file = link(File)
    environment = link(Environment)
    version = ForeignKeyField(Version)
    created_at = TextField()

    class Meta:
        primary_key = CompositeKey("file", "environment")


class Monitor(Table):
    file = ForeignKeyField(File)
    evaluator_version = link(Version, null=True)
    evaluator = link(File, null=True)
    environment = link(Environment, null=True)
    state = TextField()
    created_at = TextField()
    updated_at = TextField()


class EnvironmentVariable(Table):
    file = link(File)
    name = TextField()
    value = TextField()

    class Meta:
        indexes = ((("file", "name"), True),)


class Datapoint(Table):
    organisation = link(Organisation)
    uid = TextField()
    document = TextField()

    class Meta:
        indexes = ((("organisation", "uid"), True),)


class DatasetMember(Table):
    version = link(Version)
    position = IntegerField()
    datapoint = link(Datapoint)

    class Meta:
        primary_key = CompositeKey("version", "position")
        clustered = True
        indexes = ((("version", "datapoint"), True),)


class Log(Table):
    organisation = link(Organisation)
    uid = TextField()
    file = link(File)
    version = link(Version)
    created_at = TextField()
    start_time = TextField(null=True)
    end_time = TextField(null=True)
    status = TextField(null=True)
    inputs = TextField(null=True)
    output = TextField(null=True)
    error = TextField(null=True)
    metadata = TextField(null=True)
    document = TextField()
    datapoint = link(Datapoint, null=True)
    parent = link("self", null=True)
    trace_parent = link("self", null=True)
    trace = link("self", null=True)

    class Meta:
        indexes = (
            (("organisation", "uid"), True),
            (("file", "created_at"), False),
            (("version", "created_at"), False),
        )


Log.add_index(SQL("CREATE INDEX log_datapoint ON log (datapoint_id, version_id) WHERE datapoint_id IS NOT NULL"))
Log.add_index(SQL("CREATE INDEX log_parent ON log (parent_id) WHERE parent_id IS NOT NULL"))
Log.add_index(SQL("CREATE INDEX log_trace_parent ON log (trace_parent_id) WHERE trace_parent_id IS NOT NULL"))
Log.add_index(SQL("CREATE INDEX log_trace ON log (trace_id) WHERE trace_id IS NOT NULL"))


class Verdict(Table):
    log = link(Log)
    evaluator_version = link(Version)
    evaluator_log = ForeignKeyField(Log)
    outcome = TextField()
    number = FloatField(null=True)
    judgment = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("log", "evaluator_version")
        clustered = True


class Evaluation(Table):
    organisation = link(Organisation)
    uid = TextField()
    file = ForeignKeyField(File, null=True)
    name = TextField(null=True)
    created_at = TextField()
    updated_at = TextField()
    created_by = link(User)
    etag = etag()

    class Meta:
        indexes = ((("organisation", "uid"), True),)


Evaluation.add_index(SQL("CREATE UNIQUE INDEX evaluation_name ON evaluation (file_id, name) WHERE name IS NOT NULL"))


class EvaluationEvaluator(Table):
    evaluation = link(Evaluation)
    evaluator_version = link(Version)
    orchestrated = flag()
    added_at = TextField()

    class Meta:
        indexes = ((("evaluation", "evaluator_version"), True),)


class Run(Table):
    organisation = link(Organisation)
    uid = TextField()
    file = link(File, null=True)
    dataset_version = link(Version, null=True)
    version = ForeignKeyField(Version, null=True)
    orchestrated = flag()
    decided = TextField(null=True)
    created_at = TextField()
    created_by = link(User)
    logs_count = counter()
    next_position = counter()
    etag = etag()

    class Meta:
        indexes = ((("organisation", "uid"), True),)


class EvaluationRun(Table):
    evaluation = link(Evaluation)
    run = ForeignKeyField(Run)
    added_at = TextField()
    control = flag()

    class Meta:
        indexes = ((("evaluation", "run"), True),)


class RunLog(Table):
    run = IntegerField(column_name="run_id")
    position = IntegerField()
    log = IntegerField(column_name="log_id")
    datapoint = IntegerField(column_name="datapoint_id", null=True)

    class Meta:
        primary_key = CompositeKey("run", "position")
        clustered = True
        indexes = ((("log", "run"), True),)


RunLog.add_index(SQL("CREATE INDEX run_log_datapoint ON run_log (run_id, datapoint_id) WHERE datapoint_id IS NOT NULL"))


def up(migrator: Any, db: Any) -> None:
    """Create the tables."""
    db.create_tables(Table.__subclasses__())
