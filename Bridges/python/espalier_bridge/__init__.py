# SPDX-License-Identifier: Apache-2.0
"""The Python side of Espalier's bridge to Gymnasium; `python -m espalier_bridge` is started by Espalier."""

from .server import VERSION as __version__

__all__ = ["__version__"]
