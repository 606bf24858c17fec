"""The page at an Evaluation's `url`: its report, as text.

A browser sends no API key. So the page is shown without one if any key opens the default organisation anyway;
otherwise it needs the key in the header or in `?api_key=`.
"""

from flask import Blueprint, current_app, render_template_string, request

from ..api.operations import KEY_HEADER, organisation_of
from ..errors import DomainError, Unauthorized
from ..services.evaluations import evaluations
from ..services.evaluations import stats as evaluation_stats

blueprint = Blueprint("pages", __name__)

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
pre{overflow-x:auto;background:#f4f4f4;padding:1rem}</style></head>
<body><h1>{{ title }}</h1><p>{{ text }}</p>{% if report %}<pre>{{ report }}</pre>{% endif %}</body></html>
"""


@blueprint.get("/project/<file_id>/evaluations/<evaluation_id>/stats")
def evaluation(file_id: str, evaluation_id: str) -> tuple[str, int]:
    """Show the status and the report of an Evaluation."""
    emulator = current_app.extensions["emulator"]
    key = request.headers.get(KEY_HEADER) or request.args.get("api_key", "")
    own = emulator.settings.organisation_per_key
    try:
        organisation = organisation_of(key or ("" if emulator.keys or own else "browser"), emulator.keys, own=own)
        ws = emulator.open_workspace(organisation)
        with ws.reading():
            row = evaluations.get_evaluation(ws, evaluation_id)
            stats = evaluation_stats.get_stats(ws, evaluation_id)
            stored = evaluation_stats.runs_with_stored_stats(ws, evaluation_id)
    except Unauthorized:
        return _page("An API key is needed", "Add ?api_key=… to the address.", status=401)
    except DomainError as error:
        return _page("Not found", error.detail["description"], status=error.status)
    if row.file_uid != file_id:
        return _page("Not found", f"No evaluation of this file has ID '{evaluation_id}'.", status=404)
    note = f"Stats kept from an export without the logs: {', '.join(stored)}." if stored else ""
    text = " ".join(filter(None, (f"Status: {stats['status']}.", stats["progress"], note)))
    return _page(row.name or row.uid, text, stats["report"])


def _page(title: str, text: str, report: str = "", status: int = 200) -> tuple[str, int]:
    return render_template_string(PAGE, title=title, text=text, report=report), status
