# SPDX-License-Identifier: Apache-2.0
"""One sparse layer in other libraries: forward y = W x, backward dx = W' dy and dw = dy x' on the connections.

Every peer gets what it likes best: its own layout, contiguous operands on 64-byte boundaries, ready-made transposes.
"""

import ctypes

import numpy as np

from cases import Peer, aligned


class Layer:
    """The arrays of a layer case."""

    def __init__(self, case):
        facts = case.facts
        self.outputs, self.inputs, self.batch = facts["outputs"], facts["inputs"], facts["batch"]
        self.starts = case.array("row_starts.i64").astype(np.int32)
        self.columns = case.array("columns.i32")
        self.values = case.array("values.f32")
        self.x = case.array("x.f32", self.inputs, self.batch)
        self.dy = case.array("dy.f32", self.outputs, self.batch)

    @property
    def rows(self):
        """The output of each connection."""
        return np.repeat(np.arange(self.outputs, dtype=np.int32), np.diff(self.starts))

    @property
    def scipy(self):
        """The layer as a SciPy matrix."""
        import scipy.sparse

        return scipy.sparse.csr_matrix((self.values, self.columns, self.starts), shape=(self.outputs, self.inputs))


def torch_threads(case):
    """PyTorch with the case's number of threads."""
    import torch

    torch.set_num_threads(case.threads)
    return torch


def torch_dense(case):
    """PyTorch's dense products, batch-major, into ready-made outputs."""
    torch, layer = torch_threads(case), Layer(case)
    weight = torch.from_numpy(aligned(layer.scipy.toarray()))
    x, dy = torch.from_numpy(aligned(layer.x.T)), torch.from_numpy(aligned(layer.dy.T))
    y = torch.empty(layer.batch, layer.outputs)
    dx, dw = torch.empty(layer.batch, layer.inputs), torch.empty(layer.outputs, layer.inputs)

    def forward():
        torch.mm(x, weight.t(), out=y)

    def backward():
        torch.mm(dy, weight, out=dx)
        torch.mm(dy.t(), x, out=dw)

    def outputs():
        forward()
        return {"y.f32": y.t()}

    def gradients():
        backward()
        return {"dx.f32": dx.t(), "dw.f32": dw.numpy()[layer.rows, layer.columns]}

    peer = Peer()
    peer.add("forward", forward, outputs)
    peer.add("backward", backward, gradients)
    return peer


def torch_sparse(case):
    """PyTorch's sparse products by hand: mm, mm by a ready-made transpose, sampled_addmm."""
    torch, layer = torch_threads(case), Layer(case)

    def tensor(matrix):
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr), torch.from_numpy(matrix.indices), torch.from_numpy(matrix.data),
            size=matrix.shape)

    transpose = layer.scipy.T.tocsr()
    transpose.sort_indices()
    weight, transposed = tensor(layer.scipy), tensor(transpose)
    x, dy = torch.from_numpy(layer.x), torch.from_numpy(layer.dy)

    def backward():
        return torch.mm(transposed, dy), torch.sparse.sampled_addmm(weight, dy, x.t(), beta=0.0)

    def gradients():
        dx, dw = backward()
        return {"dx.f32": dx, "dw.f32": dw.values()}

    peer = Peer()
    peer.add("forward", lambda: torch.mm(weight, x), lambda: {"y.f32": torch.mm(weight, x)})
    peer.add("backward", backward, gradients)
    return peer


def torch_sparse_autograd(case):
    """PyTorch's own gradients through torch.sparse.mm."""
    torch, layer = torch_threads(case), Layer(case)
    weight = torch.sparse_csr_tensor(
        torch.from_numpy(layer.starts), torch.from_numpy(layer.columns), torch.from_numpy(layer.values),
        size=(layer.outputs, layer.inputs), requires_grad=True)
    x, dy = torch.from_numpy(layer.x).requires_grad_(), torch.from_numpy(layer.dy)

    def both():
        weight.grad = x.grad = None
        y = torch.sparse.mm(weight, x)
        y.backward(dy)
        return y

    def results():
        y = both()
        return {"y.f32": y.detach(), "dx.f32": x.grad, "dw.f32": weight.grad.values()}

    peer = Peer()
    peer.add("both", both, results)
    return peer


def scipy_csr(case):
    """SciPy's CSR product."""
    layer = Layer(case)
    weight = layer.scipy
    peer = Peer()
    peer.add("forward", lambda: weight @ layer.x, lambda: {"y.f32": weight @ layer.x})
    return peer


class MKLDescription(ctypes.Structure):
    """`matrix_descr` of MKL's sparse BLAS."""

    _fields_ = [("type", ctypes.c_int), ("mode", ctypes.c_int), ("diagonal", ctypes.c_int)]


def mkl_library():
    """MKL's single library, from the `mkl` wheel."""
    import importlib.metadata

    try:
        files = importlib.metadata.files("mkl") or []
    except importlib.metadata.PackageNotFoundError as error:
        raise ImportError("mkl") from error
    for file in files:
        if "libmkl_rt." in file.name or file.name == "mkl_rt.2.dll":
            return ctypes.CDLL(str(file.locate()))
    raise ImportError("mkl")


