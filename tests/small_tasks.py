"""A small task of each kind that comes with grokspec."""

from pathlib import Path
from tempfile import TemporaryDirectory

from array_data import examples, write_arrays

from grokspec.kinds import discover
from grokspec.tasks.arrays import Arrays
from grokspec.tasks.digits import Digits
from grokspec.tasks.function import FunctionTask
from grokspec.tasks.hermite import Hermite
from grokspec.tasks.linear_teacher import LinearTeacher
from grokspec.tasks.mnist import Mnist
from grokspec.tasks.mnist1d import Mnist1d
from grokspec.tasks.modular_addition import ModularAddition
from grokspec.tasks.modular_arithmetic import ModularArithmetic
from grokspec.tasks.permutations import Permutations
from grokspec.tasks.polynomial import Polynomial
from grokspec.tasks.sklearn import Sklearn
from grokspec.tasks.sparse_linear import SparseLinear
from grokspec.tasks.sparse_parity import SparseParity
from grokspec.tasks.student_teacher import StudentTeacher
from grokspec.tasks.xor_clusters import XorClusters

discover()
FOLDER = TemporaryDirectory()
DRAW = f"{Path(__file__).parent / 'tasks' / 'drawing.py'}:draw"
SMALL = {
    "arrays": Arrays(file=write_arrays(Path(FOLDER.name, "x.npz"), **examples(15)), train=6),
    "digits": Digits(train=6, test=5),
    "function": FunctionTask(call=DRAW, inputs=4, train=6, test=5),
    "hermite": Hermite(inputs=4, train=6, test=5, degree=3),
    "linear_teacher": LinearTeacher(inputs=4, outputs=3, train=6, test=5),
    "mnist": Mnist(train=6, test=5),
    "mnist1d": Mnist1d(train=6, test=5),
    "modular_addition": ModularAddition(modulus=5, train_share=0.6),
    "modular_arithmetic": ModularArithmetic(modulus=5, operation="a / b", train_share=0.6),
    "permutations": Permutations(points=3, train_share=0.6),
    "polynomial": Polynomial(inputs=4, train=6, test=5),
    "sklearn": Sklearn(dataset="iris", train=6, test=5),
    "sparse_linear": SparseLinear(inputs=4, nonzero=2, train=6, test=5),
    "sparse_parity": SparseParity(inputs=12, train=6, test=5),
    "student_teacher": StudentTeacher(inputs=4, outputs=3, teacher=(5,), train=6, test=5),
    "xor_clusters": XorClusters(inputs=4, train=6, test=5, distance=2.0),
}
