// SPDX-License-Identifier: Apache-2.0
// Espalier: the system's zlib, asked for by Datasets (gzip, NPZ) only.
#include <zlib.h>
