"""What is in a file."""

import math

import pytest

from charrnn.inspection.reading import Reading
from charrnn.inspection.views.summary.result import Summary

TEXT = "\nabcdeé" * 3 + "ab\nba\ncab\ndeed\néa\n" * 3


def read(network, vocabulary, text=TEXT, **options):
    return Reading.of(network, vocabulary, vocabulary.encode(text), **options)


def test_a_summary_adds_up(make_checkpoint, cell):
    checkpoint = make_checkpoint(cell=cell, num_layers=2)
    found = Summary.of(checkpoint)
    assert [tensor.name for tensor in found.tensors] == list(checkpoint.network.params)
    assert found.parameters == checkpoint.network.params.flat.size
    for tensor in found.tensors:
        values = checkpoint.network.params[tensor.name].ravel().tolist()
        assert tensor.parameters == len(values) == tensor.histogram.sum()
        assert tensor.norm == pytest.approx(math.sqrt(sum(v * v for v in values)))
        assert (tensor.least, tensor.largest) == (min(values), max(values))
    assert found.val_bits == pytest.approx(1.25 / math.log(2))
