#!/usr/bin/env python3
"""What a benchmark says about a goal.

usage: verdicts_test.py FOLDER_OF_THE_BENCHMARKS
"""

import random
import statistics
import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))
from verdicts import Goal, bounds_of_median  # noqa: E402


class Bounds(unittest.TestCase):
    def test_are_the_ranks_of_the_sign_test(self):
        # of which 2 * P(X < rank) is at most 0.05, X being binomial with p = 1/2, and above it for the next rank
        for rounds, ranks in ((6, (1, 6)), (9, (2, 8)), (15, (4, 12)), (25, (8, 18))):
            self.assertEqual(bounds_of_median(range(1, rounds + 1)), ranks)

    def test_of_few_are_the_least_and_the_greatest(self):
        self.assertEqual(bounds_of_median([3, 1, 2]), (1, 3))
        self.assertEqual(bounds_of_median([7]), (7, 7))

    def test_hold_the_median_as_often_as_they_say(self):
        chance, held = random.Random(1), 0
        for _ in range(2000):
            low, high = bounds_of_median([chance.lognormvariate(0, 1) for _ in range(15)])  # whose median is 1
            held += low <= 1 <= high
        self.assertGreater(held, 0.95 * 2000)
        self.assertLess(held, 0.98 * 2000)


class Verdicts(unittest.TestCase):
    def verdict_on(self, values, limit, **more):
        return Goal("a figure", values, limit, **more).verdict

    def test_no_outlier_decides(self):
        quiet = [0.9] * 12
        self.assertEqual(self.verdict_on(quiet + [5, 5, 5], 1), "met")
        self.assertEqual(self.verdict_on([1.1] * 12 + [0.1] * 3, 1), "MISSED")
        self.assertIn("on either side", self.verdict_on(quiet[:-1] + [5, 5, 5, 5], 1))

    def test_at_least(self):
        self.assertEqual(self.verdict_on([10] * 6, 9, at_least=True), "met")
        self.assertEqual(self.verdict_on([8] * 6, 9, at_least=True), "MISSED")

    def test_needs_rounds(self):
        self.assertIn("too few", self.verdict_on([0.9] * 5, 1))
        self.assertEqual(self.verdict_on([0.9], 1, fewest=1), "met")

    def test_a_doubt_is_no_verdict(self):
        self.assertEqual(self.verdict_on([0.9] * 6, 1, doubt="too loud"), "no verdict: too loud")

    def test_shows_between_what_the_median_lies(self):
        values = [0.01 * number for number in range(1, 16)]
        self.assertIn(f"seen {statistics.median(values):.2f} (0.04 to 0.12): met", str(Goal("a figure", values, 1)))


unittest.main()
