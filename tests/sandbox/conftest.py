"""A sandbox for the tests of one module, with a clock that the test turns."""

from sandbox_harness import api, clock, refusal, running, sandbox
