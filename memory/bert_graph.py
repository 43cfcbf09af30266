"""A BERT (arXiv 1810.04805) as a graph of ONNX operators, without its weights. Knows no file and runs nothing.

The states of the tokens of one text come in no batch: there is nothing to pad and nothing to mask.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from memory.bert import Bert, shapes

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

_OPSET: Final = 20  # the first with Gelu
_FORMAT: Final = 9  # of the model itself: what onnx wrote when that opset was new


def bert_graph(bert: Bert) -> bytes:
    """The graph from `ids` and `places`, int64 (1, n), to the states of the last layer, float32 (1, n, width).

    Its initializers are those of `shapes`, matrices turned to (in, out); whoever runs it gives their values.
    """
    from onnx import TensorProto, helper

    graph = _Graph(bert)
    states = graph.embedded()
    for layer in range(bert.layers):
        states = graph.layer(states, f"encoder.layer.{layer}")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "n"]) for name in ("ids", "places")]
    output = helper.make_tensor_value_info(states, TensorProto.FLOAT, [1, "n", bert.width])
    weights = [_elsewhere(name, shape[::-1] if is_linear(name) else shape) for name, shape in shapes(bert)]
    made = helper.make_graph(graph.nodes, "bert", inputs, [output], [*weights, *graph.constants()])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_FORMAT)
    return bytes(model.SerializeToString())


def is_linear(name: str) -> bool:
    """Whether the weight called `name` is a matrix that states are multiplied with."""
    return name.endswith((".dense.weight", ".query.weight", ".key.weight", ".value.weight"))


def _elsewhere(name: str, shape: tuple[int, ...]) -> "TensorProto":
    """A weight whose values are not in the graph."""
    from onnx import TensorProto

    weight = TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value="given")
    return weight


class _Graph:
    """The nodes of a BERT as they are added. Methods take the names of what they work on, and give that of a result."""

    def __init__(self, bert: Bert) -> None:
        self._bert: Final = bert
        self.nodes: Final[list[NodeProto]] = []

    def constants(self) -> "list[TensorProto]":
        from onnx import numpy_helper

        bert = self._bert
        each = bert.width // bert.heads
        values = {
            "type": np.int64(0),
            "by head": np.array([1, -1, bert.heads, each], dtype=np.int64),
            "whole": np.array([1, -1, bert.width], dtype=np.int64),
            "scale": np.float32(each**-0.5),
        }
        return [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]

    def embedded(self) -> str:
        """A token, its place and its type (one text is all of type 0), added up."""
        rows = {"word": "ids", "token_type": "type", "position": "places"}
        word, kind, place = (self._add("Gather", f"embeddings.{of}_embeddings.weight", row) for of, row in rows.items())
        return self._normed(self._add("Add", self._add("Add", word, kind), place), "embeddings")

    def layer(self, states: str, part: str) -> str:
        attended = self._linear(self._attended(states, f"{part}.attention.self"), f"{part}.attention.output.dense")
        states = self._normed(self._add("Add", attended, states), f"{part}.attention.output")
        inner = self._add("Gelu", self._linear(states, f"{part}.intermediate.dense"))
        return self._normed(self._add("Add", self._linear(inner, f"{part}.output.dense"), states), f"{part}.output")

    def _attended(self, states: str, part: str) -> str:
        """Scaled dot-product attention, head by head (arXiv 1706.03762, section 3.2)."""
        query = self._heads(self._linear(states, f"{part}.query"), [0, 2, 1, 3])
        key = self._heads(self._linear(states, f"{part}.key"), [0, 2, 3, 1])
        value = self._heads(self._linear(states, f"{part}.value"), [0, 2, 1, 3])
        shares = self._add("Softmax", self._add("Mul", self._add("MatMul", query, key), "scale"), axis=-1)
        mixed = self._add("Transpose", self._add("MatMul", shares, value), perm=[0, 2, 1, 3])
        return self._add("Reshape", mixed, "whole")

    def _heads(self, states: str, order: list[int]) -> str:
        return self._add("Transpose", self._add("Reshape", states, "by head"), perm=order)

    def _linear(self, states: str, part: str) -> str:
        return self._add("Add", self._add("MatMul", states, f"{part}.weight"), f"{part}.bias")

    def _normed(self, states: str, part: str) -> str:
        weights = (f"{part}.LayerNorm.weight", f"{part}.LayerNorm.bias")
        return self._add("LayerNormalization", states, *weights, axis=-1, epsilon=self._bert.epsilon)

    def _add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"{operator} {len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name
