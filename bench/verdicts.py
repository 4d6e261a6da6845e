"""Goals and whether they are met. Each is judged by where its median lies: between two of the figures of all rounds,
with a probability of at least CONFIDENCE, whatever their distribution (Conover, Practical Nonparametric Statistics,
section 3.2: each figure is as likely below the true median as above it). Where the goal lies between the two as well,
the machine was too noisy, or the rounds too few, and there is no verdict."""

import math
import statistics

CONFIDENCE = 0.95
FEWEST_ROUNDS = 6  # of fewer, even the least and the greatest say less than that


def spread(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0


def bounds_of_median(values):
    """The two closest figures, as far from the least as from the greatest, between which the median lies with the
    probability of CONFIDENCE; of too few rounds, the least and the greatest."""
    ordered, rounds = sorted(values), len(values)
    for left_out in range((rounds - 1) // 2, 0, -1):
        outside = 2 * sum(math.comb(rounds, below) for below in range(left_out + 1)) / 2**rounds
        if 1 - outside >= CONFIDENCE:
            return ordered[left_out], ordered[-1 - left_out]
    return ordered[0], ordered[-1]


class Goal:
    """`values`: one a round, whose median is to be at most (or at least) `limit`. `doubt`: why there can be no
    verdict whatever they are. `fewest`: rounds that a verdict needs; 1 for what no load on the machine changes."""

    def __init__(self, what, values, limit, at_least=False, unit="", doubt=None, fewest=FEWEST_ROUNDS):
        self.what, self.values, self.limit, self.at_least, self.unit = what, values, limit, at_least, unit
        self.middle, self.bounds = statistics.median(values), bounds_of_median(values)
        reached = [bound >= limit if at_least else bound <= limit for bound in self.bounds]
        if doubt:
            self.verdict = f"no verdict: {doubt}"
        elif len(values) < fewest:
            self.verdict = "no verdict: too few rounds"
        elif all(reached):
            self.verdict = "met"
        elif not any(reached):
            self.verdict = "MISSED"
        else:
            self.verdict = "no verdict: too noisy, the median may be on either side"

    def __str__(self):
        bound = f"{'at least' if self.at_least else 'at most'} {number(self.limit)}{self.unit}"
        seen = f"{number(self.middle)}{self.unit}"
        if len(self.values) > 1:
            seen += f" ({number(self.bounds[0])} to {number(self.bounds[1])})"
        return f"{self.what}\n    goal {bound}; seen {seen}: {self.verdict}"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def print_goals(goals, doubt=None):
    """`doubt`: why there can be no verdict on any of them (machine.Quiet), or nothing."""
    print(f"\nGoals (medians of all rounds, and between which two they lie with a probability of {CONFIDENCE:.0%})")
    for goal in goals:
        if doubt:
            goal.verdict = f"no verdict: {doubt}"
        print(goal)
