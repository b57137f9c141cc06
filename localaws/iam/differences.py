"""Differences of the local enforcement of permissions from IAM's."""

from __future__ import annotations

DIFFERENCES: tuple[str, ...] = (
    'Nothing is refused until it is switched on: `PUT /localaws/iam` with `{"enforced": true}`, or '
    "`LOCALAWS_ENFORCE_IAM=true` for the server.",
    "Credentials that the local STS or IAM did not make, and requests without any, are the account's root: nothing is "
    "refused to them, not even by an explicit Deny in a policy of a resource.",
    "Signatures are not verified, sessions do not expire, and a key that was made inactive still works.",
    "Only requests over HTTP and what Macie writes into its results repository are asked for permissions. What else a "
    "service does by itself is not: Macie's reads, deliveries of EventBridge and SNS, what CloudFormation makes in the "
    "name of the caller who created the stack.",
    "`iam:PassRole` is not asked for where a service is given a role, nor what a service link or a tag of a new "
    "resource would need in addition to the action itself.",
    "`aws:SecureTransport` is true although the local AWS speaks HTTP, as the SDKs speak TLS with AWS.",
    "Organizations (SCPs, RCPs, `aws:PrincipalOrgID`), VPC endpoints, access points, ACLs and KMS grants are missing; "
    "users have no permissions boundary, and the `PolicyArns` of a session are ignored.",
    "Of condition keys there are the global ones of a principal, a resource's account, the network and the time, tags "
    "of a request, those of S3 for what a request says (but for the age of its signature) and for tags, "
    "those of KMS for context and calling service, and `cloudwatch:namespace` and `ssm:Recursive`. A condition about "
    "any other key is decided as if the request did not have it. Tags of resources (`aws:ResourceTag`) are not read.",
    "A copy that keeps the tags of its source needs `s3:GetObjectTagging` also when the source has none; AWS only "
    "says that it is needed to copy tags.",
    "A new object with tags needs `s3:PutObjectTagging`; a HEAD that asks for the checksum needs `kms:Decrypt` also "
    "when the object has none.",
    "A caller without permission cannot find out whether a bucket exists: AWS answers NoSuchBucket to some requests "
    "that it would refuse.",
    "Resources are known for S3, Macie, SNS, SQS, SSM, KMS, CloudWatch and its Logs, EventBridge and AssumeRole; "
    "actions of other services are about `*`. So are the few of those services whose request names no resource.",
    "A request with an unknown operation needs the action `*` of its service.",
    "A refusal by SQS, CloudWatch and EC2 has the error code and the sentence of AWS, not its capitals and its HTTP "
    "status in every case.",
    "All policies are in force at once; AWS takes some seconds.",
)
