"""Differences of the local Macie's API from Macie's, beyond those of single operations."""

from __future__ import annotations

DIFFERENCES: tuple[str, ...] = (
    "Permissions are not checked: neither IAM policies nor KMS keys keep Macie from reading or writing; only a "
    "bucket policy that denies listing to all principals, without a condition, is obeyed.",
    "Scheduled runs start at the time of day at which the job was created, and the first of a job without `initialRun` "
    "on the next day that its schedule names; AWS does not publish the time. Days that the clock jumps over "
    "are made up for by one run.",
    "Log events are dated by the real clock also when Macie's was moved: CloudWatch Logs refuses the future.",
    "EventBridge delivers to SQS, SNS, log groups, buses, and functions whose Python code came with them.",
    "Automated discovery is off until it is enabled, or a dial enables it with Macie, so that its findings do not join "
    "those of every job; whether it is on in a new account of AWS is in none of the pages read. It samples at once and "
    "then once a day, publishes findings at once, costs nothing in the usage, and writes results below "
    "`automated-sensitive-data-discovery/`, as AWS does not publish the place. It also samples the results.",
    "A Region without Macie answers with `NoEndpointException` and HTTP 404; in AWS its host does not exist.",
    "No call is throttled and no monthly quota is met unless a dial says so (`api_errors`, `job_status`).",
    "Findings, discovery results and filters stay until Macie is disabled, not for 90 days; they are gone when the "
    "process ends.",
    "Findings come a second after the end of a job, not one to two minutes later, unless a dial says so.",
    "A condition on findings can name every property of a finding that has a value, not only those that AWS documents.",
    "The order of findings by `resourcesAffected` is that of the objects' paths; AWS does not say which it is.",
    "As in moto, an account can be invited without CreateMember, ListInvitations lists sent invitations, "
    "too, and DeclineInvitations and DeleteInvitations take the id of either account.",
    "A member can be deleted, and Macie disabled, while an account is associated with its administrator.",
    "Findings and discovery results about a member's bucket name the account of the job; the member itself has none.",
    "While Macie is suspended, all operations still work, also new jobs.",
    "Any account can name the administrator of an organization; AWS Organizations is not consulted.",
    "No bucket's access is `INTERNAL`, as no organization is known. The access control list and the policy "
    "are reported as they are, whatever the public access blocks take away from them; AWS does not say which it is. "
    "GetBucketStatistics counts a public bucket as readable, never as writable.",
    "Sample findings are about a bucket that does not exist; AWS does not publish the content of its own samples.",
    "Samples of sensitive data are there at the second call; they are found by scanning the object again, not by the "
    "locations in the discovery result, whose signature is not checked.",
    "A page token is a position: items created or deleted between two pages shift the next page.",
    "A client token holds until Macie is disabled, and another request with it is a conflict; AWS publishes neither.",
)
