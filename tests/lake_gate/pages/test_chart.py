from __future__ import annotations

from lake_gate.pages.chart import HEIGHT, MOST_BARS, draw
from tests.lake_gate.pages.test_runs import row


def test_bars_stand_on_the_axis_and_stay_in_the_chart() -> None:
    chart = draw([row("b", outcomes={"promote": 9_999, "quarantine": 1, "hold": 5}), row("a", outcomes={"mask": 10})])
    assert [bar.row.run_id for bar in chart.bars] == ["a", "b"], "the latest is on the right"
    for bar in chart.bars:
        assert bar.segments[0].y + bar.segments[0].height == HEIGHT
        assert all(segment.y >= 0 and segment.height >= 3 for segment in bar.segments)
    assert [segment.outcome for segment in chart.bars[1].segments] == ["promote", "hold", "quarantine"]
    assert chart.highest == 10_005


def test_runs_without_files_and_old_runs_have_no_bar() -> None:
    assert draw([row("failed", state="failed")]).bars[0].segments == ()
    assert draw([]).bars == ()
    chart = draw([row(str(number), outcomes={"promote": 1}) for number in range(MOST_BARS + 5)])
    assert (len(chart.bars), chart.bars[0].x, chart.bars[-1].row.run_id) == (MOST_BARS, 0, "0")
