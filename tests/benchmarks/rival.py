"""The best that PyTorch does in the same time: an LSTM in 150 lines, to be trained beside charrnn.

    pip install '.[peers]'
    python tests/benchmarks/rival.py TEXT --max-time 60
    python tests/benchmarks/rival.py TEXT --max-time 600 --hidden-size 384 --dropout 0.2

`nn.LSTM` over one-hot characters, AdamW, a one-cycle rate (Smith & Topin 2018), dropout, gradients
clipped, the state carried from window to window and begun anew for one stream in twenty, as charrnn
does; the best evaluation of the validation text is kept. It learns from the first nine tenths of
the text, and the last tenth is scored once, from its beginning, the state carried.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

BATCH, WINDOW = 32, 64
EVALUATIONS = 20


class CharLSTM(nn.Module):
    """One-hot characters, an LSTM, dropout, and the scores of the next character."""

    def __init__(self, vocabulary: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(vocabulary, hidden, layers, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, vocabulary)
        for name, parameter in self.lstm.named_parameters():
            if "weight_hh" in name:
                for gate in parameter.data.chunk(4):
                    nn.init.orthogonal_(gate)
            elif "bias_ih" in name:
                parameter.data[hidden : 2 * hidden] = 1  # the forget gate begins open

    def forward(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple]:
        """Return the scores, (T, B, V), and the state after x, (T, B)."""
        a, state = self.lstm(functional.one_hot(x, self.vocabulary).float(), state)
        return self.output(self.dropout(a)), state

    def first_state(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return the state before anything is read."""
        shape = (self.lstm.num_layers, batch, self.lstm.hidden_size)
        return torch.zeros(shape), torch.zeros(shape)


@torch.no_grad()
def loss_of(model: CharLSTM, ids: Tensor, most: int | None = None) -> float:
    """Return the mean loss of a text read once from its beginning, the state carried, in nats."""
    model.eval()
    state, total = model.first_state(1), 0.0
    ids = ids[:most]
    for start in range(0, len(ids) - 1, 1024):
        x, y = ids[start : start + 1024][:, None], ids[start + 1 : start + 1025][:, None]
        scores, state = model(x[: len(y)], state)
        total += functional.cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="sum").item()
    model.train()
    return total / (len(ids) - 1)


def train(model: CharLSTM, ids: Tensor, validation: Tensor, options: argparse.Namespace) -> int:
    """Train until the time is up, and leave the best parameters; return the characters read."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.rate, betas=(0.9, 0.99), weight_decay=0.01
    )
    rng = np.random.default_rng(options.seed)
    windows = (len(ids) - 1) // (BATCH * WINDOW)
    stream = torch.arange(BATCH) * windows * WINDOW
    best, kept, read, due = float("inf"), None, 0, 1 / EVALUATIONS
    start, scoring, k, offset = time.monotonic(), 0.0, windows, 0
    while (share := (time.monotonic() - start) / options.max_time) < 1:
        if k >= windows:
            k, offset = 0, int(rng.integers(len(ids)))
            state = model.first_state(BATCH)
        places = (offset + stream + k * WINDOW + torch.arange(WINDOW + 1)[:, None]) % len(ids)
        window = ids[places]
        goes_on = torch.from_numpy(rng.random(BATCH) >= 0.05)[None, :, None]
        state = tuple(s.detach() * goes_on for s in state)
        rise = share / 0.1
        rate = rise if share < 0.1 else 0.5 + 0.5 * np.cos(np.pi * (share - 0.1) / 0.9)
        for group in optimizer.param_groups:
            group["lr"] = options.rate * max(rate, 1e-3)
        scores, state = model(window[:-1], state)
        loss = functional.cross_entropy(scores.flatten(0, 1), window[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        k, read = k + 1, read + BATCH * WINDOW
        if share > due:
            due += 1 / EVALUATIONS
            begun = time.monotonic()
            found = loss_of(model, validation, most=min(50_000, int(250 * options.max_time)))
            if found < best:
                best = found
                kept = {name: value.clone() for name, value in model.state_dict().items()}
            scoring += time.monotonic() - begun
    if kept and loss_of(model, validation, 50_000) > best:
        model.load_state_dict(kept)
    print(f"{scoring:.0f} s of the time for evaluations")
    return read


def main() -> None:
    """Train, score, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--max-time", type=float, default=60.0)
    parser.add_argument("--hidden-size", type=int, default=256)
    parser.add_argument("--num-layers", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    text = options.text.read_text(encoding="utf-8")
    index = {character: k for k, character in enumerate(sorted(set(text)))}
    ids = torch.tensor([index[character] for character in text])
    cut = len(ids) - len(ids) // 10
    model = CharLSTM(len(index), options.hidden_size, options.num_layers, options.dropout)
    read = train(model, ids[:cut], ids[cut:], options)
    print(
        f"nn.LSTM {options.num_layers}x{options.hidden_size}, dropout {options.dropout}, rate "
        f"{options.rate}: {read:,} characters in {options.max_time:.0f} s, "
        f"{loss_of(model, ids[cut:]):.3f} nats on the last {len(ids) - cut:,}"
    )


if __name__ == "__main__":
    main()
