"""A worker whose work is done in C++: `simple_cpp_lib.cpp` beside this file adds up an order."""

from __future__ import annotations

from conductor.client.worker.cpp_types import Array, Int32, Int64, OutArray
from conductor.client.worker.cpp_worker import CppWorker


class SimpleCppWorker(CppWorker):
    """Adds up the lines of an order, in cents: output `sum`, and `line_cents` with the total of each line.

    Input: `quantities` and `unit_cents`, one number a line; without input it adds 1 and 2.
    """

    library = "lib.so"
    function = "get_order_total"
    arguments = {
        "quantities": Array(Int32),
        "unit_cents": Array(Int32, same_size_as="quantities"),
        "line_cents": OutArray(Int64, same_size_as="quantities"),
    }
    defaults = {"quantities": [1, 1], "unit_cents": [1, 2]}
    result = Int64
    output_key = "sum"
    how_to_build = "run `make cpp` in a checkout, or install a C++ compiler (g++) and install conductor-python again"
