"""The measures themselves on known numbers: errors, matched speeds, operations, the small problems."""

import re

import numpy as np
import pytest
from llvmlite import binding
from scipy.linalg import expm

from benchmarks.errors import errors_of_rows, summarise
from benchmarks.limit.operations import Operations, UncountableError, count_operations, optimised_text
from benchmarks.limit.peak import KINDS, Peak
from benchmarks.limit.share import Share, operations_of_trajectory
from benchmarks.matched import Point, speed_at
from benchmarks.peers import immunosim_core
from benchmarks.problems import hires, pharmacokinetics, robertson
from benchmarks.work import Work
from immunosim.codegen.vector.processor import host, target_machine
from immunosim.numerics import METHODS
from immunosim.numerics.compilation import is_compiling

needs_compiled_kernels = pytest.mark.skipif(not is_compiling(), reason="lanes are machine code")

# A loop of ten turns whose index LLVM has unrolled by two, and a function that calls it twice.
MODULE = """
declare <4 x double> @llvm.sqrt.v4f64(<4 x double>)

define void @inner(ptr %x) {
entry:
  br label %body
body:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %a = load <4 x double>, ptr %x
  %product = fmul contract <4 x double> %a, %a
  %sum = fadd contract <4 x double> %product, %a
  %other = fmul <4 x double> %sum, %a
  %strict = fsub <4 x double> %other, %sum
  %twice = fmul contract <4 x double> %strict, %a
  %kept = fadd contract <4 x double> %twice, %twice
  %ratio = fdiv <4 x double> %kept, %a
  %root = call <4 x double> @llvm.sqrt.v4f64(<4 x double> %ratio)
  %negative = fneg <4 x double> %root
  store <4 x double> %negative, ptr %x
  %second = or disjoint i64 %i, 1
  %next = add nuw nsw i64 %i, 2
  %more = icmp samesign ult i64 %second, 19
  br i1 %more, label %body, label %after
after:
  ret void
}

define void @outer(ptr %x) {
  call void @inner(ptr %x)
  %a = load <4 x double>, ptr %x
  %b = fadd <4 x double> %a, %a
  store <4 x double> %b, ptr %x
  call void @inner(ptr %x)
  ret void
}
"""


def test_operations_of_a_module_are_those_counted_by_hand():
    found = count_operations(MODULE)
    # Of three products one fuses; another may not contract, and the third is read twice by its sum.
    once = Operations(fma=1, add=2, multiply=2, divide=1, root=1, other=1)
    assert found["inner"] == once * 10
    assert found["outer"] == once * 20 + Operations(add=1)
    assert found["inner"].flops == 10 * (2 + 2 + 2 + 1 + 1)


def test_loop_without_a_constant_end_is_refused():
    text = MODULE.replace("%second, 19", "%second, %n").replace("@inner(ptr %x) {", "@inner(ptr %x, i64 %n) {")
    with pytest.raises(UncountableError, match="inner"):
        count_operations(text)


@needs_compiled_kernels
@pytest.mark.skipif("+fma" not in host().features, reason="the processor has no FMA on x86")
def test_fma_counted_are_those_in_the_machine_code():
    text = optimised_text(hires.problem().work(1).module, 2)
    assembly = target_machine(host()).emit_assembly(binding.parse_assembly(text))
    body = re.search(r"^solve:.*?^\s+ret", assembly, re.M | re.S).group()
    assert count_operations(text)["solve"].fma == len(re.findall(r"\bvfn?m(?:add|sub)", body)) > 10


@needs_compiled_kernels
def test_operations_of_robertson_are_those_of_its_equations():
    """Right-hand side and solution of the smallest problem, counted from its text by hand."""
    counted = count_operations(optimised_text(robertson.problem().work(1).module, 4))
    # Products: one for the decay, two each for the other rates. Sums: a' = back - decay, b' = decay - back - pairing
    # and c' = pairing, each added to what the increments hold.
    assert counted["rhs"].flops == (1 + 2 + 2) + (2 + 3 + 1)
    n_solve = counted["solve"]
    assert n_solve.divide == 0  # the factors hold reciprocals of the pivots
    assert counted["attempt_rodas5p"].flops > 8 * counted["rhs"].flops + 8 * n_solve.flops


def test_operations_of_a_trajectory_follow_from_the_counts():
    stages = METHODS["rodas5p"].n_stages
    counted = {
        "attempt_rodas5p": Operations(fma=100),
        "defect": Operations(add=10),
        "sample_rodas5p": Operations(divide=1),
    }
    # Seven accepted and three rejected steps in two segments, four checks, five output times.
    counts = np.array([[7, 3, 10 * (stages - 1) + 7 + 2 * 2 + 4, 7, 10]])
    found = operations_of_trajectory(counted, "rodas5p", counts, n_segments=2, n_times=5)
    assert found == Operations(fma=1000, add=40, divide=5)


