# SPDX-License-Identifier: Apache-2.0
"""A whole training step in other libraries: batch assembly, forward, backward, SGD with momentum.

The network, the loss and the update are those of espalier's step, so the losses of the first steps must agree.
"""

import numpy as np

from cases import Peer, aligned
from layers import torch_threads


class Task:
    """The arrays of a step case, and a table of samples to draw batches from."""

    def __init__(self, case):
        facts = case.facts
        self.widths, self.batch = facts["widths"], facts["batch"]
        self.rate, self.momentum = facts["rate"], facts["momentum"]
        self.steps = len(facts["losses"])
        self.x = case.array("x.f32", self.batch, self.widths[0])
        self.labels = case.array("labels.i32").astype(np.int64)
        self.table = np.tile(self.x, (facts["tiles"], 1))
        self.table_labels = np.tile(self.labels, facts["tiles"])
        self.order = np.random.default_rng(1).permutation(len(self.table))
        self.position = 0
        self.layers = [
            (case.array(f"{i}.row_starts.i64"), case.array(f"{i}.columns.i32"), case.array(f"{i}.values.f32"))
            for i in range(len(self.widths) - 1)]

    def matrix(self, i, dtype=np.float32):
        """The weights of layer i, [outputs, inputs]."""
        import scipy.sparse

        starts, columns, values = self.layers[i]
        return scipy.sparse.csr_matrix(
            (values.astype(dtype), columns, starts.astype(np.int32)), shape=(self.widths[i + 1], self.widths[i]))

    def next_rows(self):
        """The rows of the next batch."""
        if self.position + self.batch > len(self.order):
            self.position = 0
        rows = self.order[self.position : self.position + self.batch]
        self.position += self.batch
        return rows

    def peer(self, step):
        """A peer around step(rows) -> loss; its first steps all take the batch that espalier's took."""
        rows = np.arange(self.batch)
        losses = [float(step(rows)) for _ in range(self.steps)]
        peer = Peer()
        peer.add("step", lambda: step(self.next_rows()), lambda: {"losses": losses})
        return peer


def torch_dense(case):
    """A dense PyTorch network that starts from the same weights."""
    torch, task = torch_threads(case), Task(case)
    modules = []
    for i in range(len(task.layers)):
        linear = torch.nn.Linear(task.widths[i], task.widths[i + 1])
        linear.weight.data.copy_(torch.from_numpy(task.matrix(i).toarray()))
        linear.bias.data.zero_()
        modules += [linear, torch.nn.ReLU()]
    network = torch.nn.Sequential(*modules[:-1])
    masks = [(m.weight != 0).float() for m in modules[::2]]
    optimizer = torch.optim.SGD(network.parameters(), lr=task.rate, momentum=task.momentum)
    table, labels = torch.from_numpy(task.table), torch.from_numpy(task.table_labels)

    def step(rows, masked=False):
        index = torch.from_numpy(rows)
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(network(table[index]), labels[index])
        loss.backward()
        if masked:
            for linear, mask in zip(modules[::2], masks):
                linear.weight.grad.mul_(mask)
        optimizer.step()
        return loss.detach()

    # The first steps mask the gradients, so that the losses can be held against a sparse network's; timed ones do not.
    rows = np.arange(task.batch)
    losses = [float(step(rows, masked=True)) for _ in range(task.steps)]
    peer = Peer()
    peer.add("step", lambda: step(task.next_rows()), lambda: {"losses": losses})
    return peer


