"""Deliberate breakages of the safety code, each with the tests that must notice it.

A breakage is a text that stands once in a file, and what takes its place. Whoever changes that code changes the
breakage with it; ``test_catalogue.py`` says which ones no longer fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

GATE, MACIE, EVENTS = "plugins/lake_gate", "plugins/macie", "plugins/lake_gate/finding_events"
DECISION, COPYING = "tests/lake_gate/judging/test_decision.py", "tests/lake_gate/moving/test_copying.py"
TRANSFER = "tests/lake_gate/moving/test_transfer.py"
JUDGING, MOVING = "tests/lake_gate/judging/test_operators.py", "tests/lake_gate/moving/test_operators.py"
LANDING = "tests/lake_gate/delivery/test_landing.py"
REPORTS, MULTIPART = "tests/lake_gate/recording/test_reports.py", "tests/lake_gate/moving/test_multipart.py"
EVIDENCE, POLICY = "tests/lake_gate/judging/test_evidence.py", "tests/lake_gate/judging/test_policy.py"
VERSIONS, PLAN = "tests/lake_gate/moving/test_versions.py", "tests/lake_gate/judging/test_plan.py"
RECORD = "tests/lake_gate/recording/test_record.py"
HOOK, TRIGGERS, SENSORS = (f"tests/macie/test_{name}.py" for name in ("hook", "triggers", "sensors"))


@dataclass(frozen=True)
class Mutant:
    """One breakage.

    :param path: the file, from the root of the repo.
    :param tests: files of which one test at least must fail.
    :param name: what is broken, as its author might have put it.
    :param old: what stands there, exactly once.
    :param new: what stands there then.
    """

    path: str
    tests: tuple[str, ...]
    name: str
    old: str
    new: str


_decision = partial(Mutant, f"{GATE}/judging/decision.py", (DECISION,))
_policy = partial(Mutant, f"{GATE}/judging/policy.py", (POLICY, DECISION))
_evidence = partial(Mutant, f"{GATE}/judging/evidence.py", (EVIDENCE,))
_verdict = partial(Mutant, f"{GATE}/scan/verdict.py", ("tests/lake_gate/scan/test_verdict.py", DECISION))
_verdicts = partial(Mutant, f"{GATE}/scan/verdicts.py", ("tests/lake_gate/scan/test_verdicts.py",))
_checks = partial(Mutant, f"{GATE}/scan/checks.py", ("tests/lake_gate/scan/test_checks.py",))
_scope = partial(Mutant, f"{GATE}/scan/scope.py", ("tests/lake_gate/scan/test_scope.py",))
_transfer = partial(Mutant, f"{GATE}/moving/transfer.py", (TRANSFER,))
_copying = partial(Mutant, f"{GATE}/moving/copying.py", (COPYING, TRANSFER))
_sealed = partial(Mutant, f"{GATE}/moving/sealed.py", ("tests/lake_gate/moving/test_sealed.py",))
_multipart = partial(Mutant, f"{GATE}/moving/multipart.py", (MULTIPART, COPYING))
_versions = partial(Mutant, f"{GATE}/moving/versions.py", (VERSIONS, TRANSFER, COPYING))
_landing = partial(Mutant, f"{GATE}/delivery/landing.py", (LANDING,))
_decide = partial(Mutant, f"{GATE}/judging/operators.py", (JUDGING, MOVING))
_move = partial(Mutant, f"{GATE}/moving/operators.py", (MOVING,))
_held = partial(Mutant, f"{GATE}/held/objects.py", ("tests/lake_gate/held/test_objects.py",))
_reprocessing = partial(Mutant, f"{GATE}/held/reprocessing.py", ("tests/lake_gate/held/test_reprocessing.py",))
_release = partial(Mutant, f"{GATE}/held/operators.py", ("tests/lake_gate/held/test_operators.py",))
_plan = partial(Mutant, f"{GATE}/judging/plan.py", (PLAN,))
_record = partial(Mutant, f"{GATE}/recording/record.py", (RECORD,))
_reports = partial(Mutant, f"{GATE}/recording/reports.py", (REPORTS,))
_marker = partial(Mutant, f"{GATE}/recording/marker.py", ("tests/lake_gate/recording/test_marker.py",))
_overlay = partial(Mutant, f"{GATE}/recording/overlay.py", ("tests/lake_gate/recording/test_overlay.py",))
_withdrawing = partial(Mutant, f"{EVENTS}/withdrawing.py", ("tests/lake_gate/finding_events/test_withdrawing.py",))
_moving = partial(Mutant, f"{EVENTS}/moving.py", ("tests/lake_gate/finding_events/test_moving.py",))
_EVENTS_TESTS = "tests/lake_gate/finding_events/test_"
_deciding = partial(Mutant, f"{EVENTS}/deciding.py", (f"{_EVENTS_TESTS}deciding.py",))
_finishing = partial(Mutant, f"{EVENTS}/deciding.py", (f"{_EVENTS_TESTS}withdrawing.py",))
_runs = partial(Mutant, f"{EVENTS}/runs.py", (f"{_EVENTS_TESTS}runs.py",))
_reconciling = partial(Mutant, f"{EVENTS}/reconciling.py", (f"{_EVENTS_TESTS}reconciling.py",))
_index = partial(Mutant, f"{EVENTS}/index.py", (f"{_EVENTS_TESTS}index.py",))
_places = partial(Mutant, f"{EVENTS}/places.py", (f"{_EVENTS_TESTS}places.py",))
_events = partial(Mutant, f"{EVENTS}/operators.py", (f"{_EVENTS_TESTS}operators.py", f"{_EVENTS_TESTS}withdrawing.py"))
_events_record = partial(Mutant, f"{EVENTS}/recording.py", (f"{_EVENTS_TESTS}recording.py",))
_events_reports = partial(Mutant, f"{EVENTS}/reports.py", (f"{_EVENTS_TESTS}reports.py",))
_watermark = partial(Mutant, f"{EVENTS}/watermark.py", ("tests/lake_gate/finding_events/test_watermark.py",))
_hints = partial(Mutant, f"{EVENTS}/hints.py", ("tests/lake_gate/finding_events/test_hints.py",))
_hook = partial(Mutant, f"{MACIE}/hook.py", (HOOK,))
_jobs = partial(Mutant, f"{MACIE}/scheduled_jobs.py", ("tests/macie/test_scheduled_jobs.py",))
_rules = partial(Mutant, f"{MACIE}/suppression.py", ("tests/macie/test_suppression.py",))
_lists = partial(Mutant, f"{MACIE}/allow_lists.py", ("tests/macie/test_allow_lists.py",))
_suppression = partial(Mutant, f"{GATE}/scan/suppression.py", ("tests/lake_gate/scan/test_suppression.py",))
_triggers = partial(Mutant, f"{MACIE}/triggers.py", (TRIGGERS,))
_sensors = partial(Mutant, f"{MACIE}/sensors.py", (SENSORS,))

MUTANTS = [
    # ---- no leak: what is decided
    _decision("skipped is clean", 'if one.status == "COMPLETE":', 'if one.status in {"COMPLETE", "SKIPPED"}:'),
    _decision("partly read is read", 'if one.status == "COMPLETE":', 'if one.status in {"COMPLETE", "PARTIAL"}:'),
    _decision("any status will do", "return Reason.ANALYSIS_STATUS_UNKNOWN", "return None"),
    _decision("any reason will do", "return Reason.ANALYSIS_REASON_UNKNOWN\n    return", "return None\n    return"),
    _decision("the ETag is ignored", " and seen.etag == landed.etag", ""),
    _decision("the version is ignored", "seen.version_id == landed.version_id and ", ""),
    _decision("no result is clean", "return _why_no_result(seen)", "return None"),
    _decision('a file inside speaks for its archive', 'if not any(not one.is_embedded for one in seen.results)', 'if not any(one for one in seen.results)'),
    _decision("what no rule allows is promoted", "return Outcome.HOLD, Reason.NO_RULE", "return Outcome.PROMOTE, Reason.NO_RULE"),
    _decision("a rule that holds promotes", "return Outcome.HOLD, Reason.HELD_BY", "return Outcome.PROMOTE, Reason.HELD_BY"),
    _decision("doubts are ignored", "if doubt := _doubt(job, seen):", "if doubt := None:"),
    _decision("no job is a good one", "if job is None:\n        return", "if job is None:\n        return None\n        return"),
    _decision("a verdict on other bytes will do", "is_unread and verdict.speaks_for(landed) and", "is_unread and"),
    _decision("a revoked verdict will do", " and not verdict.is_revoked\n", "\n"),
    _decision("a verdict overrules what the job has read", "is_unread = not seen.results and", "is_unread = True and"),
    _decision("a verdict overrules what was read in its place", "not seen.results and not seen.is_other_seen", "not seen.results"),
    _decision("a verdict overrules findings", "seen.with_more(used.evidence_about(landed))", "_Seen.of(landed, used.evidence_about(landed))"),
    _verdict("any bytes will do", "mine = (self.sha256, ", "mine = (landed.sha256, "),
    _verdict("any kind of file will do", "mine = (self.sha256, self.size_bytes, self.dataset, self.extension)", "mine = (self.sha256, self.size_bytes, dataset_of(landed.name), extension_of(landed.name))"),
    _verdict("identifiers are no rules", "facts = [_SCHEMA, asdict(self),", "facts = [_SCHEMA, {**asdict(self), 'identifiers': 0},"),
    _verdicts("no verdict is too old", "timedelta(0) <= age <= MOST_AGE", "timedelta(0) <= age"),
    _verdicts("verdicts come from the future", "timedelta(0) <= age <= MOST_AGE", "age <= MOST_AGE"),
    _verdicts("a run trusts itself", "verdict.record_uri == own_record_uri or ", ""),
    _verdicts("nothing is revoked when it is looked for", "return None if is_revoked(s3, bronze, landed.sha256) else verdict", "return verdict"),
    _verdicts("nothing is revoked when it is read", "is_revoked=revoked[one.sha256]", "is_revoked=False"),
    _verdicts("a verdict need not be about what lies there", " or not verdict.speaks_for(landed) or verdict.rules != rules.fingerprint(landed)", ""),
    _verdicts("marks stay on", "if key != REUSED_TAG}", "}"),
    _checks("a reused verdict makes a new one", 'entry["reason"] in CLEARED', 'entry["reason"]'),
    _checks("a dry run is remembered", ' and not record["dry_run"]', ""),
    _checks("an unfinished run is remembered", 'record["accounted"] and not', "not"),
    _checks("marks of a first try stay", "verdicts.unmark(self.s3, self._named(run, before - names))", "pass"),
    _checks("marks come before the document", "before - names))\n", "before - names))\n            verdicts.mark(self.s3, self._named(run, names))\n"),
    _checks("no limit", " and cost.usd > float", " and 0 > float"),
    _checks("any scope can be estimated", "if not scope.is_confined(self.job_request, settings.bronze_bucket, run.prefix):", "if False:"),
    _scope("one prefix of many is enough", "is_of_keys and all(value", "is_of_keys and any(value"),
    _scope("any bucket is the run's", " != {bucket}:", " == set():"),
    _scope("allow lists are no matter", 'if spec.get("allowListIds"):', "if False:"),
    _scope("excludes are joined by OR", 'if _terms(_scoping(spec), "excludes"):', "if False:"),
    _decision("how the job ended is ignored", 'if job.status != "COMPLETE":', "if False:"),
    _decision("access errors are ignored", 'if job.last_run_error != "NONE":', "if False:"),
    _decision("a sample is enough", "if job.sampling_percentage != 100:", "if False:"),
    _decision('a missing finding is no matter', 'if any(one.detections or one.severity for one in seen.everything):\n            return', 'if False:\n            return'),
    _decision('evidence need not settle', 'if not job.settled:', 'if False:'),
    _decision("an unknown severity is none", "return Reason.SEVERITY_UNKNOWN", "pass"),
    _decision("unknown detections are none", "return Reason.DETECTIONS_UNKNOWN", "pass"),
    _decision("above, not from the threshold on", ".rank >= policy.quarantine_threshold", ".rank > policy.quarantine_threshold"),
    _decision("only results have a severity", "for seen in self.everything if seen.severity in", "for seen in self.results if seen.severity in"),
    _decision("only findings have a severity", "for seen in self.everything if seen.severity in", "for seen in self.findings if seen.severity in"),
    _decision('the smaller count stands', 'largest |= within', 'largest = largest & within or within'),
    _decision("all or nothing is each by itself", "policy.promotion is Promotion.ALL_OR_NOTHING and", "False and"),
    _policy("a run may loosen the threshold", "quarantine_threshold=min(", "quarantine_threshold=max("),
    _policy("any allowed detection allows all", "not all(self._names(found)", "not any(self._names(found)"),
    _policy("hold before quarantine is fine", "if then is Outcome.QUARANTINE and holds_before:", "if False:"),
    _policy("a custom identifier passes for a managed one", "if is_custom else self.managed", "if not is_custom else self.managed"),
    _evidence("what cannot be read is not there", "if not identifier or not category or number < 1:", "if False:"),
    _evidence('a claim without detections is clean', 'if not found and (has_type or', 'if not found and (False and'),
    _evidence("no status is complete", 'status.get("code") or "missing"', 'status.get("code") or "COMPLETE"'),
    _decide("strangers are ignored", "raise UnknownObjectsError(", "print("),
    _decide("the deadline counts as settled", '(self.evidence or {}).get("settled") is True', "True"),
    _hook("the first page of findings", "yield from findings", "yield from findings\n                    return"),
    _hook("the first file of results", "            count += 1\n        return count", "            count += 1\n            break\n        return count"),
    _hook("findings that do not come are ignored", "raise errors.FindingsIncompleteError(", "print("),
    # ---- no leak, no loss: what is moved
    _copying('copies are not verified', 'if difference := self._difference(made):', 'if difference := "":'),
    _copying("the checksum is not compared", 'if head.get("ChecksumSHA256") != self.decision.checksum:', "if False:"),
    _copying('metadata may get lost', 'if lost := _lost(source, made, tags):', 'if lost := "":'),
    _copying("the latest version is copied", 'version = {"Bucket": self.decision.bucket, "Key": self.decision.key, "VersionId": self.decision.version_id}', 'version = {"Bucket": self.decision.bucket, "Key": self.decision.key}'),
    _versions('the latest version is looked at', '{"VersionId": version_id} if version_id else {}', '{}'),
    _transfer("a delete hits the latest version", '{"Key": one.key, "VersionId": version_id}', '{"Key": one.key}'),
    _transfer("what was not copied is deleted, too", "if isinstance(moved, Moved)]\n    delete", "]\n    delete"),
    _transfer("promoted objects leave bronze", "[d for d in copied if d.outcome != Outcome.PROMOTE]", "copied"),
    _transfer("nothing leaves bronze", "    delete_versions(s3, [d", "    list([d"),
    _transfer("other people's versions are deleted", 'return head is None or head.get("ChecksumSHA256") == copied.checksum', 'return True'),
    _transfer("delete markers go though something is below", "if len(same) == len(others):", "if True:"),
    _copying('a copy is made again by every try', '            if there.copy:\n                return self._moved(there.copy, is_beside_others=there.has_others)\n            try:', '            try:'),
    _copying('copies do not ask whether the place is free', 'return {"IfNoneMatch": "*"}\n        latest', 'return {"StorageClass": "STANDARD"}\n        latest'),
    _copying("the object's own tags get lost", 'if not source.get("TagCount"):', "if True:"),
    _transfer("errors of S3's delete are ignored", 'if errors := answer.get("Errors"):', "if errors := None:"),
    _multipart('uploads are left behind', '    except BaseException:\n        with suppress(', '    except BaseException:\n        raise\n        with suppress('),
    _multipart('large copies overwrite', 'MultipartUpload={"Parts": parts}, **condition))', 'MultipartUpload={"Parts": parts}))'),
    _multipart("leftovers stay", "            s3.abort_multipart_upload(Bucket=bucket", "            print(Bucket=bucket"),
    _versions("the first page of versions", 'if page.get("NextKeyMarker", "") > last:', "if True:"),
    # ---- no loss: what is landed, planned, recorded
    _landing("landing overwrites", ', IfNoneMatch="*"', ""),
    _landing("what a changed source left is forgotten", "    if others:\n        raise", "    if False:\n        raise"),
    _landing("another content is taken for the same", 'if answer.get("ChecksumSHA256") != checksum:', "if False:"),
    _landing("landing begins with what the disk cannot hold", "if file.size_bytes > disk.room:", "if False:"),
    _landing("unversioned buckets are fine", "    if without:", "    if False:"),
    _decide('decisions may change after moves began', 'if not is_this and not self._begun(run):', 'if not is_this:'),
    _move("a failing window ends the chunk", "errors.append(error)", "raise"),
    _move("a chunk that failed is done", "        if errors:\n            raise", "        if False:\n            raise"),
    _plan("a last chunk that is not full is dropped", "range(0, len(of_outcome), objects)", "range(0, len(of_outcome) - 1, objects)"),
    _record("everything is accounted for", '"accounted": totals.not_accounted == 0', '"accounted": True'),
    _record("decided is as good as moved", 'if not (entry["outcome"] and entry["now"]):', 'if not entry["outcome"]:'),
    _reports('a record that does not account is fine', '        if totals.not_accounted:', '        if False:'),
    _marker("the marker lists everything", ' if entry["outcome"] == Outcome.PROMOTE]', "]"),
    _marker("what was withdrawn may come back", "withdrawn = {**other.withdrawn, **self.withdrawn}", "withdrawn = self.withdrawn"),
    _overlay("an amendment that comes meanwhile is missed", "if amendments == before:", "if True:"),
    _withdrawing("the marker lists what is withdrawn", "_attempt(failures, lambda: rewrite_marker(self.s3, bronze, silver, run, amendments))", "pass"),
    _withdrawing("a document that cannot be written keeps an object in silver", "        failures.append(error)", "        raise"),
    _withdrawing("the record says where things were", "_attempt(failures, lambda: rewrite_record(self.s3, bronze, run))", "pass"),
    _moving("one failing object keeps the others where they are", "        if len(decisions) == 1:\n", "        if True:\n"),
    _moving("what is in silver still is said to be moved", "if copies and buckets.silver not in {", "if copies and None not in {"),
    _events("one failing run stops its chunk", 'log.warning("%s of %s failed: %s", folder or "strays", feed or "no feed", class_of(error))', 'log.warning("failed"); raise'),
    _events("what may pass is not tried again", "if passing and _has_tries_left(context):", "if False:"),
    _events("the last try raises, and nothing is recorded", "task_instance.try_number <= task_instance.max_tries", "True"),
    _events("a finding of another shape stops everything", "except (ValueError, TypeError, KeyError, AttributeError):  # it names", "except ZeroDivisionError:  # it names"),
    _events_record("what failed is not looked at again", "        self.pending += ids\n", ""),
    _events_reports("the last task is green although objects failed", "if count := totals", "if not (count := 0) and None and totals"),
    _deciding("what is found is not written down", "content.add_found(lake.s3, lake.bronze, sha256, of_bytes[sha256])  # before", "pass  # before"),
    _deciding("a finding stays where it was made", "for place in landed_at:", "for place in ():"),
    _deciding("a run under way with the same bytes is taken for over", "not is_over or there[key].versions", "is_over and there[key].versions"),
    _deciding("one unreadable stray stops everything", "        look.actions.append(_decide_stray(lake, found, look))\n    except Exception as error:", "        look.actions.append(_decide_stray(lake, found, look))\n    except ZeroDivisionError as error:"),
    _deciding("strays that stay are read", '    if bucket == lake.bronze and outcome != Outcome.QUARANTINE:\n', "    describe(lake.s3, bucket, key, head)\n    if bucket == lake.bronze and outcome != Outcome.QUARANTINE:\n"),
    _deciding("one damaged run stops everything", "    except DamagedDocumentError as damage:\n        return", "    except ZeroDivisionError as damage:\n        return"),
    _deciding("whatever has the key of a marker is one", "return written is not None and is_marker_of(run, written)", "return written is not None"),
    _deciding("what a run knows is never judged again", "if not (is_young and not is_known) and not landing.is_dry and (landing.basis or not is_known):", "if not (is_young and not is_known) and not landing.is_dry and not is_known:"),
    _deciding("copies in silver of what is held stay", "        _add_astray(lake, landed[name], everything[name], look)", "        pass"),
    _deciding("copies in silver of a dry run stay", "    _add_astray(lake, landed, [*here, *other], look)\n", ""),
    _finishing("what was begun is not finished", "        elif name in unfinished:\n", "        elif False:\n"),
    _runs("what came after the decisions is known", 'if "evidence" not in basis:', "if True:"),
    _runs("a record that says dry is believed", '    moves = s3.list_objects_v2(Bucket=bronze, Prefix=run.document(MOVES), MaxKeys=1)\n    return not moves.get("Contents")', "    return True"),
    _runs("dry is what the record says", "begun if begun is not None else record or {}", "record or {}"),
    _reconciling("a marker that lags behind is fine", "return there is None or _without(", "return True or _without("),
    _reconciling("a list of objects that lags behind is fine", "    if any(_as_json(one) != two for one, two in zip_longest(wanted, there)):", "    if not list(zip_longest(wanted, there)):"),
    _reconciling("sums that lag behind are fine", "return bool(_as_json(_sums(totals, dry_run=dry_run)) == {name: record.get(name) for name in _NAMES})", "return True"),
    _reconciling("a marker may hold whatever else", " or marker.to_bytes() != content:", ":"),
    _index("one damaged run keeps all others out of the index", "    except DAMAGE as error:", "    except ZeroDivisionError as error:"),
    _index("a run that was not read is in the index", "            is_whole = False\n", ""),
    _index("the index knows nothing of what was found later", "        if run.feed == FEED:", "        if False:"),
    _places("whatever begins like a document is one", "return _IN_BRONZE.fullmatch(key) is not None", "return _IN_BRONZE.match(key) is not None"),
    _moving("the copy in silver stays", "yield self.silver, key", "return"),
    _watermark("what was left is forgotten", " | frozenset(left)\n", "\n"),
    _hints("findings of other accounts are ours", 'told.get("account") != account_id', "not account_id"),
    _reports("somebody else's marker will do", "raise MarkerStandsError(", "print("),
    # ---- no loss: what is held, and released
    _held("older versions are held, too", ' if item["IsLatest"])', ")"),
    _reprocessing("the latest held version is landed", "Key=one.key, VersionId=one.version_id)", "Key=one.key)"),
    _reprocessing("every try takes what is held now", "if written is None:", "if True:"),
    _reprocessing("what is held no longer is waited for", "if (one.key, one.version_id) in there]", "]"),
    _reprocessing("two held objects share a name", "and one.name not in used:", ":"),
    _reprocessing("a held copy goes before its object is found", "        return False\n", "        pass\n"),
    _reprocessing("a held copy goes for other bytes", 'now["version_id"]) != landed.checksum:', 'now["version_id"]) is None:'),
    _reprocessing("whatever is at the place of a held copy goes", "return bool((size, checksum) == (landed.size_bytes, landed.checksum))", "return True"),
    _reprocessing("held copies that stay are no matter", "    if kept:\n", "    if False:\n"),
    _reprocessing("nothing held is ever released", "            delete_versions(\n                s3,\n", "            list(\n"),
    _release("a dry run releases what is held", 'if record["dry_run"]:', "if False:"),
    _release("what is held goes though the record does not account", 'if not record["accounted"]:', "if False:"),
    # ---- the account
    _jobs("somebody else's job is cancelled", 'if account.is_ours(job) and job["tags"]', 'if job["tags"]'),
    _jobs("a retry pays for a second job", "iter_client_tokens(*token_facts, request)", "iter_client_tokens(__import__('uuid').uuid4().hex, request)"),
    _jobs("a job may leave out what is there", 'if request.get("initialRun") is not True:', "if False:"),
    _jobs("a dry run cancels", "    if not account.is_dry_run:\n        account.hook.cancel_job", "    if True:\n        account.hook.cancel_job"),
    _rules("an expired rule goes on hiding findings", 'if account.is_ours(found) and found["name"] not in wanted:', "if False:"),
    _rules("somebody else's rule is deleted", 'if account.is_ours(found) and found["name"] not in wanted:', 'if found["name"] not in wanted:'),
    _rules("a rule widened by hand stays wide", "if _criteria(rule) != _criteria(found):", "if False:"),
    _lists("somebody else's list is taken for ours", "if account.is_ours(one := account.client.get_allow_list(id=item[\"id\"]))]", "if (one := account.client.get_allow_list(id=item[\"id\"]))]"),
    _suppression("a rule counts on its last day", "return rule.expires_on <= today", "return rule.expires_on < today"),
    _suppression("what no rule explains is not counted", "uses.unexplained += not explaining", "uses.unexplained += 0"),
    _suppression("a rule may archive everything", '"additionalProperties": _CONDITION, "minProperties": 1}', '"additionalProperties": _CONDITION}'),
    # ---- no endless wait
    _triggers("there is no deadline", "async with asyncio.timeout(seconds):", "async with asyncio.timeout(None):"),
    _triggers('a pause has no end', 'if clock() - paused_since >= self.pause_seconds:', 'if False:'),
    _triggers("polls do not back off", "delay = min(delay * BACKOFF,", "delay = min(delay,"),
    _sensors("an unknown status is success", "raise errors.JobStatusUnknownError(self.job_id, str(status))", "return {}"),
    _sensors("the deadline is success", "raise errors.JobDeadlineError(", "print("),
    _evidence("an empty part hides behind a legible one", "or (claimed and not found):", "or False:"),
    _evidence("a larger total is no matter", "or total > sum(one.count for one in found)", ""),
    _evidence("a severity without a word is none", "or (UNKNOWN if severity else None)", "or None"),
    _decision("one finding inside an archive will do", "if not any(not one.is_embedded for one in seen.findings):", "if not seen.findings:"),
    _decision("what one record lists twice counts once", "within[found.category, found.identifier] += found.count", "within[found.category, found.identifier] = found.count"),
    _sealed("what is isolated is not verified", 'if made.get("ChecksumSHA256") != self.decision.checksum:', "if False:"),
    _sealed("what is isolated may lie there in the clear", 'if not made.get("ServerSideEncryption"):', "if False:"),
    _sealed("a copy in quarantine that nobody verified counts", "if found.get(CHECKSUM_TAG) == self.decision.checksum:", 'if found.get("run") == self.run.folder:'),
    _sealed("what a crash has left in quarantine is taken for somebody else's", 'elif found.get("run") != self.run.folder[:MAX_TAG_CHARACTERS]:', "elif True:"),
    _sealed("what a crash has left in quarantine stays there", "self._unsealed.append(version_id)", "pass"),
    _sealed("a copy that was sealed meanwhile is removed", "if sealed_checksum(self.s3, self.bucket, self.key, version_id) is None:", "if True:"),
    _sealed("an unsealed copy is removed before there is a sealed one", "        moved = Copying.copy_verified(self)\n        for version_id in self._unsealed:", "        self._look_at(self.history, None, {})\n        for version_id in self._unsealed:\n            self.s3.delete_object(Bucket=self.bucket, Key=self.key, VersionId=version_id)\n        moved = Copying.copy_verified(self)\n        for version_id in self._unsealed:"),
    _sealed("no room is kept for the seal", "kept_for_later_tags: ClassVar[int] = 1", "kept_for_later_tags: ClassVar[int] = 0"),
    _sealed("nobody asks whether the place in quarantine is free", 'else {"IfNoneMatch": "*"}', "else {}"),
    _sealed("other tags get lost with the seal", "seal = {**tags, CHECKSUM_TAG", "seal = {CHECKSUM_TAG"),
    _copying("a retry takes what the first try refused", "elif there.copy is None and (source is None or not _lost(source, head, tags)):", "elif there.copy is None:"),
    _copying("a copy with the right bytes is deleted", "if difference := self._difference(made):", "if difference := self._difference(made) or _lost(source, made, tags):"),
    _copying("what came meanwhile is overwritten", 'return {"IfMatch": latest["ETag"]} if latest["VersionId"] in self.history.versions else None', 'return {"StorageClass": "STANDARD"}'),
    _multipart("other keys' uploads are aborted", 'if found["Key"] == key:', "if True:"),
    _move("a move looks at the plan once", "if decisions != self._planned(run):", "if False:"),
    _decide("decide does not look who has begun", 'if any(begun["decisions"] != basis["decisions"]', 'if False and any(begun["decisions"] != basis["decisions"]'),
    _decide("the plan changes after moves began", "if not (self._begun(run) and read", "if not (False and read"),
    _reports("a marker needs no record that accounts", 'if not written["accounted"]:', "if False:"),
    _triggers("silence of AWS counts as a pause", "paused_since = clock() if paused_since is None else paused_since", "paused_since = 0.0"),
]  # fmt: skip
