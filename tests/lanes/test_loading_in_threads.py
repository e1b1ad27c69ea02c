"""Machine code of a loop is loaded once, by one thread at a time: numba's registries are not made for more."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from immunosim.numerics.lanes import compiled


def test_threads_that_ask_at_once_load_a_loop_once(monkeypatch):
    at_work, most, loaded = [], [], []
    barrier = threading.Barrier(8)

    def load(entry, signature, name, store):
        at_work.append(name)
        most.append(len(at_work))
        time.sleep(0.05)
        loaded.append(at_work.pop())
        return entry

    def ask(loop):
        barrier.wait(timeout=10)
        return compiled.compiled_loop(loop, "name", None, lambda: ())

    monkeypatch.setattr(compiled, "compile_driver", load)
    monkeypatch.setattr(compiled, "_COMPILED", {})
    loops = [lambda: 1, lambda: 2]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(ask, loops * 4))
    assert loaded == ["name", "name"]  # one for each loop
    assert max(most) == 1
    assert made[::2] == [made[0]] * 4
    assert made[1::2] == [made[1]] * 4
