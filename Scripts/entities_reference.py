# SPDX-License-Identifier: Apache-2.0
# Espalier: the definitions of iota-entities by brute force, for check_entities.py.
"""Local integration, levels, actions and perceptions straight from their definitions, exactly and slowly.

A `Law` is a list of all possible trajectories with whole-number weights over one common denominator. A pattern's
probability is a sum over trajectories, a minimum is one over all set partitions; nothing here is clever.
"""

import itertools
import math
from fractions import Fraction
from functools import lru_cache


def bits(ratio):
    """The binary logarithm of a fraction, by whole-number logarithms so that nothing overflows."""
    small = ratio - 1
    if abs(small) < Fraction(1, 1000):
        return math.log1p(float(small)) / math.log(2)
    return math.log2(ratio.numerator) - math.log2(ratio.denominator)


@lru_cache(maxsize=None)
def partitions(nodes):
    """All partitions of a tuple of nodes; a partition is a tuple of tuples, in ascending order."""
    if not nodes:
        return [()]
    first, rest = nodes[0], nodes[1:]
    found = []
    for count in range(len(rest) + 1):
        for others in itertools.combinations(rest, count):
            left = tuple(node for node in rest if node not in others)
            found += [((first,) + others,) + tail for tail in partitions(left)]
    return found


@lru_cache(maxsize=None)
def proper_refinements(partition):
    """All partitions that cut at least one block of this one, by trying all partitions of every block."""
    whole = tuple(sorted(partition))
    every = (tuple(sorted(itertools.chain(*choice))) for choice in itertools.product(*map(partitions, partition)))
    return [finer for finer in every if finer != whole]


class Law:
    """The probabilities of all trajectories; `times` gives the slice of each node."""

    def __init__(self, times, table):
        self.times = list(times)
        self.table = {x: Fraction(p) for x, p in table.items() if p}
        assert sum(self.table.values()) == 1, "the probabilities of a law add up to 1"
        self.whole = math.lcm(*(p.denominator for p in self.table.values()))
        self.weights = [(x, int(p * self.whole)) for x, p in self.table.items()]
        self.known = {}

    def weight(self, nodes, values):
        """How much all trajectories that contain a pattern weigh."""
        key = (nodes, values)
        if key not in self.known:
            self.known[key] = sum(w for x, w in self.weights if all(x[i] == v for i, v in zip(nodes, values)))
        return self.known[key]

    def p(self, nodes, values):
        return Fraction(self.weight(tuple(nodes), tuple(values)), self.whole)

    def ratio(self, x, partition):
        """2 to the specific local integration: p(x_O) over the product of the blocks' probabilities."""
        nodes = sorted(itertools.chain(*partition))
        product = math.prod(self.weight(tuple(b), tuple(x[i] for i in b)) for b in partition)
        return Fraction(self.p(nodes, [x[i] for i in nodes]) * self.whole ** len(partition), product)

    def cli_ratio(self, x, nodes):
        """2 to the complete local integration: the least ratio over all partitions but the whole; None for one node."""
        key = ("cli", nodes, tuple(x[i] for i in nodes))
        if len(nodes) > 1 and key not in self.known:
            own = {}
            for size in range(1, len(nodes) + 1):
                for block in itertools.combinations(nodes, size):
                    own[block] = self.weight(block, tuple(x[i] for i in block))
            # Products over one denominator, whole ** len(nodes): the largest gives the least integration.
            most = max(math.prod(own[b] for b in cut) * self.whole ** (len(nodes) - len(cut))
                       for cut in partitions(nodes) if len(cut) > 1)
            self.known[key] = Fraction(own[nodes] * self.whole ** (len(nodes) - 1), most)
        return self.known.get(key)

    def entities(self, x, nodes):
        """Every part of two nodes or more whose complete local integration is above 0, with two to its power."""
        parts = (part for size in range(2, len(nodes) + 1) for part in itertools.combinations(nodes, size))
        return {part: self.cli_ratio(x, part) for part in parts if self.cli_ratio(x, part) > 1}

    def levels(self, x, nodes, joined):
        """(bits, partitions, refinement-free ones) ascending; values no more than `joined` bits apart are one level."""
        ratios = {cut: self.ratio(x, cut) for cut in map(lambda cut: tuple(sorted(cut)), partitions(nodes))}
        ranks, values = {}, []
        for ratio in sorted(set(ratios.values())):
            if not values or bits(ratio) - last > joined:
                values.append(bits(ratio))
            last = bits(ratio)
            ranks[ratio] = len(values) - 1
        counts = [[value, 0, 0] for value in values]
        for cut, ratio in ratios.items():
            level = ranks[ratio]
            counts[level][1] += 1
            counts[level][2] += all(ranks[ratios[finer]] > level for finer in proper_refinements(cut))
        return [tuple(count) for count in counts]


