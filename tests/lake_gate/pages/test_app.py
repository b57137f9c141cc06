from __future__ import annotations

from tests.lake_gate.pages.conftest import Browser, Written, column, entry, row

RUN = "/gate/dags/synthea_gate/runs/1"


def test_a_viewer_sees_which_file_was_quarantined_and_why(viewer: Browser, written: Written) -> None:
    written.run(entry(), entry("payers.csv", "promote"), columns=[column()])
    written.index(row(outcomes={"quarantine": 1, "promote": 1}))
    page = viewer.text(RUN)
    for shown in ("patients.csv", "quarantined", "a rule of the policy quarantines these findings", "identity-documents"):
        assert shown in page
    assert page.index("patients.csv") < page.index("payers.csv")
