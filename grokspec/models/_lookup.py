"""The one-layer transformer by look-up: what depends only on a token is computed once per token.

Only the last position is read out. Without layer norm, what another position contributes to it
depends only on the token there and the position. So each token at each position gets one row
``[e v | e]``: its value v in every head, times ``e = exp(s − s₌)``, where s is its score for the
query of the last position and s₌ the score of the last position itself. The rows of an example's
tokens are added, and the first part is divided by the second: that is the softmax of attention.

Where a score exceeds s₌ by more than LARGEST, e might overflow. It is cut off at exp(LARGEST), and
the excess is given back example by example, relative to the example's largest score.

Each function returns its result and the pullback through it. In a pullback, ``into_x`` is the
derivative of the loss in x. A step takes 3.5 times as long by automatic differentiation of
`Transformer.output` at the size of specs/kumar2024/transformer/alpha.toml (CPU, one thread).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from grokspec.shapes import Evaluation, Outputs, Pullback, Weights

LARGEST = 40.0
"""The largest exponent of a row, whose exponential is far from the largest number of float32."""

Rows = Float[Tensor, "run row _"]
"""One row for each token at each position, by position; the last row is "=" at the last one."""
Stream = Float[Tensor, "run example width"]
"""The residual stream at the last position."""
Start = Float[Tensor, "run 1 width"]
"""The residual stream at the last position before attention, the same for all examples."""


def evaluation_by_lookup(tokens: Int[Tensor, "run example position"], heads: int) -> Evaluation:
    """Prepare to evaluate a stack of transformers on tokens; see `Model.on`."""

    def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
        table, from_table = contributions(weights, tokens.shape[-1], heads)
        stream, from_stream = attend(weights, table, tokens, heads)
        outputs, from_outputs = read_out(weights, stream)

        def pullback(cotangent: Outputs) -> Weights:
            last, into_stream = from_outputs(cotangent)
            attention, into_table, into_start = from_stream(into_stream)
            return from_table(into_table, into_start) | attention | last

        return outputs, pullback

    return evaluate


class Table(NamedTuple):
    """The rows that attention adds up, and the residual stream that they are added to."""

    rows: Rows
    start: Start
    excess: Rows | None
    """By how much the score of a row in each head exceeds LARGEST; None if none does."""


def contributions(
    weights: Weights, positions: int, heads: int
) -> tuple[Table, Callable[[Rows, Start], Weights]]:
    """Compute the row of every token at every position."""
    embedded = embed(weights, positions)
    query, key, value = (weights[name] for name in ("query", "key", "value"))
    runs, width = len(embedded), embedded.shape[-1]
    by_head = (runs, heads, width // heads)
    scale = (width // heads) ** -0.5

    start = embedded[:, -1:]
    query_vector = (start @ query.mT).view(by_head) * scale
    direction = torch.einsum("rhk,rhkd->rhd", query_vector, key.unflatten(1, by_head[1:]))
    score = embedded @ direction.mT
    exponent = score - score[:, -1:]
    excess = excess_of(exponent)
    factor = (exponent if excess is None else exponent - excess).exp()
    values = (embedded @ value.mT).unflatten(-1, by_head[1:])
    rows = torch.cat([(factor[..., None] * values).flatten(-2), factor], -1)

    def pullback(into_rows: Rows, into_start: Start) -> Weights:
        weighted, into_factor = into_rows.split([width, heads], -1)
        weighted = weighted.unflatten(-1, by_head[1:])
        into_values = (weighted * factor[..., None]).flatten(-2)
        into_score = factor * (into_factor + (weighted * values).sum(-1))
        into_score[:, -1] -= into_score.sum(1)
        into_direction = into_score.mT @ embedded
        into_key = query_vector[..., None] * into_direction[:, :, None]
        into_query_vector = torch.einsum(
            "rhd,rhkd->rhk", into_direction, key.unflatten(1, by_head[1:])
        )
        into_query_vector = (into_query_vector * scale).view(runs, 1, width)
        into_embedded = into_values @ value + into_score @ direction
        into_embedded[:, -1:] += into_start + into_query_vector @ query
        return from_embedded(into_embedded, positions) | {
            "query": into_query_vector.mT @ start,
            "key": into_key.flatten(1, 2),
            "value": into_values.mT @ embedded,
        }

    return Table(rows, start, excess), pullback


def excess_of(exponent: Rows) -> Rows | None:
    """By how much exponents exceed LARGEST; None if they don't.

    A GPU would have to wait for the answer, so there they are taken to.
    """
    if exponent.is_cuda or exponent.max() > LARGEST:
        return (exponent - LARGEST).relu()
    return None


def embed(weights: Weights, positions: int) -> Rows:
    """Add token and position: each token at each position except the last, which holds "="."""
    token, position = weights["token"], weights["position"]
    others = token[:, None, :-1] + position[:, :positions, None]
    return torch.cat([others.flatten(1, 2), token[:, -1:] + position[:, -1:]], 1)


def from_embedded(slope: Rows, positions: int) -> Weights:
    """The pullback through `embed`."""
    others, last = slope[:, :-1].unflatten(1, (positions, -1)), slope[:, -1:]
    return {
        "token": torch.cat([others.sum(1), last], 1),
        "position": torch.cat([others.sum(2), last], 1),
    }


def attend(
    weights: Weights, table: Table, tokens: Int[Tensor, "run example position"], heads: int
) -> tuple[Stream, Callable[[Stream], tuple[Weights, Rows, Start]]]:
    """Add the output of attention to the last position."""
    rows, start, excess = table
    output = weights["attention"]
    runs, examples, positions = tokens.shape
    width = start.shape[-1]
    numbers = row_numbers(tokens, rows.shape[1])

    flat = rows.flatten(0, 1)
    if excess is None:
        shares = None
        total = torch.nn.functional.embedding_bag(numbers, flat, mode="sum")
        total = total.view(runs, examples, -1) + rows[:, -1:]
    else:
        shares = shares_of(excess, numbers, width)
        total = (shares.others * flat[numbers]).sum(1).view(runs, examples, -1)
        total = total + shares.last * rows[:, -1:]
    moved, norm = total.split([width, heads], -1)
    norm = norm[..., None]
    moved = moved.unflatten(-1, (heads, -1)) / norm
    stream = start + moved.flatten(-2) @ output.mT

    def pullback(slope: Stream) -> tuple[Weights, Rows, Start]:
        into_moved = (slope @ output).unflatten(-1, (heads, -1)).div_(norm)
        into_norm = -(into_moved * moved).sum(-1)
        into_total = torch.cat([into_moved.flatten(-2), into_norm], -1)
        into_rows = torch.zeros_like(flat)
        for position in range(positions):
            into_row = into_total.flatten(0, 1)
            if shares is not None:
                into_row = shares.others[:, position] * into_row
            into_rows.index_add_(0, numbers[:, position], into_row)
        into_rows = into_rows.view(rows.shape)
        into_rows[:, -1] += (into_total if shares is None else shares.last * into_total).sum(1)
        attention = {"attention": slope.mT @ moved.flatten(-2)}
        return attention, into_rows, slope.sum(1, keepdim=True)

    return stream, pullback


class Shares(NamedTuple):
    """The factors of the rows that an example adds up, one for each component of a row.

    They are 1 where no score exceeds LARGEST. Elsewhere a row times its share is what it would be
    without the cut, up to a number of the example that the division by the sum cancels. So
    derivatives pass through a row as if it had not been cut.
    """

    others: Float[Tensor, "example_of_run position _"]
    last: Float[Tensor, "run example _"]
    """For the row of "="."""


def shares_of(excess: Rows, numbers: Int[Tensor, "example_of_run position"], width: int) -> Shares:
    """Give back the excess of each row, relative to the largest in the example."""
    runs, _, heads = excess.shape
    own = excess.flatten(0, 1)[numbers]
    largest = own.amax(1, keepdim=True)

    def by_component(share: Tensor) -> Tensor:
        return torch.cat([share.repeat_interleave(width // heads, -1), share], -1)

    others, last = by_component((own - largest).exp()), by_component((-largest).exp())
    return Shares(others, last.view(runs, -1, width + heads))


def row_numbers(
    tokens: Int[Tensor, "run example position"], rows: int
) -> Int[Tensor, "example_of_run position"]:
    """The rows of each example's tokens, in the tables of all runs put below one another."""
    runs, _, positions = tokens.shape
    vocabulary = (rows - 1) // positions
    table = rows * torch.arange(runs, device=tokens.device)[:, None, None]
    place = vocabulary * torch.arange(positions, device=tokens.device)
    return (table + place + tokens).flatten(0, 1)


def read_out(
    weights: Weights, stream: Stream
) -> tuple[Outputs, Callable[[Outputs], tuple[Weights, Stream]]]:
    """Add the output of the MLP, and apply the unembedding."""
    inward, outward, unembedding = (weights[name] for name in ("mlp_in", "mlp_out", "unembedding"))
    hidden = (stream @ inward.mT).add_(weights["mlp_in_bias"][:, None]).relu_()
    last = (hidden @ outward.mT).add_(weights["mlp_out_bias"][:, None]).add_(stream)
    outputs = last @ unembedding.mT

    def pullback(slope: Outputs) -> tuple[Weights, Stream]:
        into_last = slope @ unembedding
        into_hidden = torch.ops.aten.threshold_backward(into_last @ outward, hidden, 0)
        gradient = {
            "mlp_in": into_hidden.mT @ stream,
            "mlp_in_bias": into_hidden.sum(1),
            "mlp_out": into_last.mT @ hidden,
            "mlp_out_bias": into_last.sum(1),
            "unembedding": slope.mT @ last,
        }
        return gradient, into_last + into_hidden @ inward

    return outputs, pullback
