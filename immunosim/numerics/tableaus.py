"""Coefficients of stiffly accurate Rosenbrock methods, in the form that needs no matrix-vector product with J.

With increments u_i (Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed., section IV.7),

    (I / (gamma h) - J) u_i = f(y + sum_j A_ij u_j) + sum_j (C_ij / h) u_j                              (T1)
    y_new = y + sum_j A_sj u_j + u_s,   error estimate = u_s                                            (T2)
    y(t + theta h) = (1 - theta) y + theta (y_new + (1 - theta)(d_1 + theta (d_2 + theta d_3))),        (T3)
        d_i = sum_j H_ij u_j

The digits are those of SciML's OrdinaryDiffEq.jl (rosenbrock_tableaus.jl), which took them from the authors' own codes.
The tests derive alpha, beta and b from them and check every order condition.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tableau:
    """One stiffly accurate Rosenbrock method with dense output.

    Attributes
    ----------
    name : str
    order, embedded_order, dense_order : int
    gamma : float
        The one diagonal coefficient.
    A, C : ndarray, shape (n_stages, n_stages)
        Strictly lower triangular, equation (T1).
    c, d : ndarray, shape (n_stages,)
        Row sums of alpha and of gamma_ij.  Autonomous kernels do not need them; the tests do.
    H : ndarray, shape (3, n_stages)
        Dense output, equation (T3).
    """

    name: str
    order: int
    embedded_order: int
    dense_order: int
    gamma: float
    A: Array
    C: Array
    c: Array
    d: Array
    H: Array

    def __post_init__(self) -> None:
        """Make the arrays read-only: a method is a constant."""
        for array in (self.A, self.C, self.c, self.d, self.H):
            array.setflags(write=False)

    @property
    def n_stages(self) -> int:
        """Number of stages, each one right-hand side and one triangular solve."""
        return self.c.size


def _square(rows: list[list[float]], n: int) -> Array:
    """Pad the rows of a strictly lower triangle with zeros."""
    return np.array([row + [0.0] * (n - len(row)) for row in rows])


# G. Steinebach, Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the Julia Differential
# Equations package, BIT Numerical Mathematics 63:27 (2023).
_RODAS5P_LAST = [-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946]
RODAS5P = Tableau(
    name="rodas5p",
    order=5,
    embedded_order=4,
    dense_order=4,
    gamma=0.21193756319429014,
    A=_square(
        [
            [],
            [3.0],
            [2.849394379747939, 0.45842242204463923],
            [-6.954028509809101, 2.489845061869568, -10.358996098473584],
            [2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641],
            _RODAS5P_LAST,
            [*_RODAS5P_LAST, 1.0],
            [*_RODAS5P_LAST, 1.0, 1.0],
        ],
        8,
    ),
    C=_square(
        [
            [],
            [-14.155112264123755],
            [-17.97296035885952, -2.859693295451294],
            [147.12150275711716, -1.41221402718213, 71.68940251302358],
            [165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306],
            [24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471],
            [
                30.91273214028599,
                -3.1208243349937974,
                77.79954646070892,
                34.28646028294783,
                -19.097331116725623,
                -28.087943162872662,
            ],
            [
                37.80277123390563,
                -3.2571969029072276,
                112.26918849496327,
                66.9347231244047,
                -40.06618937091002,
                -54.66780262877968,
                -9.48861652309627,
            ],
        ],
        8,
    ),
    c=np.array([0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0, 1.0, 1.0]),
    d=np.array(
        [
            0.21193756319429014,
            -0.42387512638858027,
            -0.3384627126235924,
            1.8046452872882734,
            2.325825639765069,
            0.0,
            0.0,
            0.0,
        ]
    ),
    H=np.array(
        [
            [
                25.948786856663858,
                -2.5579724845846235,
                10.433815404888879,
                -2.3679251022685204,
                0.524948541321073,
                1.1241088310450404,
                0.4272876194431874,
                -0.17202221070155493,
            ],
            [
                -9.91568850695171,
                -0.9689944594115154,
                3.0438037242978453,
                -24.495224566215796,
                20.176138334709044,
                15.98066361424651,
                -6.789040303419874,
                -6.710236069923372,
            ],
            [
                11.419903575922262,
                2.8879645146136994,
                72.92137995996029,
                80.12511834622643,
                -52.072871366152654,
                -59.78993625266729,
                -0.15582684282751913,
                4.883087185713722,
            ],
        ]
    ),
)

# G. Steinebach, Improvement of Rosenbrock-Wanner method RODASP, Progress in Differential-Algebraic Equations II (2020).
_RODAS4P2_LAST = [7.089566927282776, 4.573591406461604, -8.423496976860259, -0.959280113459775]
RODAS4P2 = Tableau(
    name="rodas4p2",
    order=4,
    embedded_order=3,
    dense_order=3,
    gamma=0.25,
    A=_square(
        [
            [],
            [3.0],
            [0.906377755268814, -0.189707390391685],
            [3.758617027739064, 1.161741776019525, -0.849258085312803],
            _RODAS4P2_LAST,
            [*_RODAS4P2_LAST, 1.0],
        ],
        6,
    ),
    C=_square(
        [
            [],
            [-12.0],
            [-6.354581592719008, 0.338972550544623],
            [-8.575016317114033, -7.606483992117508, 12.224997650124820],
            [-5.888975457523102, -8.157396617841821, 24.805546872612922, 12.790401512796979],
            [-4.408651676063871, -6.692003137674639, 24.625568527593117, 16.627521966636085, -5.714285714285718],
        ],
        6,
    ),
    c=np.array([0.0, 0.75, 0.321448134013046, 0.519745732277726, 1.0, 1.0]),
    d=np.array([0.25, -0.5, -0.189532918363016, 0.085612108792769, 0.0, 0.0]),
    H=np.array(
        [
            [
                -5.323528268423303,
                -10.042123754867493,
                17.175254928256965,
                -5.079931171878093,
                -0.016185991706112,
                0.0,
            ],
            [6.984505741529879, 6.914061169603662, -0.849178943070653, 18.104410789349338, -3.516963011559032, 0.0],
            [0.0] * 6,
        ]
    ),
)

METHODS = {tableau.name: tableau for tableau in (RODAS5P, RODAS4P2)}