def torch_sparse(case):
    """PyTorch's sparse products by hand; the transposes' values are refreshed by a permutation."""
    torch, task = torch_threads(case), Task(case)
    table, labels = torch.from_numpy(task.table), torch.from_numpy(task.table_labels)
    layers = []
    for i in range(len(task.layers)):
        weight = task.matrix(i)
        transpose = weight.T.tocsr()
        transpose.sort_indices()
        values = torch.from_numpy(aligned(weight.data))
        layers.append((
            torch.from_numpy(weight.indptr), torch.from_numpy(weight.indices), values,
            torch.from_numpy(transpose.indptr), torch.from_numpy(transpose.indices),
            torch.from_numpy(np.argsort(weight.indices, kind="stable")), torch.zeros_like(values),
            torch.zeros(task.widths[i + 1], 1), torch.zeros(task.widths[i + 1], 1), weight.shape))
    samples = torch.arange(task.batch)

    def update(values, momentum, gradient):
        momentum.mul_(task.momentum).add_(gradient)
        values.sub_(momentum, alpha=task.rate)

    def step(rows):
        index = torch.from_numpy(rows)
        truth = labels[index]
        hidden, weights = [table[index].t().contiguous()], []
        for i, (starts, columns, values, _, _, _, _, bias, _, shape) in enumerate(layers):
            weights.append(torch.sparse_csr_tensor(starts, columns, values, size=shape))
            y = torch.mm(weights[-1], hidden[-1]).add_(bias)
            hidden.append(y.clamp_(min=0) if i < len(layers) - 1 else y)
        logs = torch.log_softmax(hidden[-1], 0)
        loss = -logs[truth, samples].mean()
        gradient = logs.exp_()
        gradient[truth, samples] -= 1
        gradient.div_(task.batch)
        for i in reversed(range(len(layers))):
            _, _, values, starts, columns, permutation, momentum, bias, bias_momentum, shape = layers[i]
            dw = torch.sparse.sampled_addmm(weights[i], gradient, hidden[i].t(), beta=0.0).values()
            below = None
            if i:
                transposed = torch.sparse_csr_tensor(starts, columns, values[permutation], size=shape[::-1])
                below = torch.mm(transposed, gradient).mul_(hidden[i] > 0)
            update(bias, bias_momentum, gradient.sum(1, keepdim=True))
            update(values, momentum, dw)
            gradient = below
        return loss

    return task.peer(step)


def set_reference(case):
    """The step of SET's published SciPy code, in float64, its compiled loop over connections by numba.

    Batch-major; weights [inputs, outputs] in CSR; each layer's update goes through COO and back to CSR, momentum and
    weights are sums of sparse matrices. Source: D. Mocanu et al., Nature Communications 9, 2018, and its SciPy code.
    """
    import numba

    task = Task(case)

    @numba.njit
    def connection_gradients(a, delta, rows, columns, out):
        for k in range(out.shape[0]):
            total = 0.0
            for sample in range(a.shape[0]):
                total += a[sample, rows[k]] * delta[sample, columns[k]]
            out[k] = total / a.shape[0]

    weights = [task.matrix(i, np.float64).T.tocsr() for i in range(len(task.layers))]
    biases = [np.zeros(width) for width in task.widths[1:]]
    momenta, bias_momenta = {}, {}
    table = task.table.astype(np.float64)

    def step(rows):
        a, z = [table[rows]], []
        truth = task.table_labels[rows]
        for i, weight in enumerate(weights):
            z.append(a[i] @ weight + biases[i])
            a.append(np.maximum(z[i], 0) if i < len(weights) - 1 else z[i])
        exponentials = np.exp(a[-1] - a[-1].max(1, keepdims=True))
        delta = exponentials / exponentials.sum(1, keepdims=True)
        loss = -np.log(delta[np.arange(task.batch), truth]).mean()
        delta[np.arange(task.batch), truth] -= 1
        updates = {}
        for i in reversed(range(len(weights))):
            dw = weights[i].tocoo()
            dw.data = np.empty_like(dw.data)
            connection_gradients(a[i], delta, dw.row, dw.col, dw.data)
            updates[i] = (dw.tocsr(), delta)
            if i:
                delta = (delta @ weights[i].T) * (z[i - 1] > 0)
        for i, (dw, delta) in updates.items():
            if i not in momenta:
                momenta[i] = -task.rate * dw
                bias_momenta[i] = -task.rate * np.mean(delta, 0)
            else:
                momenta[i] = task.momentum * momenta[i] - task.rate * dw
                bias_momenta[i] = task.momentum * bias_momenta[i] - task.rate * np.mean(delta, 0)
            weights[i] += momenta[i]
            biases[i] += bias_momenta[i]
        return loss

    return task.peer(step)


def sparseprop_modules(case):
    """A network of SparseProp's layers."""
    torch, task = torch_threads(case), Task(case)
    from sparseprop.modules import SparseLinear

    modules = []
    for i in range(len(task.layers)):
        bias = torch.nn.Parameter(torch.zeros(task.widths[i + 1]))
        modules += [SparseLinear(torch.from_numpy(task.matrix(i).toarray()), bias), torch.nn.ReLU()]
    network = torch.nn.Sequential(*modules[:-1])
    optimizer = torch.optim.SGD(network.parameters(), lr=task.rate, momentum=task.momentum)
    table, labels = torch.from_numpy(task.table), torch.from_numpy(task.table_labels)

    def step(rows):
        index = torch.from_numpy(rows)
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(network(table[index]), labels[index])
        loss.backward()
        optimizer.step()
        return loss.detach()

    return task.peer(step)


PEERS = {
    "torch-dense": torch_dense,
    "torch-sparse": torch_sparse,
    "sparseprop-modules": sparseprop_modules,
    "set-reference": set_reference,
}