def mkl(case):
    """MKL's inspector-executor product, with its hint and optimisation."""
    layer, library = Layer(case), mkl_library()
    general, row_major, many = 20, 101, 1000
    x, y = layer.x, aligned(np.zeros((layer.outputs, layer.batch), np.float32))

    def at(array, offset=0):
        return ctypes.c_void_p(array.ctypes.data + offset)

    def succeed(status):
        if status:
            raise RuntimeError(f"mkl status {status}")

    handle, description = ctypes.c_void_p(), MKLDescription(general, 0, 0)
    succeed(library.mkl_sparse_s_create_csr(
        ctypes.byref(handle), 0, layer.outputs, layer.inputs, at(layer.starts), at(layer.starts, 4),
        at(layer.columns), at(layer.values)))
    library.mkl_sparse_set_mm_hint(handle, 10, description, row_major, layer.batch, many)
    library.mkl_sparse_optimize(handle)

    def forward():
        succeed(library.mkl_sparse_s_mm(
            10, ctypes.c_float(1), handle, description, row_major, at(x), layer.batch, layer.batch,
            ctypes.c_float(0), at(y), layer.batch))

    def outputs():
        forward()
        return {"y.f32": y}

    peer = Peer()
    peer.kept = (layer, library)
    peer.add("forward", forward, outputs)
    return peer


def sparseprop_kernels(case):
    """SparseProp's kernels; they add, so the outputs are zeroed in each run."""
    torch, layer = torch_threads(case), Layer(case)
    from sparseprop import backend

    starts, columns, values = (torch.from_numpy(a) for a in (layer.starts, layer.columns, layer.values))
    x, dy = torch.from_numpy(layer.x), torch.from_numpy(layer.dy)
    y, dx = torch.zeros(layer.outputs, layer.batch), torch.zeros(layer.inputs, layer.batch)
    dw = torch.zeros(len(layer.values))

    def forward():
        y.zero_()
        backend.sparse_linear_vectorized_forward(x, starts, columns, values, y)

    def backward():
        dx.zero_()
        dw.zero_()
        backend.sparse_linear_vectorized_backward(x, starts, columns, values, dy, dx, dw)

    def outputs():
        forward()
        return {"y.f32": y}

    def gradients():
        backward()
        return {"dx.f32": dx, "dw.f32": dw}

    peer = Peer()
    peer.add("forward", forward, outputs)
    peer.add("backward", backward, gradients)
    return peer


def module(torch, layer, make):
    """A torch module, batch-major: forward without gradients, and both with."""
    module, weight, connections = make()
    x = torch.from_numpy(aligned(layer.x.T))
    tracked, dy = x.clone().requires_grad_(), torch.from_numpy(aligned(layer.dy.T))

    def forward():
        with torch.no_grad():
            return module(x)

    def both():
        weight.grad = tracked.grad = None
        y = module(tracked)
        y.backward(dy)
        return y

    def results():
        y = both()
        return {"y.f32": y.detach().t(), "dx.f32": tracked.grad.t(), "dw.f32": weight.grad[connections]}

    peer = Peer()
    peer.add("forward", forward, lambda: {"y.f32": forward().t()})
    peer.add("both", both, results)
    return peer


def sparseprop_module(case):
    """SparseProp's layer, its transpositions included."""
    torch, layer = torch_threads(case), Layer(case)
    from sparseprop.modules import SparseLinear

    def make():
        linear = SparseLinear(torch.from_numpy(layer.scipy.toarray()))
        return linear, linear.W_val, slice(None)

    return module(torch, layer, make)


def sparselab(case):
    """SparseLab's layer, on our connections."""
    torch, layer = torch_threads(case), Layer(case)
    from sparselab import layout
    from sparselab.nn import SparseLinear

    def make():
        linear = SparseLinear(1, 1, bias=False, sparsity=0.0)
        linear.in_features, linear.out_features = layer.inputs, layer.outputs
        padded = layout.from_torch_sparse_csr(torch.sparse_csr_tensor(
            torch.from_numpy(layer.starts).long(), torch.from_numpy(layer.columns).long(),
            torch.from_numpy(layer.values), size=(layer.outputs, layer.inputs)))
        linear._csr = padded
        linear._values = torch.nn.Parameter(torch.from_numpy(np.asarray(padded.values)))
        places = np.arange(len(layer.columns)) - layer.starts[layer.rows]
        return linear, linear._values, torch.from_numpy(np.asarray(padded.row_start)[layer.rows] + places)

    return module(torch, layer, make)


PEERS = {
    "torch-dense": torch_dense,
    "torch-sparse": torch_sparse,
    "torch-sparse-autograd": torch_sparse_autograd,
    "scipy": scipy_csr,
    "mkl": mkl,
    "sparseprop": sparseprop_kernels,
    "sparseprop-module": sparseprop_module,
    "sparselab": sparselab,
}