class EntitySet:
    """Patterns (nodes, values) of a law, and the definitions N1 to N6 about them."""

    def __init__(self, law, patterns):
        self.law = law
        self.patterns = sorted(set(patterns))
        self.occurrences = {e: [x for x in law.table if self.within(e, x)] for e in self.patterns}

    @staticmethod
    def iota(law):
        nodes = tuple(range(len(law.times)))
        return EntitySet(law, {(part, tuple(x[i] for i in part)) for x in law.table for part in law.entities(x, nodes)})

    def maximal(self):
        """In each trajectory the entities whose nodes lie in no other's there; what any trajectory keeps is kept."""
        kept = set()
        for x in self.law.table:
            here = [e for e in self.patterns if self.within(e, x)]
            kept |= {e for e in here if not any(set(e[0]) < set(other[0]) for other in here)}
        return EntitySet(self.law, kept)

    @staticmethod
    def within(entity, x):
        return all(x[i] == v for i, v in zip(*entity))

    def cut(self, entity, choose):
        """The part of an entity whose nodes' times are chosen."""
        pairs = [(i, v) for i, v in zip(*entity) if choose(self.law.times[i])]
        return tuple(i for i, _ in pairs), tuple(v for _, v in pairs)

    def slice(self, entity, time):
        return self.cut(entity, lambda t: t == time)

    def past(self, entity, time):
        return self.cut(entity, lambda t: t <= time)

    def goes_on(self, entity, time):
        return bool(self.slice(entity, time)[0]) and bool(self.slice(entity, time + 1)[0])

    def steps(self):
        return [(e, t) for e in self.patterns for t in range(max(self.law.times)) if self.goes_on(e, t)]

    def environment(self, x, nodes, time):
        around = tuple(i for i, t in enumerate(self.law.times) if t == time and i not in nodes)
        return around, tuple(x[i] for i in around)

    def kinds(self, entity, x, other, y, time):
        """What an occurrence of `other` on y says about that of `entity` on x by N2: value, extent or None."""
        now, next_, others = self.slice(entity, time)[0], self.slice(entity, time + 1), self.slice(other, time + 1)
        if self.slice(other, time)[0] != now or not others[0] or others == next_:
            return None
        if self.environment(x, now, time) != self.environment(y, now, time):
            return None
        return "value" if others[0] == next_[0] else "extent"

    def actions(self, time):
        """N2: for each step's occurrence (entity, trajectory) the kinds of its action."""
        seen = {}
        for entity, t in self.steps():
            if t == time:
                now = self.slice(entity, time)[0]
                for x in self.occurrences[entity]:
                    seen.setdefault((now, self.environment(x, now, time)), set()).add(self.slice(entity, time + 1))
        found = {}
        for entity, t in self.steps():
            if t == time:
                now, next_ = self.slice(entity, time)[0], self.slice(entity, time + 1)
                for x in self.occurrences[entity]:
                    others = seen[now, self.environment(x, now, time)] - {next_}
                    found[entity, x] = {"value" if other[0] == next_[0] else "extent" for other in others}
        return found

    def co_perceiving(self, entity, time):
        """N3."""
        past = self.past(entity, time)
        return [e for e in self.patterns if self.goes_on(e, time) and self.past(e, time) == past]

    def interpenetrate(self, first, second, time, x):
        """N4's condition on two entities in one trajectory."""
        return (self.goes_on(first, time) and self.goes_on(second, time) and self.within(first, x)
                and self.within(second, x) and self.past(first, time) == self.past(second, time)
                and self.slice(first, time + 1) != self.slice(second, time + 1))

    def perceptions(self, entity, time):
        """N3 to N6: branches and {branch-morph: environments}, or None where entities interpenetrate."""
        group = self.co_perceiving(entity, time)
        if any(self.interpenetrate(a, b, time, x) for a, b in itertools.combinations(group, 2)
               for x in self.occurrences[a]):
            return None
        branches = sorted({self.slice(e, time + 1) for e in group})
        past, now = self.past(entity, time), self.slice(entity, time)[0]
        weights = {}
        for x, p in self.law.table.items():
            for place, branch in enumerate(branches):
                if self.within(past, x) and self.within(branch, x):
                    row = weights.setdefault(self.environment(x, now, time), [Fraction(0)] * len(branches))
                    row[place] += p
        classes = {}
        for environment, row in weights.items():
            classes.setdefault(tuple(p / sum(row) for p in row), set()).add(environment)
        return branches, classes
