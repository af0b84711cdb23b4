#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Espalier: holds `espalier entities` against the definitions, on random models and on published numbers.
"""Holds `espalier entities` against brute force over all trajectories and all set partitions, in exact fractions.

    python3 Scripts/check_entities.py .build/release/espalier [--models 100] [--seed 0]

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

from entities_models import chain, elementary, factored_chain, joint_chain, joint_table, life, network, spaces
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
        width = sum(time == 0 for time in law.times)
        if 1 < width < len(law.times) and len(law.table) <= 64:
            break
    how = rng.choice(["all", "maximal", "variables", "patterns"])
    check.begin("actions, " + how, model)
    nodes = range(len(law.times))
    if how == "variables":
        chosen = sorted(rng.sample(range(width), rng.randint(1, width - (rng.random() < 0.8))))
        tracks = tuple(i for i in nodes if i % width in chosen)
        entities = EntitySet(law, {(tracks, tuple(x[i] for i in tracks)) for x in law.table})
        words = ["--variables", listed(chosen)]
    elif how == "patterns":
        places = [tuple(i for i in nodes if rng.random() < 0.5) or (0,) for _ in range(rng.randint(1, 3))]
        parts = [(part, tuple(x[i] for i in part)) for x in law.table for part in places]
        entities = EntitySet(law, rng.sample(parts, rng.randint(1, min(8, len(parts)))))
        words = [word for part in entities.patterns
                 for word in ("--pattern", ",".join(f"{i}={v}" for i, v in zip(*part)))]
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
    parser.add_argument("--models", type=int, default=100, help="random models in all")
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
