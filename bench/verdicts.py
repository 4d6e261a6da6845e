"""Goals and whether they are met. Each is judged by its figure in every round, not by one median: where the
rounds do not agree, the machine was too noisy, and there is no verdict."""

import statistics

AGREEMENT = 0.8    # part of the rounds that must be on one side of the goal
FEWEST_ROUNDS = 3


def spread(values):
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0


class Goal:
    """`values`: one a round, of which each is to be at most (or at least) `limit`. `doubt`: why there can be no
    verdict whatever they are. `fewest`: rounds that a verdict needs; 1 for what no load on the machine changes."""

    def __init__(self, what, values, limit, at_least=False, unit="", doubt=None, fewest=FEWEST_ROUNDS):
        self.what, self.values, self.limit, self.at_least, self.unit = what, values, limit, at_least, unit
        self.middle = statistics.median(values)
        reached = sum(value >= limit if at_least else value <= limit for value in values) / len(values)
        if doubt:
            self.verdict = f"no verdict: {doubt}"
        elif len(values) < fewest:
            self.verdict = "no verdict: too few rounds"
        elif reached >= AGREEMENT:
            self.verdict = "met"
        elif reached <= 1 - AGREEMENT:
            self.verdict = "MISSED"
        else:
            self.verdict = "no verdict: too noisy, the rounds are on both sides"

    def __str__(self):
        bound = f"{'at least' if self.at_least else 'at most'} {number(self.limit)}{self.unit}"
        seen = f"{number(self.middle)}{self.unit}"
        if len(self.values) > 1:
            seen += f" ({number(min(self.values))} to {number(max(self.values))})"
        return f"{self.what}\n    goal {bound}; seen {seen}: {self.verdict}"


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def print_goals(goals, doubt=None):
    """`doubt`: why there can be no verdict on any of them (machine.Quiet), or nothing."""
    print("\nGoals (medians, and from the least to the most of all rounds)")
    for goal in goals:
        if doubt:
            goal.verdict = f"no verdict: {doubt}"
        print(goal)
