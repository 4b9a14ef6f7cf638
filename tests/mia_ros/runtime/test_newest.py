# SPDX-License-Identifier: Apache-2.0
import gc
import logging
import queue
import threading
import weakref

import pytest

from mia_ros.runtime.newest import NewestWorker

DEADLINE = 10.0


class Work:
    """Notes the items; waits in each until it is let on."""

    def __init__(self, hold=False):
        self.items = []
        self.began = threading.Semaphore(0)
        self.ended = threading.Semaphore(0)
        self.let_on = threading.Event()
        if not hold:
            self.let_on.set()

    def __call__(self, item):
        self.items.append(item)
        self.began.release()
        assert self.let_on.wait(DEADLINE)
        try:
            if isinstance(item, BaseException):
                raise item
        finally:
            self.ended.release()


@pytest.fixture
def started():
    workers = []

    def start(work, **options):
        workers.append(NewestWorker(work, "test", **options))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close(DEADLINE)


def test_items_are_worked_on_in_another_thread(started):
    names = queue.SimpleQueue()
    started(lambda item: names.put((item, threading.current_thread().name))).offer(1)
    assert names.get(timeout=DEADLINE) == (1, "test")


def test_only_the_newest_of_those_that_wait_is_worked_on(started):
    work = Work(hold=True)
    worker = started(work)
    worker.offer("first")
    assert work.began.acquire(timeout=DEADLINE)
    for item in ("second", "third", "newest"):
        worker.offer(item)
    work.let_on.set()
    assert work.ended.acquire(timeout=DEADLINE) and work.ended.acquire(timeout=DEADLINE)
    assert work.items == ["first", "newest"]
    assert worker.skipped == 2


def test_offering_never_waits_for_the_work(started):
    work = Work(hold=True)
    worker = started(work)
    for item in range(1000):
        worker.offer(item)
    assert not work.ended.acquire(blocking=False)
    work.let_on.set()


def test_what_the_work_raises_is_handed_on_and_the_thread_lives(started):
    work, errors = Work(), []
    worker = started(work, on_error=errors.append)
    wrong = [ValueError("a"), SystemExit(3)]
    for error in wrong:
        worker.offer(error)
        assert work.ended.acquire(timeout=DEADLINE)
    worker.offer("fine")
    assert work.ended.acquire(timeout=DEADLINE)
    assert worker.close(DEADLINE)
    assert errors == wrong
    assert work.items[-1] == "fine"


def test_without_a_place_for_errors_they_are_logged(started, caplog):
    work = Work()
    worker = started(work)
    with caplog.at_level(logging.ERROR):
        worker.offer(ValueError("what was wrong"))
        assert work.ended.acquire(timeout=DEADLINE)
        assert worker.close(DEADLINE)
    assert "what was wrong" in caplog.text


def test_a_failing_error_handler_does_not_end_the_thread(started, caplog):
    work = Work()
    worker = started(work, on_error=[].remove)
    worker.offer(ValueError("a"))
    assert work.ended.acquire(timeout=DEADLINE)
    worker.offer("fine")
    assert work.ended.acquire(timeout=DEADLINE)
    assert work.items[-1] == "fine"
    assert worker.close(DEADLINE)
    assert "on_error failed" in caplog.text


def test_closing_ends_the_thread_and_skips_what_waits(started):
    work = Work(hold=True)
    worker = started(work)
    worker.offer("first")
    assert work.began.acquire(timeout=DEADLINE)
    worker.offer("second")
    assert not worker.close(0.0)
    work.let_on.set()
    assert worker.close(DEADLINE)
    assert work.items == ["first"]
    assert worker.skipped == 1


def test_after_closing_offers_are_counted_as_skipped(started):
    worker = started(Work())
    worker.close(DEADLINE)
    worker.offer(1)
    assert worker.skipped == 1


def test_closing_twice_and_from_its_own_work_is_no_error(started):
    answers = []
    worker = started(lambda item: answers.append(item.close(DEADLINE)))
    worker.offer(worker)
    assert worker._thread.join(DEADLINE) is None
    assert answers == [False]
    assert worker.close(DEADLINE)


def test_a_rate_holds_items_back(started):
    """Once in 1000 s: the second item is not begun, but a third replaces it."""
    work = Work()
    worker = started(work, max_rate=0.001)
    worker.offer("first")
    assert work.ended.acquire(timeout=DEADLINE)
    worker.offer("second")
    worker.offer("third")
    assert worker.skipped == 1


def test_a_rate_may_be_lifted_while_an_item_waits(started):
    work = Work()
    worker = started(work, max_rate=0.001)
    worker.offer("first")
    assert work.ended.acquire(timeout=DEADLINE)
    worker.offer("second")
    worker.max_rate = 0.0
    assert work.ended.acquire(timeout=DEADLINE)
    assert work.items == ["first", "second"]


def test_a_held_back_item_does_not_delay_the_end(started):
    work = Work()
    worker = started(work, max_rate=0.001)
    worker.offer("first")
    assert work.ended.acquire(timeout=DEADLINE)
    worker.offer("second")
    assert worker.close(DEADLINE)
    assert work.items == ["first"]


def test_an_item_is_let_go_of_when_it_is_done(started):
    class Frame:
        pass

    frame, names = Frame(), queue.SimpleQueue()
    worker = started(lambda item: names.put(type(item).__name__))
    gone = weakref.ref(frame)
    worker.offer(frame)
    del frame
    assert names.get(timeout=DEADLINE) == "Frame"
    worker.offer(None)
    assert names.get(timeout=DEADLINE) == "NoneType"
    gc.collect()
    assert gone() is None
