"""Tiny synthetic raw data for icecube-neutrinos-in-deep-ice. Needs: numpy, pandas, pyarrow."""
from pathlib import Path

import numpy as np
import pandas as pd


def _batch(rng, events, sensors):
    rows, first, last, at = [], [], [], 0
    for e in events:
        k = int(rng.integers(1, 7))
        first.append(at)
        at += k
        last.append(at - 1)
        t = np.sort(rng.integers(5000, 20000, k))
        for j in range(k):
            rows.append((int(rng.integers(0, sensors)), int(t[j]), float(np.float16(rng.gamma(2, 0.6))), bool(rng.random() < 0.6), e))
    pulses = pd.DataFrame(rows, columns=["sensor_id", "time", "charge", "auxiliary", "event_id"]).set_index("event_id")
    pulses = pulses.astype({"sensor_id": "int16", "time": "int64", "charge": "float64", "auxiliary": "bool"})
    return pulses, first, last


def make_raw(raw: Path, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    raw = Path(raw)
    (raw / "train").mkdir()
    (raw / "test").mkdir()
    sensors = 60
    xyz = np.round(rng.uniform(-570, 570, (sensors, 3)), 2)
    pd.DataFrame({"sensor_id": np.arange(sensors), "x": xyz[:, 0], "y": xyz[:, 1], "z": xyz[:, 2]}).to_csv(raw / "sensor_geometry.csv", index=False)
    meta = []
    for b in range(1, 25):
        n = 15 if b < 24 else 9  # the last batch of the real data is smaller too
        # ids of different batches interleave
        events = np.sort(rng.choice(np.arange(24 * 40), n, replace=False) * 24 + b)
        pulses, first, last = _batch(rng, events.tolist(), sensors)
        pulses.to_parquet(raw / "train" / f"batch_{b}.parquet")
        meta.append(pd.DataFrame({
            "batch_id": b, "event_id": events, "first_pulse_index": first, "last_pulse_index": last,
            "azimuth": rng.uniform(0, 2 * np.pi, n), "zenith": np.arccos(rng.uniform(-1, 1, n))}))
    meta = pd.concat(meta, ignore_index=True)
    if seed == 0:
        # The last digit of arccos depends on numpy and on the processor: these are what the results were recorded with.
        recorded = np.load(Path(__file__).with_name("icecube-zeniths.npy"))
        np.testing.assert_allclose(meta["zenith"], recorded, rtol=1e-14)
        meta["zenith"] = recorded
    meta.to_parquet(raw / "train_meta.parquet", index=False)
    # example test part: present, not used
    events = np.array([2092, 7344, 9482])
    pulses, first, last = _batch(rng, events.tolist(), sensors)
    pulses.to_parquet(raw / "test" / "batch_661.parquet")
    pd.DataFrame({"batch_id": 661, "event_id": events, "first_pulse_index": first, "last_pulse_index": last}).to_parquet(raw / "test_meta.parquet", index=False)
    pd.DataFrame({"event_id": events, "azimuth": 1.0, "zenith": 1.0}).to_parquet(raw / "sample_submission.parquet", index=False)


def cases(public: Path, private: Path, seed: int):
    rng = np.random.default_rng(seed + 77)
    ans = pd.read_csv(private / "test.csv", float_precision="round_trip")
    az, ze = ans["azimuth"].to_numpy(), ans["zenith"].to_numpy()
    for name, sd in (("noise_small", 0.05), ("noise_medium", 0.4), ("noise_large", 1.5)):
        yield name, ans.assign(azimuth=az + rng.normal(0, sd, len(az)), zenith=ze + rng.normal(0, sd, len(az)))
    yield "opposite_direction", ans.assign(azimuth=az + np.pi, zenith=np.pi - ze)
    yield "same_direction_other_angles", ans.assign(azimuth=az - np.pi, zenith=-ze)
    yield "straight_down", ans.assign(azimuth=0, zenith=0)
    yield "infinite_azimuth", ans.assign(azimuth=[np.inf] + az[1:].tolist())
    yield "true_false_zenith", ans.assign(zenith=az > 3)
    yield "event_ids_as_floats", ans.assign(event_id=ans["event_id"].astype(float))
    yield "one_event_twice", ans.assign(event_id=[ans["event_id"][1]] + ans["event_id"].tolist()[1:])
