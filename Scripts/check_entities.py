#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: holds `espalier entities` against the definitions, on random models and on published numbers.
"""Holds `espalier entities` against brute force over all trajectories and all set partitions, in exact fractions.

    python3 Scripts/check_entities.py .build/release/espalier [--models 150] [--seed 0]

Models of every kind are drawn at random and written as files; what `find`, `verdict`, `actions` and `series` say of them,
with fractions and without, is compared with Scripts/entities_reference.py, which knows only the definitions. The model of
the first disagreement is printed, exit code 1. Needs nothing but Python 3.9.
"""

import argparse
import itertools
import json
import random
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

from entities_reference import EntitySet, Law, bits, partitions

THRESHOLD, JOINED = 1e-9, 1e-10  # What counts as positive, and as one level, without fractions.


class Check:
    """Runs the tool and counts what was compared."""

    def __init__(self, tool, folder):
        self.tool, self.folder, self.rows, self.kind, self.model = tool, Path(folder), {}, "", None
        self.command = []

    def begin(self, kind, model):
        self.kind, self.model = kind, model
        row = self.rows.setdefault(kind, {"models": 0, "values": 0, "largest": 0.0})
        row["models"] += 1
        if isinstance(model, dict):
            Path(self.folder, "model.json").write_text(json.dumps(model))
        else:
            Path(self.folder, "table.csv").write_text(model)

    def run(self, *words):
        """The objects that a command prints, one a line."""
        self.command = ["entities", *map(str, words), "--json"]
        result = subprocess.run([self.tool, *self.command], cwd=self.folder, capture_output=True, text=True)
        self.equal("exit code", result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def fail(self, words):
        print(self.model if isinstance(self.model, str) else json.dumps(self.model))
        sys.exit(f"{self.kind}: {words}\n  espalier {' '.join(self.command)}")

    def equal(self, what, got, expected, more=""):
        self.rows[self.kind]["values"] += 1
        if got != expected:
            self.fail(f"{what}: expected {expected}, got {got} {more}")

    def close(self, what, got, expected, bound=1e-9):
        if got is None or expected is None:
            return self.equal(what, got, expected)
        self.rows[self.kind]["values"] += 1
        gap = abs(float(Fraction(got)) - float(expected))
        self.rows[self.kind]["largest"] = max(self.rows[self.kind]["largest"], gap)
        if not gap <= bound:
            self.fail(f"{what}: expected {float(expected)}, got {got}")
        return None


# --- random models -------------------------------------------------------------------------------------------------

def simplex(rng, count, zeros=0.25):
    """Probabilities that add up to 1, some 0, with small denominators so that ties and zeros happen."""
    while True:
        parts = [0 if rng.random() < zeros else rng.randint(1, 4) for _ in range(count)]
        if rng.random() < 0.3:
            parts = [1 if rng.random() < 0.6 else 0 for _ in range(count)]
        if sum(parts):
            return [Fraction(part, sum(parts)) for part in parts]


def written(rng, p):
    """A probability as a text, or as a number where that is exact."""
    if p.denominator in (1, 2, 4, 5, 8, 10) and rng.random() < 0.5:
        return int(p) if p.denominator == 1 else float(p)
    return str(p)


def spaces(states):
    return list(itertools.product(*map(range, states)))


def chain(states, steps, initial, transition):
    """The law of a chain; initial {slice: p}, transition {slice: {slice: p}}."""
    table = dict(initial)
    for _ in range(steps - 1):
        table = {x + y: p * q for x, p in table.items() if p
                 for y, q in transition[x[-len(states):]].items() if q}
    return Law([t for t in range(steps) for _ in states], table)


def sizes(rng):
    return rng.choice([([2, 2], 2), ([2, 2], 3), ([2, 3], 2), ([3, 2], 2), ([2, 2, 2], 2), ([2], 4), ([3], 3), ([2], 6)])


def joint_chain(rng):
    states, steps = sizes(rng)
    slices = spaces(states)
    initial = dict(zip(slices, simplex(rng, len(slices))))
    transition = {x: dict(zip(slices, simplex(rng, len(slices), 0.5))) for x in slices}
    model = {"kind": "multivariate_markov_chain", "spatial_nodes": len(states), "node_states": states,
             "time_steps": steps, "initial": [written(rng, p) for p in initial.values()],
             "transition": [[written(rng, p) for p in row.values()] for row in transition.values()]}
    return model, chain(states, steps, initial, transition)


def factored_chain(rng):
    states, steps = sizes(rng)
    names = [f"v{j}" for j in range(len(states))]
    slices = spaces(states)
    firsts = [simplex(rng, count) for count in states]
    initial = {}
    for x in slices:
        initial[x] = Fraction(1)
        for j, value in enumerate(x):
            initial[x] *= firsts[j][value]
    transition = {x: {y: Fraction(1) for y in slices} for x in slices}
    cpts = []
    for j in rng.sample(range(len(states)), len(states)):
        parents = rng.sample(range(len(states)), rng.randint(0, len(states)))
        rows = {key: simplex(rng, states[j]) for key in spaces([states[i] for i in parents])}
        cpts.append({"node": names[j], "parents": [names[i] for i in parents],
                     "table": [[written(rng, p) for p in row] for row in rows.values()]})
        for x, y in itertools.product(slices, slices):
            transition[x][y] *= rows[tuple(x[i] for i in parents)][y[j]]
    model = {"kind": "multivariate_markov_chain", "spatial_nodes": names, "node_states":
             [[f"s{k}" for k in range(count)] for count in states], "time_steps": steps,
             "initial": [[written(rng, p) for p in row] for row in firsts], "cpts": cpts}
    return model, chain(states, steps, initial, transition)


def joint_table(rng):
    states = [rng.choice([2, 2, 3]) for _ in range(rng.randint(2, 6))]
    values = spaces(states)
    support = rng.sample(values, min(len(values), rng.choice([2, 4, 8, 24])))
    table = {x: p for x, p in zip(support, simplex(rng, len(support), 0)) if p}
    model = {"kind": "joint_table", "node_states": states,
             "table": [{"x": list(x), "p": written(rng, p)} for x, p in table.items()]}
    return model, Law([0] * len(states), table)


def network(rng):
    """A Bayesian network as text: declared in another order than the arrows, in rows or in one table, own value slowest."""
    states = [rng.choice([2, 2, 3]) for _ in range(rng.randint(2, 5))]
    order = rng.sample(range(len(states)), len(states))
    text = "network random { }\n"
    for i, count in enumerate(states):
        text += f"variable n{i} {{ type discrete [ {count} ] {{ {', '.join(f's{k}' for k in range(count))} }}; }}\n"
    table = {x: Fraction(1) for x in spaces(states)}
    for place, i in enumerate(order):
        parents = rng.sample(order[:place], rng.randint(0, min(2, place)))
        keys = spaces([states[j] for j in parents])
        rows = {}
        for key in keys:  # Tenths, since the format has only decimals.
            cuts = sorted(rng.randint(0, 10) for _ in range(states[i] - 1))
            rows[key] = [Fraction(b - a, 10) for a, b in zip([0] + cuts, cuts + [10])]
        given = " | " + ", ".join(f"n{j}" for j in parents) if parents else ""
        text += f"probability ( n{i}{given} ) {{\n"
        if not parents or rng.random() < 0.3:
            text += "  table " + ", ".join(str(float(rows[key][k])) for k in range(states[i]) for key in keys) + ";\n}\n"
        else:
            for key in rng.sample(keys, len(keys)):
                text += f"  ({', '.join(f's{k}' for k in key)}) {', '.join(str(float(p)) for p in rows[key])};\n"
            text += "}\n"
        for x in table:
            table[x] *= rows[tuple(x[j] for j in parents)][x[i]]
    return {"kind": "bif", "text": text}, Law([0] * len(states), table)


def density(rng):
    return Fraction(rng.choice(["1/2", "1/3", "1/10", "3/4"]))


def elementary(rng):
    ring, steps, rule = *rng.choice([(3, 2), (3, 2), (4, 1), (5, 1), (3, 1)]), rng.randint(0, 255)
    if rng.random() < 0.15:
        ring, steps = rng.choice([(4, 2), (7, 1)])
    alike = rng.random() < 0.5
    firsts = [density(rng)] * ring if alike else [density(rng) for _ in range(ring)]
    table = {}
    for cells in spaces([2] * ring):
        p, x = Fraction(1), cells
        for cell, value in enumerate(cells):
            p *= firsts[cell] if value else 1 - firsts[cell]
        for _ in range(steps - 1):
            now = x[-ring:]
            x += tuple(rule >> (4 * now[i - 1] + 2 * now[i] + now[(i + 1) % ring]) & 1 for i in range(ring))
        table[x] = p
    model = {"kind": "elementary_ca", "rule": rule, "ring": ring, "time_steps": steps,
             "initial": written(rng, firsts[0]) if alike else [written(rng, p) for p in firsts]}
    return model, Law([t for t in range(steps) for _ in range(ring)], table)


LIVING = {}


def life(rng):
    """A window of a plane: its next cells depend on one more cell on each side."""
    rows, columns = rng.choice([(1, 1), (1, 2), (2, 1), (1, 3), (1, 2), (2, 2)])
    if (rows, columns) not in LIVING:
        wide, counts = columns + 2, {}
        inner = [(r, c) for r in range(1, rows + 1) for c in range(1, columns + 1)]
        around = [[(r + i) * wide + c + j for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j] for r, c in inner]
        for cells in itertools.product((0, 1), repeat=(rows + 2) * wide):
            now = tuple(cells[r * wide + c] for r, c in inner)
            after = ()
            for own, places in zip(now, around):
                neighbours = sum(cells[place] for place in places)
                after += (int(neighbours == 3 or (own and neighbours == 2)),)
            key = now + after, sum(cells)
            counts[key] = counts.get(key, 0) + 1
        LIVING[rows, columns] = counts
    p, every, table = density(rng), (rows + 2) * (columns + 2), {}
    for (x, alive), count in LIVING[rows, columns].items():
        table[x] = table.get(x, 0) + count * p ** alive * (1 - p) ** (every - alive)
    model = {"kind": "life_region", "rows": rows, "cols": columns, "time_steps": 2, "initial": written(rng, p)}
    return model, Law([t for t in range(2) for _ in range(rows * columns)], table)


# --- comparisons ---------------------------------------------------------------------------------------------------

def listed(values):
    return ",".join(map(str, values))


def attains(check, what, law, x, cut, nodes, ratio, exact):
    """A partition of the nodes, of two blocks or more, whose integration is the given one."""
    cut = [tuple(block) for block in cut]
    check.equal(f"{what} covers", sorted(itertools.chain(*cut)), list(nodes))
    if len(cut) < 2:
        check.fail(f"{what} is the whole")
    if exact:
        check.equal(f"{what} attains", law.ratio(x, cut), ratio)
    check.close(f"{what} attains", bits(law.ratio(x, cut)), bits(ratio))


def compare(check, law, x, nodes, found, exact):
    """One object of `find` against the definitions."""
    nodes = tuple(nodes)
    p, least = law.p(nodes, [x[i] for i in nodes]), law.cli_ratio(x, nodes)
    check.close("p", found["p"], p)
    check.close("cli_bits", found["cli_bits"], None if least is None else bits(least))
    check.equal("nodes", found["nodes"], list(nodes))
    check.equal("trajectory", found["trajectory"], list(x))
    if exact:
        check.equal("p_exact", Fraction(found["p_exact"]), p)
    if least is not None:
        attains(check, "argmin", law, x, found["argmin"], nodes, least, exact)
        if exact:
            check.equal("cli_ratio", Fraction(found["cli_ratio"]), least)
    expected = law.entities(x, nodes)
    if not exact:
        expected = {part: ratio for part, ratio in expected.items() if bits(ratio) > THRESHOLD}
    check.equal("entities", sorted(tuple(e["nodes"]) for e in found["entities"]), sorted(expected))
    check.equal("entity_count", found["entity_count"], len(expected))
    for entity in found["entities"]:
        part = tuple(entity["nodes"])
        check.equal("values", entity["values"], [x[i] for i in part])
        check.close("an entity's p", entity["p"], law.p(part, entity["values"]))
        check.close("an entity's cli_bits", entity["cli_bits"], bits(expected[part]))
        attains(check, "an entity's argmin", law, x, entity["argmin"], part, expected[part], exact)
        if exact:
            check.equal("an entity's p_exact", Fraction(entity["p_exact"]), law.p(part, entity["values"]))
            check.equal("an entity's cli_ratio", Fraction(entity["cli_ratio"]), expected[part])
    levels = law.levels(x, nodes, -1 if exact else JOINED)
    check.equal("levels", [(level["partitions"], level["refinement_free"]) for level in found["levels"]],
                [level[1:] for level in levels])
    for level, (value, _, _) in zip(found["levels"], levels):
        check.close("sli_bits", level["sli_bits"], value)


def compare_verdict(check, law, x, nodes, found):
    """A verdict may be unknown, but never wrong, and its bounds hold."""
    least = law.cli_ratio(x, nodes)
    if found["verdict"] == "proved" and not least > 1 or found["verdict"] == "refuted" and not least <= 1:
        check.fail(f"verdict: {found['verdict']} by {found['by']}, but the integration is {bits(least)}")
    check.equal("verdict is one of three", found["verdict"] in ("proved", "refuted", "unknown"), True)
    low, high = found["at_least_bits"], found["at_most_bits"]
    check.equal("at_least_bits holds", low is None or low <= bits(least) + 1e-9, True, f"{low} for {bits(least)}")
    check.equal("at_most_bits holds", high is None or high >= bits(least) - 1e-9, True, f"{high} for {bits(least)}")
    if found["verdict"] == "refuted":
        cut = [tuple(block) for block in found["partition"]]
        check.equal("the partition covers", sorted(itertools.chain(*cut)), list(nodes))
        check.equal("the partition refutes", len(cut) > 1 and law.ratio(x, cut) <= 1, True)


def compare_actions(check, law, entities, found, exact):
    """N2, N4 and N6 of a set of entities."""
    patterns = [(tuple(e["nodes"]), tuple(e["values"])) for e in found["entities"]]
    check.equal("entities", sorted(patterns), entities.patterns)
    check.equal("trajectories", found["trajectories"], len(law.table))
    for pattern, entity in zip(patterns, found["entities"]):
        check.close("p", entity["p"], law.p(*pattern))
        check.equal("occurrences", entity["occurrences"], len(entities.occurrences[pattern]))
        if entity["cli_bits"] is not None:
            check.close("cli_bits", entity["cli_bits"], bits(law.cli_ratio(entities.occurrences[pattern][0], pattern[0])))
    steps = [(patterns[step["entity"]], step["time"]) for step in found["steps"]]
    check.equal("steps", sorted(steps), sorted(entities.steps()))
    actions = {time: entities.actions(time) for time in range(max(law.times))}
    undefined = False
    for (entity, time), step in zip(steps, found["steps"]):
        kinds = [actions[time][entity, x] for x in entities.occurrences[entity]]
        check.equal("occurrences of a step", step["occurrences"], len(kinds))
        check.equal("acting", step["acting"], sum(map(bool, kinds)))
        for kind in ("value", "extent"):
            witness = step[kind + "_action"]
            check.equal(f"a {kind} action at {time} of {entity}", witness is not None, any(kind in k for k in kinds))
            if witness:
                (a, x), (b, y) = [(patterns[w["entity"]], tuple(w["trajectory"])) for w in
                                  (witness["occurrence"], witness["other"])]
                check.equal("the witness occurs", (a, EntitySet.within(a, x) and x in law.table,
                                                   EntitySet.within(b, y) and y in law.table), (entity, True, True))
                check.equal("the witness's kind", entities.kinds(a, x, b, y, time), kind)
        expected = entities.perceptions(entity, time)
        undefined = undefined or expected is None
        check.equal(f"perceptions of {entity} at {time} are defined", step["perceptions"] is not None,
                    expected is not None)
        if expected:
            branches, classes = expected
            told = [(tuple(b["nodes"]), tuple(b["values"])) for b in step["branches"]]
            check.equal("branches", sorted(told), branches)
            told_classes = {frozenset((tuple(e["nodes"]), tuple(e["values"])) for e in c["environments"]):
                            c["branch_morph"] for c in step["perceptions"]}
            check.equal(f"perceptions of {entity} at {time}", set(told_classes),
                        {frozenset(group) for group in classes.values()})
            for morph, group in classes.items():
                for branch, p in zip(told, told_classes[frozenset(group)]):
                    check.close("branch_morph", p, morph[branches.index(branch)])
                    if exact:
                        check.equal("branch_morph", Fraction(p), morph[branches.index(branch)])
    witness = found["interpenetration"]
    check.equal("interpenetration", witness is not None, undefined)
    if witness:
        x = tuple(witness["trajectory"])
        check.equal("the witness interpenetrates", x in law.table and entities.interpenetrate(
            patterns[witness["first"]], patterns[witness["second"]], witness["time"], x), True)


# --- what is run ---------------------------------------------------------------------------------------------------

def check_model(check, rng, kind, draw):
    model, law = draw(rng)
    nodes = tuple(range(len(law.times)))
    if len(nodes) < 2:
        return
    check.begin(kind, model)
    x = rng.choice(sorted(law.table))
    told = ["--trajectory", listed(x)]
    for exact in (False, True):
        flags = ["--exact"] if exact else []
        compare(check, law, x, nodes, check.run("model.json", *told, *flags)[0], exact)
        part = tuple(sorted(rng.sample(nodes, rng.randint(1, min(6, len(nodes))))))
        cut = rng.choice(partitions(part))
        text = "|".join(listed(block) for block in cut)
        found = check.run("model.json", *told, *flags, "--nodes", listed(part), "--partition", text)[0]
        compare(check, law, x, part, found, exact)
        check.close("SLI", found["partitions"][0]["sli_bits"], bits(law.ratio(x, cut)))
        if exact:
            check.equal("SLI", Fraction(found["partitions"][0]["sli_ratio"]), law.ratio(x, cut))
    part = rng.choice([nodes, tuple(sorted(rng.sample(nodes, rng.randint(2, len(nodes)))))])
    limits = rng.choice([[], ["--exact-nodes", 1], ["--exact-nodes", 1, "--evaluations", 30]])
    compare_verdict(check, law, x, part, check.run("verdict", "model.json", *told, "--nodes", listed(part), *limits)[0])


def check_actions(check, rng):
    while True:
        model, law = rng.choice([joint_chain, factored_chain])(rng)
        if len(law.times) > 2 and len(law.table) <= 64:
            break
    how = rng.choice(["all", "maximal", "variables"])
    check.begin("actions, " + how, model)
    width = sum(time == 0 for time in law.times)
    if how == "variables":
        chosen = sorted(rng.sample(range(width), rng.randint(1, width)))
        tracks = tuple(i for i in range(len(law.times)) if i % width in chosen)
        entities, words = EntitySet(law, {(tracks, tuple(x[i] for i in tracks)) for x in law.table}), [
            "--variables", listed(chosen)]
    else:
        entities, words = EntitySet.iota(law), []
        if how == "maximal":
            entities, words = entities.maximal(), ["--select", "maximal"]
    for exact in (False, True):
        found = check.run("actions", "model.json", *words, *(["--exact"] if exact else []))[0]
        compare_actions(check, law, entities, found, exact)


def check_rollouts(check, rng):
    columns, window = rng.randint(1, 3), rng.randint(1, 2)
    window = 2 if columns == 1 else window
    lines, counts, coupled = ["episode,step," + ",".join(f"c{j}" for j in range(columns))], {}, rng.random()
    for episode in range(rng.randint(1, 4)):
        rows = []
        for step in range(rng.randint(window, 12)):
            row = [round(rng.random(), 3) for _ in range(columns)]
            if rows and rng.random() < coupled:
                row = rows[-1]
            rows.append(row)
            lines.append(f"{episode},{step}," + listed(row))
        states = [tuple(int(value >= 0.5) for value in row) for row in rows]
        for start in range(len(states) - window + 1):
            x = sum(states[start:start + window], ())
            counts[x] = counts.get(x, 0) + 1
    law = Law([t for t in range(window) for _ in range(columns)],
              {x: Fraction(count, sum(counts.values())) for x, count in counts.items()})
    nodes = tuple(range(len(law.times)))
    words = ["--rollouts", "table.csv", "--bins", "threshold:0.5", "--window", window]
    check.begin("rollouts", "\n".join(lines) + "\n")
    found = check.run(*words, "--plug-in", "--trajectory", "all")
    check.equal("windows", sorted(tuple(one["trajectory"]) for one in found), sorted(counts))
    for one in found:
        compare(check, law, tuple(one["trajectory"]), nodes, one, False)
    found = check.run("series", *words)
    check.equal("windows", sorted((tuple(one["values"]), one["count"]) for one in found), sorted(counts.items()))
    for one in found:
        check.close("p", one["p"], law.table[tuple(one["values"])])
        check.close("cli_bits", one["cli_bits"], bits(law.cli_ratio(tuple(one["values"]), nodes)))


def check_published(check):
    """The numbers of the literature, from laws that are built here."""
    slices = spaces([2, 2])
    for name, epsilon in (("MC=", Fraction(0)), ("MC-epsilon", Fraction(1, 100))):
        transition = {x: {y: 1 - 3 * epsilon if x == y else epsilon for y in slices} for x in slices}
        law = chain([2, 2], 3, {x: Fraction(1, 4) for x in slices}, transition)
        check.begin(name, {"kind": "multivariate_markov_chain", "spatial_nodes": 2, "node_states": [2, 2],
                           "time_steps": 3, "initial": ["1/4"] * 4,
                           "transition": [[str(p) for p in row.values()] for row in transition.values()]})
        found = check.run("model.json", "--trajectory", "all")
        check.equal("trajectories", sorted(tuple(one["trajectory"]) for one in found), sorted(law.table))
        for one in found:
            compare(check, law, tuple(one["trajectory"]), range(6), one, False)
        if not epsilon:
            for one in found:
                check.equal("sizes", [level["partitions"] for level in one["levels"]], [2, 18, 71, 78, 34])
                check.equal("entities", one["entity_count"], 8)
            continue
        one = check.run("model.json", "--trajectory", "0,0,0,0,0,0", "--exact")[0]
        compare(check, law, (0,) * 6, range(6), one, True)
        check.close("CLI", one["cli_bits"], 2 * bits(Fraction(97, 100) / Fraction(98, 100) ** 2))
        check.equal("entities", one["entity_count"], 22)
        check.equal("sizes", [level["partitions"] for level in one["levels"]],
                    [1, 1, 4, 8, 2, 4, 4, 32, 8, 20, 2, 5, 52, 26, 34])
        check.equal("refinement-free", [level["refinement_free"] for level in one["levels"]],
                    [1, 1, 4, 4, 2, 2, 2, 6, 4, 4, 1, 1, 4, 2, 1])
        entities = EntitySet.iota(law)
        found = check.run("actions", "model.json", "--exact")[0]
        compare_actions(check, law, entities, found, True)
        check.equal("patterns", (len(found["entities"]), found["interpenetration"] is not None), (72, True))
    trap = {x: Fraction(n, 100) for x, n in zip(spaces([2] * 3), (1, 20, 20, 9, 20, 9, 9, 12))}
    xor = {x: Fraction(1, 4) for x in spaces([2] * 3) if sum(x) % 2 == 0}
    copy = {(1,) * 4: Fraction(1, 8), (0,) * 4: Fraction(7, 8)}
    for name, table, x, cli, count in (("trap", trap, (1, 1, 1), -0.0588936890535687, 0), ("XOR", xor, (0, 0, 0), 1, 1),
                                       ("copies", copy, (1,) * 4, 3, 11)):
        check.begin(name, {"kind": "joint_table", "node_states": [2] * len(x),
                           "table": [{"x": list(y), "p": str(p)} for y, p in table.items()]})
        law, nodes = Law([0] * len(x), table), tuple(range(len(x)))
        for exact in (False, True):
            one = check.run("model.json", "--trajectory", listed(x), *(["--exact"] if exact else []))[0]
            compare(check, law, x, nodes, one, exact)
        check.close("CLI", one["cli_bits"], cli)
        check.equal("entities", one["entity_count"], count)
        compare_verdict(check, law, x, nodes, check.run("verdict", "model.json", "--trajectory", listed(x))[0])


def main():
    parser = argparse.ArgumentParser(description="Holds `espalier entities` against the definitions.")
    parser.add_argument("espalier", help="the tool")
    parser.add_argument("--models", type=int, default=150, help="random models in all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    tool, rng = str(Path(options.espalier).resolve()), random.Random(options.seed)
    kinds = {"joint chain": joint_chain, "factored chain": factored_chain, "joint table": joint_table, "bif": network,
             "elementary_ca": elementary, "life_region": life}
    with tempfile.TemporaryDirectory() as folder:
        check = Check(tool, folder)
        check_published(check)
        for index in range(options.models):
            place = index % (len(kinds) + 3)
            if place < len(kinds):
                check_model(check, rng, *list(kinds.items())[place])
            elif place < len(kinds) + 2:
                check_actions(check, rng)
            else:
                check_rollouts(check, rng)
    print(f"{'kind':<20}{'models':>8}{'values':>10}  largest difference")
    for kind, row in check.rows.items():
        print(f"{kind:<20}{row['models']:>8}{row['values']:>10}  {row['largest']:.1e}")


if __name__ == "__main__":
    main()
