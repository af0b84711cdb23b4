# SPDX-License-Identifier: Apache-2.0
# Espalier: random models of every kind and their laws, for check_entities.py.
"""Each function draws a model as `espalier entities` reads it, and builds the law of its trajectories on its own."""

import itertools
from fractions import Fraction

from entities_reference import Law


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
