#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Python side of `espalier bench peers`: runs other libraries on the cases that espalier hands over.

espalier starts this program, writes one request a line and reads the answers:

    open FOLDER           peer NAME PHASE...     one line a peer that can run this case
                          absent NAME WORD       one line a peer that cannot, and why
                          end
    check NAME PHASE      same NUMBER            the largest difference from espalier's result, relative to its largest value
    run NAME PHASE RUNS   took SECONDS           the seconds of one of RUNS runs, after one that does not count
    close                 closed                 forgets the case
    quit                                         ends

A request that goes wrong is answered with `failed WORDS`. The case folder holds case.json and raw arrays, see cases.py.
With one thread the clock is the processor time of the thread, with more it is the wall clock.
"""

import argparse
import os
import sys


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def serve(threads, requests, answer, open_case=None):
    """Answers requests until there are no more; `open_case` reads a folder, that of cases.py when it is not given."""
    import timing

    if open_case is None:
        from cases import open_case

    clock = timing.clock(threads)
    case = None
    for line in requests:
        words = line.split()
        if not words or words[0] == "quit":
            break
        try:
            if words[0] == "open":
                case = open_case(line.rstrip("\n").split(" ", 1)[1], threads)
                for name, peer in case.peers.items():
                    answer(f"peer {name} {' '.join(peer.phases)}")
                for name, word in case.absent.items():
                    answer(f"absent {name} {word}")
                answer("end")
            elif words[0] == "check":
                answer(f"same {case.difference(words[1], words[2]):.3e}")
            elif words[0] == "run":
                answer(f"took {timing.measure(case.peers[words[1]].phases[words[2]], int(words[3]), clock):.9e}")
            elif words[0] == "close":
                case = None
                answer("closed")
            else:
                answer(f"failed unknown request {words[0]}")
        except Exception as error:  # whatever a library throws is told, not fatal
            text = (str(error).splitlines() or [""])[0]
            answer(f"failed {type(error).__name__}: {text[:200]}")


def main(open_case=None):
    threads = arguments().threads
    # Before any library is loaded: they read these once. Idle threads must not spin into espalier's turn.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["KMP_BLOCKTIME"] = "1"
    # The answers get the real standard output for themselves; what a library prints goes to the standard error.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    serve(threads, sys.stdin, lambda line: answers.write(line + "\n"), open_case)


if __name__ == "__main__":
    main()
