"""Reference values of the preprocessing of tables: scikit-learn (Debian package python3-sklearn) and Python's calendar.

Run:  /usr/bin/python3 make_tables.py OUT_DIR

Missing values are null. Standard deviations and means are of the values that are there.
"""
import calendar, datetime, json, math, pathlib, sys
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(11)
ROWS = 101


def numbers(values, gaps):
    """A column of numbers: standardized, then the median of the values in place of missing ones."""
    column = np.array(values, dtype=np.float64)
    column[gaps] = np.nan
    median = float(SimpleImputer(strategy="median").fit(column[:, None]).statistics_[0])
    scaler = StandardScaler().fit(column[~np.isnan(column)][:, None])
    filled = np.where(np.isnan(column), median, column)
    return dict(
        values=[None if math.isnan(v) else v for v in column],
        median=median,
        mean=float(scaler.mean_[0]),
        deviation=float(scaler.scale_[0]),
        expected=scaler.transform(filled[:, None])[:, 0].tolist(),
    )


def categories(count):
    values = [f"v{n:02d}" for n in rng.integers(0, count, ROWS)]
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    expected = encoder.fit_transform(np.array(values, dtype=object)[:, None])
    return dict(values=values, categories=encoder.categories_[0].tolist(), expected=expected.tolist())


def circle(position):
    return [math.cos(2 * math.pi * position), math.sin(2 * math.pi * position)]


def dates():
    texts, days, circles = [], [], []
    start = datetime.datetime(1896, 2, 28)
    for _ in range(ROWS):
        time = start + datetime.timedelta(minutes=int(rng.integers(0, 200 * 366 * 24 * 60)))
        midnight = datetime.datetime(time.year, time.month, time.day)
        of_day = (time - midnight).total_seconds() / 86400
        of_week = (time.weekday() + of_day) / 7
        year = datetime.datetime(time.year, 1, 1)
        length = 366 if calendar.isleap(time.year) else 365
        of_year = (time - year).total_seconds() / 86400 / length
        texts.append(time.isoformat())
        days.append((time - datetime.datetime(1970, 1, 1)).total_seconds() / 86400)
        circles.append(circle(of_year) + circle(of_week) + circle(of_day))
    scaled = StandardScaler().fit_transform(np.array(days)[:, None])[:, 0]
    return dict(values=texts, expected=[[s] + c for s, c in zip(scaled.tolist(), circles)])


golden = dict(
    numbers=[
        numbers(rng.normal(size=ROWS), []),
        numbers(rng.normal(size=ROWS), list(range(3, ROWS, 7))),
        numbers(1.7e12 + 1000 * rng.integers(0, 1000, ROWS), [0, 1, ROWS - 1]),
        numbers(rng.exponential(size=ROWS) * 1e-100, [5]),
        numbers(rng.integers(0, 3, ROWS), [2, 4, 8]),
    ],
    categories=[categories(2), categories(19)],
    dates=dates(),
)
(OUT / "tables.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
