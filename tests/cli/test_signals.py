"""Requests to stop, in this process and in one of their own."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from charrnn.cli.signals import Stop, exit_code, stopping

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def test_the_tests_take_signals_as_a_program_at_a_terminal_does():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_a_request(number):
    before = signal.getsignal(number)
    with stopping() as stop:
        assert stop.requested is None
        assert stop.exit_code == 0
        send(number)
        assert stop.requested == number
        assert stop.exit_code == 128 + number
    assert signal.getsignal(number) is before


def test_exit_codes_are_those_of_shells():
    assert exit_code(signal.SIGINT) == 130
    assert exit_code(signal.SIGTERM) == 143
    assert Stop(signal.SIGHUP).exit_code == 129


def test_handlers_are_put_back_after_an_error():
    before = [signal.getsignal(number) for number in SIGNALS]
    with suppress(RuntimeError), stopping():
        assert signal.getsignal(signal.SIGINT) not in before
        raise RuntimeError
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping() as stop:
            send(signal.SIGHUP)
            assert stop.requested is None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_is_left_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def work():
        with stopping() as stop:
            seen.append((stop.requested, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(None, before)]


def test_nothing_is_handled_once_it_is_over():
    with stopping() as stop:
        pass
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)
    assert stop.requested is None


STUBBORN = """
import time
from contextlib import suppress
from charrnn.cli.signals import stopping
with stopping() as stop:
    print("ready", flush=True)
    while stop.requested is None:
        time.sleep(0.01)
    print("asked", stop.requested, flush=True)
    while True:  # a signal just before one long sleep would be handled after it
        time.sleep(0.01)
"""


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (signal.SIGINT, signal.SIGINT, 130),
        (signal.SIGTERM, signal.SIGTERM, 143),
        (signal.SIGTERM, signal.SIGINT, 130),
    ],
)
def test_the_second_signal_ends_the_process_at_once(first, second, code):
    with subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(first)
        assert process.stdout.readline() == b"asked %d\n" % first
        process.send_signal(second)
        assert process.wait(60) == code
