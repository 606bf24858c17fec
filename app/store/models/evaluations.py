"""Evaluations, their Evaluators and Runs, and the Logs that are linked to a Run."""

from peewee import SQL, CompositeKey, ForeignKeyField, IntegerField, TextField

from .base import Table, Time, counter, etag, flag, link
from .files import File, Version
from .organisations import Organisation, User


class Evaluation(Table):
    """An Evaluation; it may have no File until its first Run or Log tells it.

    `dataset_version` is what clients up to 0.8.8 give to an Evaluation, and others to its Runs.
    """

    organisation = link(Organisation)
    uid = TextField()
    file = ForeignKeyField(File, null=True)
    name = TextField(null=True)
    created_at = Time()
    updated_at = Time()
    created_by = link(User)
    etag = etag()
    dataset_version = IntegerField(column_name="dataset_version_id", null=True)

    class Meta:
        indexes = ((("organisation", "uid"), True),)


Evaluation.add_index(SQL("CREATE UNIQUE INDEX evaluation_name ON evaluation (file_id, name) WHERE name IS NOT NULL"))


class EvaluationEvaluator(Table):
    """An Evaluator Version that judges the Runs of an Evaluation."""

    evaluation = link(Evaluation)
    evaluator_version = link(Version)
    orchestrated = flag()
    added_at = Time()

    class Meta:
        indexes = ((("evaluation", "evaluator_version"), True),)


class Run(Table):
    """A Run; `decided` is the status set by hand, else the status is derived from Logs and verdicts.

    An imported Run may be decided to be pending or running; that lasts until a Log or a judgment comes.
    `stored_stats` are those that an export told of it, as JSON, where it held no Logs of it. They are shown while the
    Run has none. `batch` is the name that a client up to 0.8.8 gave to the Logs in it.
    """

    organisation = link(Organisation)
    uid = TextField()
    file = link(File, null=True)
    dataset_version = link(Version, null=True)
    version = ForeignKeyField(Version, null=True)
    orchestrated = flag()
    decided = TextField(null=True)
    created_at = Time()
    created_by = link(User)
    logs_count = counter()
    next_position = counter()
    etag = etag()
    stored_stats = TextField(null=True)
    batch = TextField(null=True)

    class Meta:
        indexes = ((("organisation", "uid"), True),)


Run.add_index(SQL("CREATE UNIQUE INDEX run_batch ON run (organisation_id, batch) WHERE batch IS NOT NULL"))


class EvaluationRun(Table):
    """A Run as it stands in an Evaluation; it may stand in several, and be the control of some."""

    evaluation = link(Evaluation)
    run = ForeignKeyField(Run)
    added_at = Time()
    control = flag()

    class Meta:
        indexes = ((("evaluation", "run"), True),)


EvaluationRun.add_index(SQL("CREATE INDEX evaluation_run_control ON evaluation_run (evaluation_id) WHERE control"))


class RunLog(Table):
    """A Log of a Run. Positions are dense until a Log is taken out or linked again: a page is then a range.

    Its columns are keys without constraints: the statements that fill it join the rows they refer to, and to check
    each of ten thousand links once more would take as long as linking them.
    """

    run = IntegerField(column_name="run_id")
    position = IntegerField()
    log = IntegerField(column_name="log_id")
    datapoint = IntegerField(column_name="datapoint_id", null=True)

    class Meta:
        primary_key = CompositeKey("run", "position")
        clustered = True
        indexes = ((("log", "run"), True),)


RunLog.add_index(SQL("CREATE INDEX run_log_datapoint ON run_log (run_id, datapoint_id) WHERE datapoint_id IS NOT NULL"))
