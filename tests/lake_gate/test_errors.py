"""Errors: they survive pickling, and say what to do."""

from __future__ import annotations

import pickle

import pytest
from airflow.sdk.exceptions import AirflowFailException
from botocore.exceptions import ClientError

from lake_gate import errors
from lake_gate.model.names import ALARM

EXAMPLES = [
    errors.SettingsError("/lake_gate", ["a is missing"]),
    errors.SourceError("/x", "it is empty"),
    errors.SourceUnreachableError("https://x", "ReadTimeout"),
    errors.SourceChangedError("s3://b/p", ["a.csv"]),
    errors.BucketNotVersionedError(["b"]),
    errors.DeliveryChangedError("/x", "s3://b/p", "it has other files"),
    errors.RunPinnedError("s3://b/_runs/synthea/1/run.json", ["source"]),
    errors.DiskFullError("a.csv"),
    errors.UnknownObjectsError("s3://b/p", ["s3://b/k"]),
    errors.CopyNotVerifiedError("s3://b/k", "s3://s/k", "its SHA-256 differs"),
    errors.NotDeletedError("b", 7, ["k1", "k2"], ["InternalError", "SlowDown"]),
    errors.DeleteRefusedError("b", 1, ["k"], ["AccessDenied"]),
    errors.ObjectLockedError("b", 1, ["k"], ["AccessDenied"]),
    errors.SourceVersionGoneError("s3://b/k", "v1", "s3://s/k"),
    errors.NotAccountedError("s3://b/r", 1, ["a.csv"]),
    errors.MarkerStandsError("s3://s/_runs/synthea/1.json"),
    errors.ParamsError(["'sourc': not a parameter"]),
    errors.ReportParamsError(["month: must be like 2026-11"]),
    errors.ReviewParamsError(["reason: it is empty"]),
    errors.PolicyError("include/policies/a.json", "rules[0].then: 'x' is not one of"),
    errors.ExceptionFileError("include/exceptions/a.json", "exceptions: two have the same id"),
    errors.ExceptionStandsError("s3://bronze/_exceptions/synthea/a.json", "another one has its id"),
    errors.MaskingSpecError("include/masking/a.json", "key_version: 0 is less than the minimum of 1"),
    errors.MaskingChangedError("s3://b/masked/synthea/1/"),
    errors.MaskedCopyStandsError("s3://b/masked/synthea/1/a.csv"),
    errors.NoMaskingRuleError("a.csv", "synthea_safe_harbor", "columns with findings", ["#4"]),
    errors.UnparsableRowError("a.csv", 7, "has 3 cells instead of 4"),
    errors.MaskCheckError("a.csv", "a row differs outside of the masked columns"),
    errors.RiskTooHighError("a.csv", 1, 5, "synthea_safe_harbor"),
    errors.SuppressionRuleError("include/suppression_rules/a.json", "owner: '' does not match"),
    errors.FeedError("include/feeds/a.json", "owner: '' should be non-empty"),
    errors.TablesMissingError("synthea", 2, ["patients"]),
    errors.JobScopeError("s3://b/synthea/1/"),
    errors.CostLimitError(3, 2_000_000_000, 2.0, 1.5),
    errors.NoticeNotSentError("arn:aws:sns:us-east-1:1:high", "Throttled"),
    errors.NoticeRefusedError("arn:aws:sns:us-east-1:1:high", "NotFound"),
    errors.ReviewError("review-0123456789abcdef", "the run is a dry run"),
    errors.NotPurgedError("quarantine", 1, ["synthea/1/a.csv"]),
    errors.ReviewFailedError("review-0123456789abcdef", "s3://b/_reviews/synthea/review-0123456789abcdef/outcome.json"),
    errors.ExceptionEndedError("review-0123456789abcdef", "2026-11-30"),
    errors.ReviewedFilePurgedError("review-0123456789abcdef", "a.csv", "2026-11-01", "review-1123456789abcdef"),
    errors.ReviewedFileChangedError("review-0123456789abcdef", "a.csv", "its bytes are not those that were reviewed"),
    errors.HeldNotReleasedError("s3://b/_runs/synthea/1/", ["held/synthea/0/a.csv"]),
    errors.DecisionsStandError("s3://b/d"),
    errors.DamagedDocumentError("s3://b/d", "line 1: not JSON"),
    errors.DocumentTooLargeError("s3://b/d", "line 1 is too long"),
    errors.RunHasMovedError("s3://b/_runs/synthea/1/"),
    errors.AwsError("PutObject", "SlowDown"),
    errors.AwsRefusedError("PutObject", "AccessDenied"),
    errors.DamagedDocumentError("s3://b/_runs/synthea/1/plan.json", "JSONDecodeError"),
    errors.NotWithdrawnError(1, ["s3://s/k (SlowDown)"]),
    errors.FindingsPendingError("s3://b/o", 1, ["s3://s/k (AccessDenied)"]),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda e: type(e).__name__)
def test_error_is_the_same_after_pickling(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda e: type(e).__name__)
def test_sentence_is_complete(error: Exception) -> None:
    sentence = str(error)
    assert not set("{}[]") & set(
        sentence.replace("${bronze_bucket}", "").replace("${prefix}", "").replace("rules[0]", "")
    )
    assert all(str(fact) in sentence for fact in error.args if isinstance(fact, str))


def test_every_error_is_in_the_table() -> None:
    defined = {
        cls
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.GateError | errors.FinalGateError)
    }
    families = {errors.GateError, errors.FinalGateError, errors.MaskingError}
    assert defined - families == {type(error) for error in EXAMPLES}


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda e: type(e).__name__)
def test_error_is_of_exactly_one_family(error: Exception) -> None:
    assert isinstance(error, errors.GateError) != isinstance(error, errors.FinalGateError)
    assert isinstance(error, errors.FinalGateError) == isinstance(error, AirflowFailException)


@pytest.mark.parametrize(
    "error",
    [
        errors.SourceError("lake_gate alarm: failed\nx", "it is empty"),
        errors.NotAccountedError("s3://b/r", 1, ["lake_gate alarm: failed\nx"]),
        errors.GateError("lake_gate alarm: failed\nx"),
        errors.FinalGateError("lake_gate alarm: failed\nx"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_names_in_a_sentence_neither_set_off_an_alarm_nor_begin_a_line(error: Exception) -> None:
    assert "lake_gate_alarm: failed\\nx" in str(error)
    assert ALARM not in str(error)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "a value"}}, "GetObject"), "AccessDenied"),
        (ClientError({"Error": {"Code": "a value, as a code"}}, "GetObject"), "ClientError"),
        (errors.AwsError("PutObject", "SlowDown"), "SlowDown"),
        (errors.DamagedDocumentError("s3://b/_runs/synthea/1/plan.json", "x"), "damaged_plan.json"),
        (KeyError("a value"), "KeyError"),
    ],
)
def test_class_of_an_error_is_a_name_and_never_a_text(error: Exception, name: str) -> None:
    assert errors.class_of(error) == name
