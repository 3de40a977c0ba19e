"""Trains small convolutional networks on the images of builtin-digits and submits what their mean says."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import nn

DATA = Path(os.environ["MLEBENCH_DATA_DIR"])
BATCH = 64


def images(names: pd.Series, folder: str) -> torch.Tensor:
    """The images of a folder as numbers from 0 to 1, with one channel."""
    arrays = [np.asarray(Image.open(DATA / folder / name), dtype=np.float32) / 255 for name in names]
    return torch.from_numpy(np.stack(arrays))[:, None]


def network() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU()),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(), nn.AdaptiveAvgPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(512, 10)),
    )


def shifted(batch: torch.Tensor) -> torch.Tensor:
    """The images moved by up to one pixel, all alike, as chance has it."""
    y, x = torch.randint(-1, 2, (2,)).tolist()
    return torch.roll(nn.functional.pad(batch, (1, 1, 1, 1)), (y, x), (2, 3))[:, :, 1:-1, 1:-1]


def train(pictures: torch.Tensor, labels: torch.Tensor, epochs: int, device: torch.device) -> nn.Module:
    model = network().to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    steps = epochs * -(-len(pictures) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(pictures), device=device).split(BATCH):
            loss = nn.functional.cross_entropy(model(shifted(pictures[chosen])), labels[chosen], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def main() -> None:
    torch.manual_seed(int(os.environ.get("MLEBENCH_SEED", "0")))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(1)  # so small a network is not made faster by more, which wait for each other
    where = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    print(f"torch {torch.__version__} on {where}", flush=True)
    table, test = pd.read_csv(DATA / "train.csv"), pd.read_csv(DATA / "test.csv")
    pictures = images(table["image"], "train").to(device)
    labels = torch.tensor(table["label"].to_numpy()).to(device)
    unseen = images(test["image"], "test").to(device)
    total = torch.zeros(len(test), 10, device=device)
    for number in range(int(os.environ["MLEBENCH_OPTION_NETWORKS"])):
        began = time.monotonic()
        model = train(pictures, labels, int(os.environ["MLEBENCH_OPTION_EPOCHS"]), device)
        with torch.no_grad():
            total += model(unseen).softmax(1)
        print(f"network {number} trained in {time.monotonic() - began:.1f} s", flush=True)
    answer = test[["image"]].assign(label=total.argmax(1).cpu().numpy())
    answer.to_csv(Path(os.environ["MLEBENCH_SUBMISSION_DIR"]) / "submission.csv", index=False)


if __name__ == "__main__":
    main()
