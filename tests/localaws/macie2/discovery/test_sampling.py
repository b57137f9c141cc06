"""The sample of a day."""

from __future__ import annotations

from dataclasses import replace

from localaws.macie2.clock import now
from localaws.macie2.discovery.profile import Profile
from localaws.macie2.discovery.sampling import OBJECTS_PER_BUCKET, sample
from tests.localaws.macie2.discovery.test_profile import analysis
from tests.localaws.macie2.jobs.test_scope import OBJECT

OBJECTS = [replace(OBJECT, key=f"{number}.csv") for number in range(3 * OBJECTS_PER_BUCKET)]


def test_samples_are_bounded_and_the_same_whatever_the_order_of_the_objects() -> None:
    taken = sample(OBJECTS, Profile())
    assert len(taken) == OBJECTS_PER_BUCKET
    assert sample(reversed(OBJECTS), Profile()) == taken
    assert taken != OBJECTS[:OBJECTS_PER_BUCKET]


def test_the_days_take_all_objects_and_none_twice() -> None:
    profile, keys = Profile(), []
    for _ in range(4):
        for stored in sample(OBJECTS, profile):
            profile.add(analysis(stored), now())
            keys.append(stored.key)
    assert sorted(keys) == sorted(stored.key for stored in OBJECTS)


def test_a_new_version_is_analysed_again() -> None:
    profile = Profile()
    profile.add(analysis(OBJECT), now())
    assert sample([OBJECT], profile) == []
    later = replace(OBJECT, version_id="later")
    other = replace(OBJECT, e_tag="other")
    assert [sample([stored], profile) for stored in (later, other)] == [[later], [other]]


def test_objects_that_macie_cannot_analyse_are_not_sampled() -> None:
    cold, photo = replace(OBJECT, storage_class="GLACIER"), replace(OBJECT, key="photo.jpg")
    assert sample([cold, photo], Profile()) == []
