# SPDX-License-Identifier: Apache-2.0
"""Starts the server."""

from espalier_bridge.server import main

main()
