"""The leaderboard: one HTML page that needs no network and no other file."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import ChoiceLoader, PackageLoader

from locomo.pages import templates
from locomo.publishing.charts import cost_chart, time_chart
from locomo.publishing.rankings import Ranking, shown_categories
from locomo.reporting.tables import percent

_METRIC = "metric"


def to_html(found: Sequence[Ranking]) -> str:
    """Return the page. It has names of runs, models and configurations, but no text of a dataset."""
    environment = templates("locomo.publishing")
    environment.loader = ChoiceLoader([PackageLoader("locomo.publishing", ""), PackageLoader("locomo.reporting", "")])
    cards = [ranking.card | {_METRIC: ranking.metric} for ranking in found]
    lines = list(dict.fromkeys(line for card in cards for line in card))
    return environment.get_template("leaderboard.html").render(
        rankings=[
            {
                "ranking": ranking,
                "card": card,
                "charts": [chart for chart in (cost_chart(ranking), time_chart(ranking)) if chart is not None],
            }
            for ranking, card in zip(found, cards, strict=True)
        ],
        filters={line: values for line in lines if len(values := sorted({card.get(line, "") for card in cards})) > 1},
        runs=len({system.run_id for ranking in found for system in ranking.systems}),
        categories=[(name, name.replace("_", "-")) for name in shown_categories(found)],
        percent=percent,
    )