def test_error_is_the_largest_relative_to_size_in_a_row():
    reference = np.array([[[1.0, 0.0], [4.0, 0.0]], [[2.0, 0.0], [2.0, 1e-9]]])
    states = reference + np.array([[[0.1, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 3e-6]]])
    found = errors_of_rows(states, reference, scales=np.array([1.0, 0.5]))
    # First row: 0.1 where the reference is 1 and the peak 4. Second: the pool is empty, so 1e-2 of its scale counts.
    assert found == pytest.approx([0.1 / (1.0 + 4e-3), 3e-6 / (1e-9 + 1e-3 * 1e-2 * 0.5)], rel=1e-12)


def test_failed_rows_count_as_failures_and_in_no_error():
    found = summarise(np.array([1e-3, np.nan, 3.0, 2e-3]))
    assert (found.median, found.maximum, found.worst_row) == (2e-3, 3.0, 2)
    assert (found.failures, found.diverged, found.rows) == (1, 1, 4)
    nothing = summarise(np.array([np.nan, np.nan]))
    assert np.isnan(nothing.median)
    assert nothing.failures == 2


def test_speed_at_an_error_is_exact_on_a_power_law():
    curve = [Point(error, 7.0 * error**0.25) for error in (1e-2, 1e-3, 1e-5)]
    assert speed_at(1e-4, curve) == pytest.approx(7.0 * 1e-4**0.25, rel=1e-12)
    assert speed_at(1e-3, curve) == curve[1].speed


def test_speed_beyond_the_tolerances_is_not_extrapolated():
    curve = [Point(1e-2, 100.0), Point(1e-3, 50.0)]
    assert np.isnan(speed_at(1e-4, curve))
    assert np.isnan(speed_at(1e-4, []))
    assert np.isnan(speed_at(1e-4, [Point(1e9, 100.0), Point(1e-5, 50.0)]))  # diverged at the first tolerance


def _end_of_nominal_row(work: Work) -> np.ndarray:
    return immunosim_core.prepare(work)(1e-10, 1)[0, -1]


def test_robertson_ends_where_it_is_published_to():
    # Test Set for IVP Solvers, problem ROBER, at t = 1e11.
    published = [0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050]
    # The published digits agree with this model to 1e-8; one more is left for the tolerance of the solve.
    assert _end_of_nominal_row(robertson.problem().work(1, spread=0.0)) == pytest.approx(published, rel=1e-7)


def test_hires_ends_where_it_is_published_to():
    # Test Set for IVP Solvers, problem HIRES, at t = 321.8122.
    published = [0.7371312573e-3, 0.1442485726e-3, 0.5888729741e-4, 0.1175651343e-2]
    published += [0.2386356199e-2, 0.6238968253e-2, 0.2849998395e-2, 0.2850001605e-2]
    # Ten published digits are given.
    assert _end_of_nominal_row(hires.problem().work(1, spread=0.0)) == pytest.approx(published, rel=1e-8)


def test_linear_pharmacokinetics_follows_the_matrix_exponential():
    problem = pharmacokinetics.problem()
    a, e, to_fast, from_fast, to_slow, from_slow, effect = problem.values.values()
    matrix = np.zeros((6, 6))  # the sixth is the infusion, which is constant
    matrix[0, 0] = -a
    matrix[1, :] = a, -(e + to_fast + to_slow), from_fast, from_slow, 0.0, 1.0
    matrix[2, 1:3] = to_fast, -from_fast
    matrix[3, 1], matrix[3, 3] = to_slow, -from_slow
    matrix[4, 1], matrix[4, 4] = effect, -effect
    step, state = expm(pharmacokinetics.BETWEEN_DOSES * matrix), np.zeros(6)
    for k, jump in enumerate(problem.segments.jumps):
        state[:5] += jump
        state[5] = problem.segments.inputs[k, 0]
        state = step @ state
    # A hundred times the tolerance of the solve.
    assert _end_of_nominal_row(problem.work(1, spread=0.0)) == pytest.approx(state[:5], rel=1e-8)


@needs_compiled_kernels
def test_peak_is_positive_and_fma_does_the_most():
    peak = Peak(2)
    fma, apart, quotients = (peak.flops(kind) for kind in KINDS)
    # An FMA is two operations; the processor may do sums beside products, but never so many more. Quotients are rare.
    assert fma > 0.6 * apart
    assert apart > quotients > 0.0


def test_least_time_is_that_of_products_and_quotients():
    operations = Operations(fma=3, add=100, multiply=5, divide=2)
    share = Share("m", 1e-6, 4, 1.0, operations, seconds=40.0, fma_flops=2.0, mixed_flops=1.0, quotients=0.5)
    assert share.least_seconds == 8 + 4
    record = share.as_record()
    assert record["flops_per_trajectory"] == 113
    assert record["share_of_fma_peak"] == pytest.approx(113 / 40 / 2, rel=1e-12)
